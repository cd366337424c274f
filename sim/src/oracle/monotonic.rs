//! O10: what moves, moves forward.
//!
//! The durable term of a disk never falls. Within an incarnation the commit index, the numbers and
//! the terms of writes never fall, a vote is never changed within its term, and the entries of a
//! write follow the log before it without a gap or an overlap. While a node leads, what it takes a
//! member to have of its log never falls, as long as that member stays (R11).

use syncline_raft::{HardState, Index, NodeId, Term};
use syncline_traces::{Event, EventSort, WriteNo};

use super::{Breach, Evidence, Oracle, OracleId};

/// The last values seen of one node.
#[derive(Clone, Copy, Debug, Default)]
struct Last {
    durable_term: Term,
    hard_state: HardState,
    committed: Index,
    write: WriteNo,
    appended: Index,
}

/// The last values seen of all nodes.
#[derive(Clone, Debug)]
pub(super) struct Monotonic {
    last: Vec<Last>,
}

impl Monotonic {
    pub(super) fn new(nodes: usize) -> Monotonic {
        Monotonic { last: vec![Last::default(); nodes] }
    }
}

impl Last {
    fn truncated(&mut self, node: NodeId, from: Index) -> Result<(), Breach> {
        if from > self.appended || from == Index::ZERO {
            let last = self.appended;
            return Breach::by(
                node,
                format!("n{node} voided i{from} of a log that ends at i{last}"),
            );
        }
        self.appended = from.prev();
        Ok(())
    }

    fn appended(&mut self, node: NodeId, index: Index) -> Result<(), Breach> {
        if index != self.appended.next() {
            let last = self.appended;
            return Breach::by(
                node,
                format!("n{node} appended i{index} to a log that ends at i{last}"),
            );
        }
        self.appended = index;
        Ok(())
    }

    fn numbered(&mut self, node: NodeId, write: WriteNo) -> Result<(), Breach> {
        if write.0 != self.write.0 + 1 {
            return Breach::by(node, format!("n{node} issued {write} after {}", self.write));
        }
        self.write = write;
        Ok(())
    }

    fn issued(&mut self, node: NodeId, write: WriteNo, now: HardState) -> Result<(), Breach> {
        self.numbered(node, write)?;
        let before = self.hard_state;
        let found = if now.term < before.term {
            format!("n{node} went back from t{} to t{}", before.term, now.term)
        } else if now.term == before.term && before.vote.is_some() && now.vote != before.vote {
            format!("n{node} changed its vote in t{}", now.term)
        } else if now.commit < before.commit {
            format!("n{node} wrote commit i{} after i{}", now.commit, before.commit)
        } else if now.commit > self.appended {
            format!("n{node} wrote commit i{} beyond its log, i{}", now.commit, self.appended)
        } else {
            self.hard_state = now;
            return Ok(());
        };
        Breach::by(node, found)
    }

    fn committed(&mut self, node: NodeId, index: Index) -> Result<(), Breach> {
        if index <= self.committed {
            let before = self.committed;
            return Breach::by(node, format!("n{node} reported commit i{index} after i{before}"));
        }
        self.committed = index;
        Ok(())
    }

    fn durable(&mut self, node: NodeId, term: Term) -> Result<(), Breach> {
        if term < self.durable_term {
            let before = self.durable_term;
            return Breach::by(node, format!("the disk of n{node} fell from t{before} to t{term}"));
        }
        self.durable_term = term;
        Ok(())
    }
}

impl Oracle for Monotonic {
    fn id(&self) -> OracleId {
        OracleId::O10
    }

    fn watches(&self) -> &'static [EventSort] {
        &[
            EventSort::Truncated,
            EventSort::Appended,
            EventSort::Issued,
            EventSort::Replaced,
            EventSort::Checkpointed,
            EventSort::Compacted,
            EventSort::Committed,
            EventSort::SyncCompleted,
            EventSort::Crashed,
            EventSort::Restarted,
            EventSort::MatchFell,
        ]
    }

    fn judge(&mut self, event: &Event, evidence: Evidence<'_>) -> Result<(), Breach> {
        let Some(node) = event.node() else {
            return Ok(());
        };
        let last = &mut self.last[node.number() as usize - 1];
        match *event {
            Event::Truncated { from, .. } => last.truncated(node, from),
            Event::Appended { entry, .. } => last.appended(node, entry.index),
            Event::Issued { write, hard_state, .. } => last.issued(node, write, hard_state),
            Event::Replaced { last: base, .. } => {
                last.appended = base.index;
                Ok(())
            }
            Event::Checkpointed { write, .. } | Event::Compacted { write, .. } => {
                last.numbered(node, write)
            }
            Event::Committed { index, .. } => last.committed(node, index),
            Event::SyncCompleted { .. } | Event::Crashed { .. } => {
                let term = evidence.disk(node).durable().image().hard_state().term;
                last.durable(node, term)
            }
            Event::Restarted { hard_state, last: end, .. } => {
                last.hard_state = hard_state;
                last.committed = hard_state.commit;
                last.appended = end.index;
                last.write = evidence.disk(node).written();
                Ok(())
            }
            Event::MatchFell { link, from, to } => {
                let peer = link.to;
                let found = format!("n{node} took n{peer} to have i{from}, and now only i{to}");
                Breach::by(node, found)
            }
            _ => Ok(()),
        }
    }

    fn fork(&self) -> Box<dyn Oracle> {
        Box::new(self.clone())
    }
}
