//! L5: once faults have ceased, a member that was down, or was added, catches up like any other.
//!
//! It is held to what L2 holds the others to; its ways are others: recovery, probes from far behind,
//! snapshots, and a membership that it has to learn first.

use syncline_traces::{Event, EventSort};

use super::catch_up::Standstill;
use super::{Breach, Evidence, Oracle, OracleId};
use crate::plan::Plan;

/// Watches the members that came late.
#[derive(Clone, Debug)]
pub(super) struct LateComer(Standstill);

impl LateComer {
    pub(super) fn new(plan: &Plan) -> LateComer {
        LateComer(Standstill::new(plan))
    }
}

impl Oracle for LateComer {
    fn id(&self) -> OracleId {
        OracleId::L5
    }

    fn watches(&self) -> &'static [EventSort] {
        Standstill::WATCHES
    }

    fn judge(&mut self, event: &Event, evidence: Evidence<'_>) -> Result<(), Breach> {
        self.0.judge(event, evidence, |is_late_comer| is_late_comer)
    }

    fn fork(&self) -> Box<dyn Oracle> {
        Box::new(self.clone())
    }
}
