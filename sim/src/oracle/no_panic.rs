//! O20: no panic, and no refusal.
//!
//! Whatever a world does to a node is legal, and every message in it was sent by a node of the same
//! library, so a node that panics, or that refuses a message, is at fault: itself, or the sender. So is a node
//! that does not start from what it has left on its own disk.
//! The run catches the panic and asks here what to make of it; there is no event to judge before it.

use std::any::Any;

use syncline_raft::NodeId;
use syncline_traces::{Event, EventSort, Loss};

use super::{Breach, Evidence, Oracle, OracleId, Sentence};

/// What a panic while this node acted amounts to.
pub(crate) fn sentence(node: NodeId, panic: &(dyn Any + Send)) -> Sentence {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    let found = format!("n{node} panicked: {}", text.replace('\n', " "));
    Sentence { oracle: OracleId::O20, node, found, event: 0 }
}

/// Watches for what is refused. It needs no memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoRefusal;

impl Oracle for NoRefusal {
    fn id(&self) -> OracleId {
        OracleId::O20
    }

    fn watches(&self) -> &'static [EventSort] {
        &[EventSort::Lost, EventSort::StartRefused]
    }

    fn judge(&mut self, event: &Event, _: Evidence<'_>) -> Result<(), Breach> {
        match *event {
            Event::Lost { link, key, loss: Loss::Refused } => {
                let node = link.to;
                Breach::by(
                    node,
                    format!("n{node} refused {link} {key}, which a node of its own kind sent"),
                )
            }
            Event::StartRefused { node } => {
                Breach::by(node, format!("n{node} refused to start from what its disk holds"))
            }
            _ => Ok(()),
        }
    }

    fn fork(&self) -> Box<dyn Oracle> {
        Box::new(*self)
    }
}
