//! L1: once faults have ceased, one leader is elected, and it stays.
//!
//! Elections may fail a few times, but not for ever, and there are not two leaders for ever. From the
//! moment when all members follow one leader, have nothing left to do and have heard from it, nobody
//! else is elected, and it does not step down, unless it is told to hand over its office.

use syncline_raft::{NodeId, RoleKind, Term};
use syncline_traces::{Event, EventSort};

use super::calm::{Bell, Patience, Protection, is_disturbed, only_leader, settled};
use super::{Breach, Evidence, Oracle, OracleId};
use crate::plan::Plan;

/// So many leaders in one calm are a cluster that does not come to rest. An election may interrupt an
/// earlier one, so there may be some more than one, but each of them has to win a quorum.
const LEADERS_MAX: u32 = 100;

/// Watches elections since faults have ceased.
#[derive(Clone, Debug)]
pub(super) struct OneLeader {
    patience: u32,
    protection: Protection,
    bell: Bell,
    /// The last round that ended with one leader, which has a vote.
    led: u32,
    leaders: u32,
    /// Who leads a cluster with nothing left to do, and since when.
    settling: Option<((NodeId, Term), u32)>,
    settled: Option<(NodeId, Term)>,
    heartbeat_ticks: u32,
    /// Whoever may not stay in office, because its disk hangs (R26).
    hung: Option<NodeId>,
}

impl OneLeader {
    pub(super) fn new(plan: &Plan) -> OneLeader {
        OneLeader {
            patience: Patience::of(plan).leaderless,
            protection: Protection::of(plan),
            bell: Bell::default(),
            led: 0,
            leaders: 0,
            settling: None,
            settled: None,
            heartbeat_ticks: plan.heartbeat_ticks,
            hung: plan.hung_in_calm(),
        }
    }

    /// Notes who leads a cluster that has nothing left to do, once every follower has heard from it:
    /// a timer may have run for long before.
    fn settle(&mut self, round: u32, evidence: Evidence<'_>) {
        match settled(evidence).filter(|(leader, _)| Some(*leader) != self.hung) {
            Some(office) if self.settling.is_some_and(|(other, _)| other == office) => {
                let since = self.settling.map_or(round, |(_, since)| since);
                if round - since > self.heartbeat_ticks {
                    self.settled = Some(office);
                }
            }
            other => self.settling = other.map(|office| (office, round)),
        }
    }

    fn round_over(&mut self, round: u32, evidence: Evidence<'_>) -> Result<(), Breach> {
        let facts = evidence.facts;
        self.settle(round, evidence);
        // Whoever leads has a vote: a leader that lost it leaves its office.
        let has_a_vote = |node: NodeId| {
            let members = facts.members(node);
            members.voters.union(members.outgoing).contains(node)
        };
        if only_leader(facts).is_some_and(|(leader, _)| has_a_vote(leader)) {
            self.led = round;
        }
        let waited = round - self.led;
        if waited <= self.patience {
            return Ok(());
        }
        let leaders = facts.leaders().filter(|(node, _)| has_a_vote(*node)).count();
        let (_, members) = facts.newest_members();
        let first = members.voters.iter().next();
        let (node, _) =
            facts.leaders().next().or(first.map(|node| (node, Term(0)))).ok_or(Breach {
                node: NodeId::new(1).expect("not 0"),
                found: "nobody has a vote any more".to_owned(),
            })?;
        Breach::by(node, format!("after {waited} ticks there are {leaders} leaders with a vote"))
    }

    fn became(
        &mut self,
        node: NodeId,
        (role, term): (RoleKind, Term),
        evidence: Evidence<'_>,
    ) -> Result<(), Breach> {
        if evidence.facts.rounds().is_none() {
            return Ok(());
        }
        let is_elected = role == RoleKind::Leader;
        self.leaders += u32::from(is_elected);
        let nodes = evidence.disks.len();
        if is_disturbed(evidence.facts, self.protection, nodes) {
            self.settled = None;
            return Ok(());
        }
        if self.leaders > LEADERS_MAX {
            let found =
                format!("n{node} is the {}th leader since faults have ceased", self.leaders);
            return Breach::by(node, found);
        }
        match self.settled {
            Some((leader, led)) if node == leader && !is_elected => {
                let found = format!("n{node} left the office that it had in t{led}, undisturbed");
                Breach::by(node, found)
            }
            Some((leader, led)) if is_elected && (node, term) != (leader, led) => {
                let found =
                    format!("n{node} was elected in t{term}, although n{leader} led t{led}");
                Breach::by(node, found)
            }
            _ => Ok(()),
        }
    }
}

impl Oracle for OneLeader {
    fn id(&self) -> OracleId {
        OracleId::L1
    }

    fn watches(&self) -> &'static [EventSort] {
        &[EventSort::Ticked, EventSort::Became, EventSort::TransferBegan]
    }

    fn judge(&mut self, event: &Event, evidence: Evidence<'_>) -> Result<(), Breach> {
        match *event {
            Event::Ticked { .. } => match self.bell.rings(evidence.facts) {
                Some(round) => self.round_over(round, evidence),
                None => Ok(()),
            },
            Event::Became { node, role, term, .. } => self.became(node, (role, term), evidence),
            Event::TransferBegan { .. } => {
                (self.settling, self.settled) = (None, None);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn fork(&self) -> Box<dyn Oracle> {
        Box::new(self.clone())
    }
}
