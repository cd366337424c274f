//! L3: once faults have ceased, every proposal, read and transfer ends, well or with an error.
//!
//! Also those that were begun before. A command ends when the node that took it applies it, or leaves
//! its office: then its client must ask again. A read ends when it is served, or is said to be lost. A
//! transfer ends when its leader takes commands again, or another one does. What is sent on to the
//! leader is promised nothing; but with a leader that stays and takes commands it arrives.
//!
//! A node whose disk hangs owes no read: it may have to apply first what it cannot sync, and its host may
//! do nothing else meanwhile. A command it owes like any other, since a leader that cannot sync leaves
//! its office (R26).
//!
//! Nothing is late while the cluster moves: while entries are appended, committed or applied, or an
//! office changes hands. That the cluster comes to rest is the business of L1 and L2.

use std::collections::BTreeMap;

use syncline_raft::{Index, NodeId, RoleKind};
use syncline_traces::{EntryKind, Event, EventSort, NodeSet, ReadNo};

use super::calm::{Bell, Patience};
use super::{Breach, Evidence, Oracle, OracleId};
use crate::plan::Plan;

/// What was asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Request {
    Command(Index),
    Read(ReadNo),
    /// A read that waits for nothing but an index to be applied.
    Confirmed(ReadNo),
}

/// Watches requests.
#[derive(Clone, Debug)]
pub(super) struct RequestEnds {
    patience: u32,
    bell: Bell,
    /// What is open, and since which round.
    open: BTreeMap<(NodeId, Request), u32>,
    /// Whoever has sent a command on that no leader has appended yet, and since when.
    forwarded: Option<(NodeId, u32)>,
    /// Whoever has refused commands, and since when.
    refusing: Option<(NodeId, u32)>,
    /// The last round in which something moved.
    moved: u32,
    hung: Option<NodeId>,
}

impl RequestEnds {
    pub(super) fn new(plan: &Plan) -> RequestEnds {
        RequestEnds {
            patience: Patience::of(plan).standstill,
            bell: Bell::default(),
            open: BTreeMap::new(),
            forwarded: None,
            refusing: None,
            moved: 0,
            hung: plan.hung_in_calm(),
        }
    }

    fn close(&mut self, node: NodeId, ends: impl Fn(Request) -> bool) {
        self.open.retain(|(other, request), _| *other != node || !ends(*request));
    }

    fn round_over(&self, round: u32, members: NodeSet) -> Result<(), Breach> {
        let stood = |since: u32| round - since.max(self.moved);
        let is_late = |since: &u32| stood(*since) > self.patience;
        // Whoever is no member any more may never be sent what it would have to apply.
        let is_owed = |node: NodeId, request: Request| match request {
            Request::Command(_) => true,
            Request::Read(_) => Some(node) != self.hung,
            Request::Confirmed(_) => Some(node) != self.hung && members.contains(node),
        };
        let mut open = self.open.iter();
        let late = open.find(|((node, what), since)| is_late(since) && is_owed(*node, *what));
        if let Some(((node, request), since)) = late {
            let ticks = stood(*since);
            let what = match request {
                Request::Command(index) => format!("the command that it took for i{index}"),
                Request::Read(read) | Request::Confirmed(read) => format!("{read}"),
            };
            return Breach::by(*node, format!("n{node} has not answered {what} for {ticks} ticks"));
        }
        if let Some((node, since)) = self.forwarded.filter(|(_, since)| is_late(since)) {
            let ticks = stood(since);
            let found =
                format!("the command that n{node} sent on has not arrived for {ticks} ticks");
            return Breach::by(node, found);
        }
        Ok(())
    }

    fn judge_refusal(&mut self, node: NodeId, now: u32) -> Result<(), Breach> {
        match self.refusing {
            Some((other, since)) if other == node => {
                let ticks = now - since;
                if ticks > self.patience {
                    let found = format!("n{node} has refused commands for {ticks} ticks");
                    return Breach::by(node, found);
                }
            }
            _ => self.refusing = Some((node, now)),
        }
        Ok(())
    }
}

impl Oracle for RequestEnds {
    fn id(&self) -> OracleId {
        OracleId::L3
    }

    fn watches(&self) -> &'static [EventSort] {
        &[
            EventSort::Ticked,
            EventSort::Proposed,
            EventSort::ProposalRefused,
            EventSort::Forwarded,
            EventSort::Appended,
            EventSort::Committed,
            EventSort::Applied,
            EventSort::Installed,
            EventSort::ReadBegan,
            EventSort::ReadConfirmed,
            EventSort::ReadServed,
            EventSort::ReadLost,
            EventSort::Became,
            EventSort::Crashed,
        ]
    }

    fn judge(&mut self, event: &Event, evidence: Evidence<'_>) -> Result<(), Breach> {
        let rounds = evidence.facts.rounds();
        let now = rounds.unwrap_or(0);
        match *event {
            Event::Ticked { .. } => {
                if let Some(round) = self.bell.rings(evidence.facts) {
                    let (_, members) = evidence.facts.newest_members();
                    return self.round_over(round, members.all());
                }
            }
            Event::Proposed { node, index, .. } => {
                self.open.insert((node, Request::Command(index)), now);
                self.refusing = None;
            }
            Event::ProposalRefused { node, .. } if rounds.is_some() => {
                return self.judge_refusal(node, now);
            }
            Event::Forwarded { node, .. } if rounds.is_some() => {
                self.forwarded = self.forwarded.or(Some((node, now)));
            }
            Event::Appended { node, kind, .. } => {
                self.moved = now;
                if kind == EntryKind::Command && evidence.facts.leads(node) {
                    self.forwarded = None;
                }
            }
            Event::Committed { .. } => self.moved = now,
            Event::Applied { node, entry, .. } | Event::Installed { node, last: entry, .. } => {
                self.moved = now;
                let applied = entry.index;
                self.close(node, |one| matches!(one, Request::Command(i) if i <= applied));
            }
            Event::ReadBegan { node, read } => {
                self.open.insert((node, Request::Read(read)), now);
            }
            Event::ReadConfirmed { node, read, .. } => {
                self.open.remove(&(node, Request::Read(read)));
                self.open.insert((node, Request::Confirmed(read)), now);
            }
            Event::ReadServed { node, read, .. } | Event::ReadLost { node, read } => {
                self.open.remove(&(node, Request::Read(read)));
                self.open.remove(&(node, Request::Confirmed(read)));
            }
            Event::Became { node, role, .. } => {
                self.moved = now;
                self.forwarded = None;
                self.refusing = None;
                if role != RoleKind::Leader {
                    self.close(node, |one| matches!(one, Request::Command(_)));
                }
            }
            Event::Crashed { node, .. } => self.close(node, |_| true),
            _ => {}
        }
        Ok(())
    }

    fn fork(&self) -> Box<dyn Oracle> {
        Box::new(self.clone())
    }
}
