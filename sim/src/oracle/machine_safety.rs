//! O5: state machine safety.
//!
//! If a node has applied an entry at an index, no other node ever applies another one there (Raft
//! paper, section 5.4.3). Within one incarnation every index is applied once and in order. The chain
//! compared is that of the entries which the state machine was given, not of the node's log. A snapshot
//! may jump ahead, to where another node has been.

use syncline_raft::{Index, LogId, NodeId};
use syncline_traces::{Chain, Event, EventSort};

use super::{Breach, Evidence, Oracle, OracleId};

/// What was applied, by all and by each.
#[derive(Clone, Debug)]
pub(super) struct MachineSafety {
    /// The chain of what was first applied at each index, from index 1.
    applied: Vec<Chain>,
    /// Up to where each node has applied in this incarnation.
    upto: Vec<Index>,
}

impl MachineSafety {
    pub(super) fn new(nodes: usize) -> MachineSafety {
        MachineSafety { applied: Vec::new(), upto: vec![Index::ZERO; nodes] }
    }
}

impl MachineSafety {
    /// A state machine stands at an index with this behind it.
    fn stands(&mut self, node: NodeId, entry: LogId, chain: Chain) -> Result<(), Breach> {
        self.upto[node.number() as usize - 1] = entry.index;
        match self.applied.get(entry.index.0 as usize - 1) {
            Some(first) if *first == chain => Ok(()),
            Some(_) => {
                let found = format!("n{node} applied {entry}, another applied another entry");
                Breach::by(node, found)
            }
            None if entry.index.0 as usize == self.applied.len() + 1 => {
                self.applied.push(chain);
                Ok(())
            }
            None => Breach::by(node, format!("n{node} stands at {entry}, where nobody has been")),
        }
    }
}

impl Oracle for MachineSafety {
    fn id(&self) -> OracleId {
        OracleId::O5
    }

    fn watches(&self) -> &'static [EventSort] {
        &[EventSort::Applied, EventSort::Installed, EventSort::Restarted]
    }

    fn judge(&mut self, event: &Event, evidence: Evidence<'_>) -> Result<(), Breach> {
        match *event {
            Event::Applied { node, entry, chain } => {
                let upto = self.upto[node.number() as usize - 1];
                if entry.index != upto.next() {
                    let found = format!("n{node} applied {entry} right after i{upto}");
                    return Breach::by(node, found);
                }
                self.stands(node, entry, chain)
            }
            Event::Installed { node, last, chain } => self.stands(node, last, chain),
            Event::Restarted { node, .. } => {
                let applied = evidence.disk(node).durable().image().applied();
                self.upto[node.number() as usize - 1] = applied;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn fork(&self) -> Box<dyn Oracle> {
        Box::new(self.clone())
    }
}
