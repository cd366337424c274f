//! O20: no panic.
//!
//! Whatever a world does to a node is legal, so a node that panics is at fault. The run catches the
//! panic and asks here what to make of it; there is no event to judge before it.

use std::any::Any;

use syncline_raft::NodeId;

use super::{OracleId, Sentence};

/// What a panic while this node acted amounts to.
pub(crate) fn sentence(node: NodeId, panic: &(dyn Any + Send)) -> Sentence {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    let found = format!("n{node} panicked: {}", text.replace('\n', " "));
    Sentence { oracle: OracleId::O20, node, found, event: 0 }
}
