//! L4: once faults have ceased, a joint membership is left.
//!
//! Unless the application has said that it does so itself. Whoever leads then proposes to leave it, be
//! it the leader that has entered it or a later one; until that is committed the cluster depends on a
//! quorum of each half.

use syncline_raft::{Index, NodeId, Term};
use syncline_traces::{Event, EventSort};

use super::calm::{Bell, Patience, only_leader};
use super::{Breach, Evidence, Oracle, OracleId};
use crate::plan::Plan;

/// Watches the newest membership.
#[derive(Clone, Debug)]
pub(super) struct JointLeft {
    patience: u32,
    bell: Bell,
    /// Who leads, and what is committed: as long as that changes, the entry may be on its way.
    progress: (Option<(NodeId, Term)>, Index),
    moved: u32,
}

impl JointLeft {
    pub(super) fn new(plan: &Plan) -> JointLeft {
        JointLeft {
            patience: Patience::of(plan).standstill,
            bell: Bell::default(),
            progress: (None, Index::ZERO),
            moved: 0,
        }
    }
}

impl Oracle for JointLeft {
    fn id(&self) -> OracleId {
        OracleId::L4
    }

    fn watches(&self) -> &'static [EventSort] {
        &[EventSort::Ticked, EventSort::Appended]
    }

    fn judge(&mut self, event: &Event, evidence: Evidence<'_>) -> Result<(), Breach> {
        let facts = evidence.facts;
        if matches!(event, Event::Appended { .. }) {
            // Somebody catches up, perhaps one entry at a time, and the quorum may wait for it.
            self.moved = facts.rounds().unwrap_or(0);
            return Ok(());
        }
        let Some(round) = self.bell.rings(facts) else {
            return Ok(());
        };
        let progress = (only_leader(facts), facts.committed());
        let (since, members) = facts.newest_members();
        let is_stuck = members.is_joint() && !members.explicit && progress == self.progress;
        self.progress = progress;
        match progress {
            (Some((leader, _)), committed) if is_stuck => {
                let stood = round - self.moved;
                if stood <= self.patience {
                    return Ok(());
                }
                let found = format!(
                    "n{leader} leads and has not left the joint membership of i{since} for {stood} \
                     ticks; i{committed} is committed"
                );
                Breach::by(leader, found)
            }
            _ => {
                self.moved = round;
                Ok(())
            }
        }
    }

    fn fork(&self) -> Box<dyn Oracle> {
        Box::new(self.clone())
    }
}
