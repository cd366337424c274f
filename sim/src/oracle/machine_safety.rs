//! O5: state machine safety.
//!
//! If a node has applied an entry at an index, no other node ever applies another one there (Raft
//! paper, section 5.4.3). Within one incarnation every index is applied once and in order. The chain
//! compared is that of the entries which the state machine was given, not of the node's log.

use syncline_raft::Index;
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

impl Oracle for MachineSafety {
    fn id(&self) -> OracleId {
        OracleId::O5
    }

    fn watches(&self) -> &'static [EventSort] {
        &[EventSort::Applied, EventSort::Restarted]
    }

    fn judge(&mut self, event: &Event, _: Evidence<'_>) -> Result<(), Breach> {
        match *event {
            Event::Applied { node, entry, chain } => {
                let upto = &mut self.upto[node.number() as usize - 1];
                if entry.index != upto.next() {
                    return Breach::by(
                        node,
                        format!("n{node} applied {entry} right after i{upto}"),
                    );
                }
                *upto = entry.index;
                let position = entry.index.0 as usize - 1;
                match self.applied.get(position) {
                    None => self.applied.push(chain),
                    Some(first) if *first == chain => {}
                    Some(_) => {
                        let found =
                            format!("n{node} applied {entry}, another applied another entry");
                        return Breach::by(node, found);
                    }
                }
                Ok(())
            }
            Event::Restarted { node, .. } => {
                self.upto[node.number() as usize - 1] = Index::ZERO;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn fork(&self) -> Box<dyn Oracle> {
        Box::new(self.clone())
    }
}
