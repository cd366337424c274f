//! O7: what is applied is synced here.
//!
//! A quorum of followers may commit an entry before its leader has synced it; the leader must not
//! hand it out to be applied until then (etcd issue 12257, R8). Both moments are judged. The disk is asked, not the node's synced cursor: an
//! unsynced overwrite on its way means that the disk does not hold the entry (A-B-A, R9).

use syncline_traces::{Event, EventSort};

use super::{Breach, Evidence, Oracle, OracleId};

/// It needs no memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct ApplyDurable;

impl Oracle for ApplyDurable {
    fn id(&self) -> OracleId {
        OracleId::O7
    }

    fn watches(&self) -> &'static [EventSort] {
        &[EventSort::HandedOut, EventSort::Applied]
    }

    fn judge(&mut self, event: &Event, evidence: Evidence<'_>) -> Result<(), Breach> {
        let (node, index, chain, verb) = match *event {
            Event::HandedOut { node, index, chain } => (node, index, chain, "handed out"),
            Event::Applied { node, entry, chain } => (node, entry.index, chain, "applied"),
            _ => return Ok(()),
        };
        if evidence.holds(node, index, chain) {
            return Ok(());
        }
        let held = evidence.disk(node).held();
        Breach::by(node, format!("n{node} {verb} i{index}, its disk holds the log up to i{held}"))
    }

    fn fork(&self) -> Box<dyn Oracle> {
        Box::new(*self)
    }
}
