//! L2: once faults have ceased, every member catches up with the leader, in its log and on its disk.
//!
//! How long that takes depends on how much there is to catch up with and on how little a message may
//! carry. So no date is set: a member that is behind is convicted when it has not moved for a while,
//! neither its log nor what its disk holds. What there is to move through is finite, for clients leave
//! a cluster alone that has not caught up.

use syncline_raft::{Index, LogId, NodeId, Term};
use syncline_traces::{Event, EventSort, NodeSet};

use super::calm::{Bell, Patience, is_level, only_leader};
use super::{Breach, Evidence, Oracle, OracleId};
use crate::plan::Plan;

/// How far a member has come: the end of its log, and what its disk holds.
type Reach = (LogId, Index);

/// Watches the members that were there all the time.
#[derive(Clone, Debug)]
pub(super) struct CatchUp(Standstill);

impl CatchUp {
    pub(super) fn new(plan: &Plan) -> CatchUp {
        CatchUp(Standstill::new(plan))
    }
}

impl Oracle for CatchUp {
    fn id(&self) -> OracleId {
        OracleId::L2
    }

    fn watches(&self) -> &'static [EventSort] {
        Standstill::WATCHES
    }

    fn judge(&mut self, event: &Event, evidence: Evidence<'_>) -> Result<(), Breach> {
        self.0.judge(event, evidence, |is_late_comer| !is_late_comer)
    }

    fn fork(&self) -> Box<dyn Oracle> {
        Box::new(self.clone())
    }
}

/// When each member moved last.
#[derive(Clone, Debug)]
pub(super) struct Standstill {
    patience: u32,
    bell: Bell,
    leader: Option<(NodeId, Term)>,
    reached: Vec<Reach>,
    moved: Vec<u32>,
    late_comers: NodeSet,
    /// Whoever cannot catch up, because its disk hangs.
    hung: Option<NodeId>,
}

impl Standstill {
    pub(super) const WATCHES: &'static [EventSort] =
        &[EventSort::Ticked, EventSort::Restarted, EventSort::Calmed];

    pub(super) fn new(plan: &Plan) -> Standstill {
        let count = plan.nodes as usize;
        let all = NodeSet::first(u64::from(plan.nodes));
        Standstill {
            patience: Patience::of(plan).standstill,
            bell: Bell::default(),
            leader: None,
            reached: vec![Reach::default(); count],
            moved: vec![0; count],
            late_comers: all.without(plan.began_with().all()),
            hung: plan.hung_in_calm(),
        }
    }

    /// Judges those members of which it is asked whether they came late: were added to the cluster, or
    /// were down when faults ceased.
    pub(super) fn judge(
        &mut self,
        event: &Event,
        evidence: Evidence<'_>,
        concerns: impl Fn(bool) -> bool,
    ) -> Result<(), Breach> {
        if let Event::Restarted { node, .. } = *event
            && evidence.facts.rounds().is_some()
        {
            self.late_comers = self.late_comers.with(node);
        }
        let Event::Ticked { .. } = *event else {
            return Ok(());
        };
        let Some(round) = self.bell.rings(evidence.facts) else {
            return Ok(());
        };
        let leader = only_leader(evidence.facts);
        let is_new = leader.is_none() || leader != self.leader;
        self.leader = leader;
        let Some((leader, _)) = leader else {
            return Ok(());
        };
        let members = evidence.facts.members(leader).all().with(leader);
        for node in members.iter().filter(|node| Some(*node) != self.hung) {
            let slot = node.number() as usize - 1;
            let reach = (evidence.log(node).last(), evidence.disk(node).held());
            let moves = reach != self.reached[slot];
            self.reached[slot] = reach;
            if is_new || moves || is_level(node, leader, evidence) {
                self.moved[slot] = round;
            }
            let stood = round - self.moved[slot];
            if stood > self.patience && concerns(self.late_comers.contains(node)) {
                let (last, held) = reach;
                let end = evidence.log(leader).last();
                let found = format!(
                    "n{node} has stood at {last}, with i{held} on its disk, for {stood} ticks; \
                     n{leader} leads and is at {end}"
                );
                return Breach::by(node, found);
            }
        }
        Ok(())
    }
}
