//! O14: the log is let go of only where a durable state stands for it.
//!
//! When a node lets go of its log, and again when the record of it reaches the disk, that disk durably
//! holds a state of the state machine, its own or a leader's, that reaches as far (R16). Otherwise a
//! power cut leaves a log whose beginning nobody has.

use std::collections::VecDeque;

use syncline_raft::{Index, NodeId};
use syncline_traces::{Event, EventSort, WriteNo};

use super::{Breach, Evidence, Oracle, OracleId};

/// The compactions of each node that are not written yet.
#[derive(Clone, Debug)]
pub(super) struct Compaction {
    issued: Vec<VecDeque<(WriteNo, Index)>>,
}

impl Compaction {
    pub(super) fn new(nodes: usize) -> Compaction {
        Compaction { issued: vec![VecDeque::new(); nodes] }
    }
}

fn judge(node: NodeId, upto: Index, evidence: Evidence<'_>) -> Result<(), Breach> {
    let state = evidence.disk(node).durable().state();
    if upto > state {
        let found =
            format!("n{node} lets go of its log up to i{upto}, its disk has synced i{state}");
        return Breach::by(node, found);
    }
    Ok(())
}

impl Oracle for Compaction {
    fn id(&self) -> OracleId {
        OracleId::O14
    }

    fn watches(&self) -> &'static [EventSort] {
        &[EventSort::Compacted, EventSort::Written, EventSort::Crashed]
    }

    fn judge(&mut self, event: &Event, evidence: Evidence<'_>) -> Result<(), Breach> {
        match *event {
            Event::Compacted { node, write, upto } => {
                self.issued[node.number() as usize - 1].push_back((write, upto));
                judge(node, upto, evidence)
            }
            Event::Written { node, write } => {
                let issued = &mut self.issued[node.number() as usize - 1];
                match issued.front() {
                    Some(&(first, upto)) if first == write => {
                        issued.pop_front();
                        judge(node, upto, evidence)
                    }
                    _ => Ok(()),
                }
            }
            Event::Crashed { node, .. } => {
                self.issued[node.number() as usize - 1].clear();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn fork(&self) -> Box<dyn Oracle> {
        Box::new(self.clone())
    }
}
