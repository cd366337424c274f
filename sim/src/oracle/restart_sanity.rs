//! O11: what a restart reads fits together.
//!
//! The image of the disk is judged before the node is asked what it makes of it (that it refuses none
//! is O20): the commit index lies within the log (R3), the term is not behind the log (R1), the log
//! begins no later than where the state machine can stand (R16), and what is known to be committed,
//! once the hint is raised to the snapshot and the applied state (R23), lies between both ends.

use syncline_raft::Index;
use syncline_traces::{Event, EventSort};
use syncline_wal::LogImage;

use super::{Breach, Evidence, Oracle, OracleId};

/// It needs no memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct RestartSanity;

/// What is wrong with an image, if anything is.
fn flaw(image: &LogImage) -> Option<String> {
    let (hint, term) = (image.hard_state().commit, image.hard_state().term);
    let (base, last) = (image.base(), image.last());
    let received = image.received().map_or(Index::ZERO, |snapshot| snapshot.last.index);
    let state = image.applied().max(received);
    let commit = hint.max(state);
    if hint > last.index {
        Some(format!("commit i{hint} beyond its log, i{}", last.index))
    } else if term < last.term {
        Some(format!("t{term} behind its log, {last}"))
    } else if state < base.index {
        Some(format!("a log from {base} on, and nothing but i{state} to stand for the rest"))
    } else if commit < base.index || commit > last.index {
        let (first, last) = (base.index.next(), last.index);
        Some(format!("i{commit} committed, and a log from i{first} to i{last}"))
    } else {
        None
    }
}

impl Oracle for RestartSanity {
    fn id(&self) -> OracleId {
        OracleId::O11
    }

    fn watches(&self) -> &'static [EventSort] {
        &[EventSort::Restarted]
    }

    fn judge(&mut self, event: &Event, evidence: Evidence<'_>) -> Result<(), Breach> {
        let Event::Restarted { node, .. } = *event else {
            return Ok(());
        };
        // What is readable is durable, unless the host was careless (R23).
        let disk = evidence.disk(node);
        let found = match disk.is_settled() {
            true => flaw(disk.durable().image()),
            false => flaw(&disk.image()),
        };
        found.map_or(Ok(()), |found| Breach::by(node, format!("the disk of n{node} has {found}")))
    }

    fn fork(&self) -> Box<dyn Oracle> {
        Box::new(*self)
    }
}
