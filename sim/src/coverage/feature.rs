//! The goals beyond electing, replicating and failing: what is remembered of one node to tell them.

use syncline_raft::{NodeId, RoleKind, Term};
use syncline_traces::{Answer, Event, Members, MessageKind, ReadNo};

use super::{Coverage, Goal};
use crate::plan::Plan;
use crate::subject::Subject;
use crate::world::World;

/// How a read is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Quorum,
    Lease,
    Forwarded,
}

/// What must be remembered of one node.
#[derive(Clone, Debug)]
pub(super) struct FeatureMemory {
    leads: bool,
    /// The membership that is active; nothing while the node is down.
    members: Option<Members>,
    /// The term in which it was told to take over.
    told: Option<Term>,
    /// Whether it was told to hand over since it became leader.
    hands_over: bool,
    reads: Vec<(ReadNo, Way)>,
    /// Snapshots that took the place of its log, and not of its state machine yet.
    installs: u32,
}

impl FeatureMemory {
    pub(super) fn new(plan: &Plan, node: NodeId) -> FeatureMemory {
        FeatureMemory {
            leads: false,
            members: Some(plan.known_by(node)),
            told: None,
            hands_over: false,
            reads: Vec::new(),
            installs: 0,
        }
    }

    /// Looks at one event of the node; the world is as the step has left it.
    pub(super) fn see<S: Subject>(
        &mut self,
        event: &Event,
        coverage: &mut Coverage,
        world: &World<S>,
    ) {
        match *event {
            Event::Became { role, term, .. } => self.see_office(role, term, coverage),
            Event::Sent { key, .. } => self.see_sent(key.kind, coverage, world.plan()),
            Event::Delivered { link, key } | Event::Duplicated { link, key } => {
                if key.kind == MessageKind::Vote {
                    let status = world.hosts()[link.to.number() as usize - 1].status();
                    let later = status.is_some_and(|status| status.term < key.term);
                    coverage.reach_if(Goal::PromiseKept, later);
                } else if key.kind == MessageKind::TimeoutNow {
                    self.told = Some(key.term);
                }
            }
            Event::Committed { .. } => {
                let groups = world.plan().groups > 1 && self.leads;
                coverage.reach_if(Goal::CommitAcross, groups);
            }
            Event::ProposalRefused { .. } => {
                let plan = world.plan();
                let bounded = plan.uncommitted_bytes_max < 1 << 30;
                let other = self.hands_over || plan.sync_stall_ticks_max > 0;
                coverage.reach_if(Goal::RefusedForSize, self.leads && bounded && !other);
            }
            Event::Issued { node, .. } => {
                coverage.reach_if(Goal::HeldUp, world.is_held_up(node));
            }
            Event::TransferBegan { .. } => self.hands_over = true,
            Event::LeaderForgotten { node } => {
                let status = world.hosts()[node.number() as usize - 1].status();
                let forgot = status.is_some_and(|status| status.leader.is_none());
                coverage.reach_if(Goal::Forgotten, forgot);
            }
            Event::Reconfigured { node, members, .. } => {
                self.see_members(node, members, coverage);
            }
            Event::Crashed { .. } => {
                *self = FeatureMemory {
                    leads: false,
                    members: None,
                    told: None,
                    hands_over: false,
                    reads: Vec::new(),
                    installs: 0,
                };
            }
            Event::Restarted { node, .. } => {
                let image = world.disks()[node.number() as usize - 1].durable().image();
                coverage.reach_if(Goal::RestartedInstalling, image.received().is_some());
                coverage.reach_if(Goal::RestartedAhead, image.checkpoint().is_some());
            }
            _ => {
                self.see_read(event, coverage);
                self.see_snapshot(event, coverage);
            }
        }
    }

    fn see_office(&mut self, role: RoleKind, term: Term, coverage: &mut Coverage) {
        let leads = role == RoleKind::Leader;
        coverage.reach_if(Goal::PreVoted, role == RoleKind::PreCandidate);
        let took_over = self.told.is_some_and(|told| told.0 + 1 == term.0);
        coverage.reach_if(Goal::HandedOver, leads && took_over);
        self.leads = leads;
        if !leads {
            self.hands_over = false;
        }
    }

    fn see_sent(&self, kind: MessageKind, coverage: &mut Coverage, plan: &Plan) {
        match kind {
            MessageKind::Snapshot => coverage.reach(Goal::SnapshotSent),
            MessageKind::Want => coverage.reach(Goal::SnapshotAskedFor),
            MessageKind::TimeoutNow => {
                let stalled = !self.hands_over && plan.sync_stall_ticks_max > 0;
                coverage.reach_if(Goal::StallHandedOver, stalled);
            }
            _ => {}
        }
    }

    fn see_members(&mut self, node: NodeId, now: Members, coverage: &mut Coverage) {
        let Some(before) = self.members.replace(now) else {
            return;
        };
        coverage.reach_if(Goal::JointEntered, !before.is_joint() && now.is_joint());
        if before.is_joint() && !now.is_joint() {
            let explicit = before.explicit;
            coverage.reach(if explicit { Goal::JointLeftByHand } else { Goal::JointLeft });
        }
        let promoted = before.learners.common(now.voters);
        coverage.reach_if(Goal::Promoted, !promoted.is_empty());
        let learners = now.learners.union(now.learners_next);
        coverage.reach_if(Goal::Demoted, !before.voters.common(learners).is_empty());
        let votes = now.voters.union(now.outgoing).contains(node);
        coverage.reach_if(Goal::LeaderRemoved, self.leads && !votes);
        let joins = before.all().is_empty() && now.all().contains(node);
        coverage.reach_if(Goal::BlankJoined, joins);
    }

    fn see_read(&mut self, event: &Event, coverage: &mut Coverage) {
        match *event {
            Event::ReadBegan { read, .. } => {
                self.reads.push((read, if self.leads { Way::Quorum } else { Way::Forwarded }));
            }
            Event::ReadLost { read, .. } => {
                self.reads.retain(|(other, _)| *other != read);
                coverage.reach(Goal::ReadLost);
            }
            Event::ReadServed { read, .. } => {
                if let Some(at) = self.reads.iter().position(|(other, _)| *other == read) {
                    coverage.reach(match self.reads.swap_remove(at).1 {
                        Way::Quorum => Goal::ReadByQuorum,
                        Way::Lease => Goal::ReadByLease,
                        Way::Forwarded => Goal::ReadForwarded,
                    });
                }
            }
            _ => {}
        }
    }

    /// The read that has just begun here is answered by a lease.
    pub(super) fn leased(&mut self) {
        if let Some((_, way)) = self.reads.last_mut() {
            *way = Way::Lease;
        }
    }

    fn see_snapshot(&mut self, event: &Event, coverage: &mut Coverage) {
        match *event {
            Event::Forwarded { .. } => coverage.reach(Goal::Forwarded),
            Event::ChangeProposed { index: Some(_), .. } => coverage.reach(Goal::ChangeProposed),
            Event::ChangeProposed { .. } => coverage.reach(Goal::ChangeForwarded),
            Event::ChangeRefused { .. } => coverage.reach(Goal::ChangeRefused),
            Event::Checkpointed { .. } => coverage.reach(Goal::Checkpointed),
            Event::Compacted { .. } => coverage.reach(Goal::Compacted),
            Event::Unreached { .. } => coverage.reach(Goal::Unreached),
            Event::SnapshotAnswered { answer: Answer::Failed, .. }
            | Event::SnapshotReported { answer: Answer::Failed, .. } => {
                coverage.reach(Goal::SnapshotFailed);
            }
            Event::Fetched { answer: Answer::Done, .. } => coverage.reach(Goal::Fetched),
            Event::Fetched { .. } => coverage.reach(Goal::FetchFailed),
            Event::Replaced { .. } => {
                self.installs += 1;
                coverage.reach_if(Goal::InstallsOverlapping, self.installs > 1);
            }
            Event::Installed { .. } => {
                self.installs = self.installs.saturating_sub(1);
                coverage.reach(Goal::SnapshotInstalled);
            }
            _ => {}
        }
    }
}
