//! O19: what recovery loads is a prefix that the crash was allowed to leave, and is read back as written.
//!
//! At the level of bytes the log of real nodes is read from what a crash has left of its files. What it makes
//! of them must be everything that it had said to be durable (REC1, REC6), and of the rest a prefix (R2,
//! REC2), whatever sectors are torn, lost or have overtaken others. It may refuse only where durable bytes
//! were damaged, or could not be read (REC3); and of those it must not load anything else. What it reads back
//! for its node while it is open must be what was written, all of it, or an error where the bytes are damaged.

use syncline_raft::NodeId;
use syncline_traces::{Event, EventSort, Link};

use super::{Breach, Evidence, Oracle, OracleId};

/// It needs no memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recovery;

impl Oracle for Recovery {
    fn id(&self) -> OracleId {
        OracleId::O19
    }

    fn watches(&self) -> &'static [EventSort] {
        &[EventSort::Opened, EventSort::OpenRefused, EventSort::Unread, EventSort::Fetched]
    }

    fn judge(&mut self, event: &Event, evidence: Evidence<'_>) -> Result<(), Breach> {
        match *event {
            Event::Opened { node, .. } => is_legal(node, "loaded", evidence),
            Event::Unread { node, .. } | Event::Fetched { link: Link { from: node, .. }, .. } => {
                is_legal(node, "read back", evidence)
            }
            Event::OpenRefused { node } if !evidence.disk(node).is_excused() => {
                let refusal = evidence.disk(node).refusal();
                let why = refusal.map_or_else(String::new, |refusal| format!(": {refusal}"));
                Breach::by(node, format!("n{node} refused a log that nothing has damaged{why}"))
            }
            _ => Ok(()),
        }
    }

    fn fork(&self) -> Box<dyn Oracle> {
        Box::new(*self)
    }
}

fn is_legal(node: NodeId, verb: &str, evidence: Evidence<'_>) -> Result<(), Breach> {
    let illegal = evidence.disk(node).illegal();
    illegal.map_or(Ok(()), |found| Breach::by(node, format!("n{node} {verb} {found}")))
}
