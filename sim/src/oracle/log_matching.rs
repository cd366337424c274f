//! O2: log matching.
//!
//! Two entries of the same index and term, wherever and whenever they were issued, have the same
//! log up to and including them (Raft paper, section 5.3).

use std::collections::BTreeMap;

use syncline_raft::{Index, LogId, Term};
use syncline_traces::{Chain, Event, EventSort};

use super::{Breach, Evidence, Oracle, OracleId};

/// The chain of every entry that was ever issued.
#[derive(Clone, Debug, Default)]
pub(super) struct LogMatching {
    /// The first entry seen at each index, from index 1: nearly always the only one.
    first: Vec<(Term, Chain)>,
    /// Entries of other terms at the same index.
    others: BTreeMap<(Index, Term), Chain>,
}

impl LogMatching {
    /// The chain known for this entry, which becomes this one if none is.
    fn known(&mut self, entry: LogId, chain: Chain) -> Chain {
        let position = entry.index.0 as usize - 1;
        match self.first.get(position) {
            None if position == self.first.len() => {
                self.first.push((entry.term, chain));
                chain
            }
            Some((term, known)) if *term == entry.term => *known,
            _ => *self.others.entry((entry.index, entry.term)).or_insert(chain),
        }
    }
}

impl Oracle for LogMatching {
    fn id(&self) -> OracleId {
        OracleId::O2
    }

    fn watches(&self) -> &'static [EventSort] {
        &[EventSort::Appended]
    }

    fn judge(&mut self, event: &Event, _: Evidence<'_>) -> Result<(), Breach> {
        let Event::Appended { node, entry, chain, .. } = *event else {
            return Ok(());
        };
        if entry.index == Index::ZERO || self.known(entry, chain) != chain {
            return Breach::by(node, format!("n{node} appended {entry} after another log"));
        }
        Ok(())
    }

    fn fork(&self) -> Box<dyn Oracle> {
        Box::new(self.clone())
    }
}
