//! O3: a leader only appends.
//!
//! It never overwrites or cuts its own log while it leads (Raft paper, section 5.3).

use syncline_traces::{Event, EventSort};

use super::{Breach, Evidence, Oracle, OracleId};

/// It needs no memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct LeaderAppendOnly;

impl Oracle for LeaderAppendOnly {
    fn id(&self) -> OracleId {
        OracleId::O3
    }

    fn watches(&self) -> &'static [EventSort] {
        &[EventSort::Truncated]
    }

    fn judge(&mut self, event: &Event, evidence: Evidence<'_>) -> Result<(), Breach> {
        match *event {
            Event::Truncated { node, from } if evidence.facts.leads(node) => {
                let term = evidence.facts.office(node).1;
                Breach::by(node, format!("n{node} leads t{term} and voids its log from i{from}"))
            }
            _ => Ok(()),
        }
    }

    fn fork(&self) -> Box<dyn Oracle> {
        Box::new(*self)
    }
}
