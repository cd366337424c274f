//! O15: a read is never stale.
//!
//! A state machine is read no earlier than at the highest index that anybody had reported as committed
//! when the read began, and that any read served by then has shown (R21). What was acknowledged to a
//! client was committed before, so the first bound includes it; there is one clock, the run's own, so
//! "when" is exact. A leader is heard at once when it commits, hence what it could have told a client
//! in the same step is in the ledger before any read of a later one begins.

use std::collections::BTreeMap;

use syncline_raft::Index;
use syncline_traces::{Event, EventSort, ReadNo};

use super::{Breach, Evidence, Oracle, OracleId};

/// What each read that is under way must show at least.
#[derive(Clone, Debug, Default)]
pub(super) struct ReadFreshness {
    floors: BTreeMap<ReadNo, Index>,
    /// The newest state that was read.
    shown: Index,
}

impl Oracle for ReadFreshness {
    fn id(&self) -> OracleId {
        OracleId::O15
    }

    fn watches(&self) -> &'static [EventSort] {
        &[EventSort::ReadBegan, EventSort::ReadServed, EventSort::ReadLost]
    }

    fn judge(&mut self, event: &Event, evidence: Evidence<'_>) -> Result<(), Breach> {
        match *event {
            Event::ReadBegan { read, .. } => {
                self.floors.insert(read, evidence.facts.committed().max(self.shown));
            }
            Event::ReadLost { read, .. } => {
                self.floors.remove(&read);
            }
            Event::ReadServed { node, read, applied } => {
                let floor = self.floors.remove(&read).unwrap_or_default();
                if applied < floor {
                    let found =
                        format!("n{node} served {read} at i{applied}, it began at i{floor}");
                    return Breach::by(node, found);
                }
                self.shown = self.shown.max(applied);
            }
            _ => {}
        }
        Ok(())
    }

    fn fork(&self) -> Box<dyn Oracle> {
        Box::new(self.clone())
    }
}
