//! Which of the choices beyond electing, replicating and failing are on offer.

use syncline_raft::{Index, NodeId, RoleKind, Transition};
use syncline_traces::{Answer, Choice, Link, NodeSet, Reform, Sort};

use super::World;
use super::enabled::bit_if;
use crate::host::Process;
use crate::mutant::HostMutant;
use crate::subject::Subject;

impl<S: Subject> World<S> {
    /// The bits of a host that is up.
    pub(super) fn wishes_of(&self, slot: usize, process: &Process<S>) -> u32 {
        let leads = process.office.0 == RoleKind::Leader;
        let follows = process.office.0 == RoleKind::Follower && process.leader.is_some();
        let served = leads || (self.plan.forward && follows);
        let others = leads && process.members.all().count() > 1;
        bit_if(Sort::Transfer, others)
            | bit_if(Sort::Forget, follows)
            | bit_if(Sort::Propose, served)
            | bit_if(Sort::Change, served)
            | bit_if(Sort::Read, leads || follows)
            | bit_if(Sort::Checkpoint, process.machine.applied() > process.checkpointed)
            | bit_if(Sort::Compact, self.compactable(slot, process).is_some())
            | bit_if(Sort::SendSnapshot, !process.snapshots_wanted.is_empty())
            | bit_if(Sort::ReportSnapshot, !process.snapshots_sent.is_empty())
            | bit_if(Sort::Fetch, !process.fetches.is_empty())
            | bit_if(Sort::Unreachable, others)
            | bit_if(Sort::RequestSnapshot, follows)
    }

    /// Up to where a host could let go of its log: a durable checkpoint stands for it (R16).
    fn compactable(&self, slot: usize, process: &Process<S>) -> Option<Index> {
        let durable = self.disks[slot].durable().image().applied();
        let careless = self.has_host_mutant(HostMutant::D27);
        let upto = if careless { process.machine.applied() } else { durable };
        // A node that its host has misled knows of less (W11), and would refuse.
        let is_known = || upto <= process.node.status().applied;
        (upto > process.compacted && is_known()).then_some(upto)
    }

    /// Adds every such choice of one sort that one host has on offer.
    pub(super) fn list_wishes(&self, slot: usize, sort: Sort, choices: &mut Vec<Choice>) {
        let host = &self.hosts[slot];
        let (from, Some(process)) = (host.id, &host.process) else {
            return;
        };
        let link = |to: NodeId| Link { from, to };
        let others = || process.members.all().without(NodeSet::default().with(from)).iter();
        match sort {
            Sort::Transfer => choices.extend(others().map(|to| Choice::Transfer(link(to)))),
            Sort::Forget => choices.push(Choice::Forget(from)),
            Sort::Change => self.list_changes(from, process, choices),
            Sort::Read => choices.push(Choice::Read(from, self.next_read)),
            Sort::Checkpoint => choices.push(Choice::Checkpoint(from)),
            Sort::Compact => {
                let upto = self.compactable(slot, process);
                choices.extend(upto.map(|upto| Choice::Compact(from, upto)));
            }
            Sort::SendSnapshot => {
                for wanted in &process.snapshots_wanted {
                    if wanted.at_least <= process.machine.applied() {
                        choices.push(Choice::SendSnapshot(link(wanted.to), Answer::Done));
                    }
                    choices.push(Choice::SendSnapshot(link(wanted.to), Answer::Failed));
                }
            }
            Sort::ReportSnapshot => {
                for to in &process.snapshots_sent {
                    let report = |answer| Choice::ReportSnapshot(link(*to), answer);
                    choices.extend(Answer::ALL.map(report));
                }
            }
            Sort::Fetch => {
                for fetch in &process.fetches {
                    choices.extend(Answer::ALL.map(|answer| Choice::Fetch(link(fetch.to), answer)));
                }
            }
            Sort::Unreachable => choices.extend(others().map(|to| Choice::Unreachable(link(to)))),
            Sort::RequestSnapshot => choices.push(Choice::RequestSnapshot(from)),
            _ => {}
        }
    }

    /// Every change of one node, and every exchange of a voter for another node. While the membership
    /// is joint, leaving it is half of what is tried.
    fn list_changes(&self, node: NodeId, process: &Process<S>, choices: &mut Vec<Choice>) {
        let all = NodeSet::first(u64::from(self.plan.nodes));
        let only = |node: NodeId| NodeSet::default().with(node);
        let nobody = NodeSet::default();
        let enter = |voters, learners, removed, transition| {
            Choice::Change(node, Reform::Enter { voters, learners, removed, transition })
        };
        let first = choices.len();
        for one in all.iter() {
            choices.push(enter(only(one), nobody, nobody, Transition::Auto));
            choices.push(enter(nobody, only(one), nobody, Transition::Auto));
            choices.push(enter(nobody, nobody, only(one), Transition::Auto));
        }
        for old in process.members.voters.iter() {
            for new in all.without(process.members.voters).iter() {
                choices.push(enter(only(new), nobody, only(old), Transition::Implicit));
                choices.push(enter(only(new), only(old), nobody, Transition::Explicit));
            }
        }
        if process.members.is_joint() {
            let others = choices.len() - first;
            choices.extend((0..others).map(|_| Choice::Change(node, Reform::Leave)));
        }
    }

    /// Whether such a choice is on offer.
    pub(super) fn offers_wish(&self, slot: usize, choice: &Choice) -> bool {
        let Some(process) = &self.hosts[slot].process else {
            return false;
        };
        let is_other = |link: Link| {
            let all = process.members.all();
            link.to != link.from && all.contains(link.to)
        };
        match *choice {
            Choice::Transfer(link) | Choice::Unreachable(link) => is_other(link),
            Choice::Forget(_) | Choice::Checkpoint(_) | Choice::RequestSnapshot(_) => true,
            Choice::Change(_, Reform::Leave) => true,
            Choice::Change(_, Reform::Enter { voters, learners, removed, .. }) => {
                let all = NodeSet::first(u64::from(self.plan.nodes));
                voters.union(learners).union(removed).without(all).is_empty()
            }
            Choice::Read(_, read) => read >= self.next_read,
            Choice::Compact(_, upto) => self.compactable(slot, process) == Some(upto),
            Choice::SendSnapshot(link, answer) => process.snapshots_wanted.iter().any(|wanted| {
                let ready = wanted.at_least <= process.machine.applied();
                wanted.to == link.to && (ready || answer == Answer::Failed)
            }),
            Choice::ReportSnapshot(link, _) => process.snapshots_sent.contains(&link.to),
            Choice::Fetch(link, _) => process.fetches.iter().any(|fetch| fetch.to == link.to),
            _ => false,
        }
    }
}
