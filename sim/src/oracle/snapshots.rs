//! O13: a snapshot holds what is committed, and nothing else.
//!
//! Wherever a state of a state machine is written down, sent or taken over, it reaches no further than
//! what somebody has reported as committed; its content is that of the committed log up to its index,
//! and its membership the one which that log leads to (R15). What a snapshot says of the membership is
//! judged when it is durable, on the disk of whoever made or received it.

use syncline_raft::{Index, LogId, NodeId, Snapshot};
use syncline_traces::{Chain, Event, EventSort, Members, MessageKind};

use super::{Breach, Evidence, Oracle, OracleId};
use crate::host::machine;

/// The states that were last found durable on each disk: its own and a leader's.
#[derive(Clone, Debug)]
pub(super) struct Snapshots {
    durable: Vec<(LogId, LogId)>,
}

impl Snapshots {
    pub(super) fn new(nodes: usize) -> Snapshots {
        Snapshots { durable: vec![Default::default(); nodes] }
    }

    fn look_at_disk(&mut self, node: NodeId, evidence: Evidence<'_>) -> Result<(), Breach> {
        let image = evidence.disk(node).durable().image();
        let (own, received) = &mut self.durable[node.number() as usize - 1];
        for (last, state) in [(own, image.checkpoint()), (received, image.received())] {
            if let Some(state) = state.filter(|state| state.last != *last) {
                *last = state.last;
                judge_content(node, state, evidence)?;
            }
        }
        Ok(())
    }
}

fn is_committed(
    node: NodeId,
    index: Index,
    chain: Chain,
    evidence: Evidence<'_>,
) -> Result<(), Breach> {
    reaches(node, index, evidence)?;
    if evidence.facts.committed_chain(index) != Some(chain) {
        let found = format!("n{node} has a state of i{index} that is not of the committed log");
        return Breach::by(node, found);
    }
    Ok(())
}

fn reaches(node: NodeId, index: Index, evidence: Evidence<'_>) -> Result<(), Breach> {
    let committed = evidence.facts.committed();
    if index > committed {
        let found = format!("n{node} has a state of i{index}, i{committed} is committed");
        return Breach::by(node, found);
    }
    Ok(())
}

fn judge_content(node: NodeId, state: &Snapshot, evidence: Evidence<'_>) -> Result<(), Breach> {
    let index = state.last.index;
    is_committed(node, index, machine::chain_in(&state.data), evidence)?;
    let (found, fold) = (Members::from(&state.membership), evidence.facts.members_at(index));
    if found != fold {
        let found =
            format!("the state of i{index} on the disk of n{node} says {found}, not {fold}");
        return Breach::by(node, found);
    }
    Ok(())
}

impl Oracle for Snapshots {
    fn id(&self) -> OracleId {
        OracleId::O13
    }

    fn watches(&self) -> &'static [EventSort] {
        &[
            EventSort::Checkpointed,
            EventSort::Sent,
            EventSort::Replaced,
            EventSort::Installed,
            EventSort::SyncCompleted,
            EventSort::Crashed,
        ]
    }

    fn judge(&mut self, event: &Event, evidence: Evidence<'_>) -> Result<(), Breach> {
        match *event {
            Event::Sent { link, key, .. } if key.kind == MessageKind::Snapshot => {
                reaches(link.from, key.index, evidence)
            }
            Event::Checkpointed { node, last, chain, .. }
            | Event::Replaced { node, last, chain }
            | Event::Installed { node, last, chain } => {
                is_committed(node, last.index, chain, evidence)
            }
            Event::SyncCompleted { node, .. } | Event::Crashed { node, .. } => {
                self.look_at_disk(node, evidence)
            }
            _ => Ok(()),
        }
    }

    fn fork(&self) -> Box<dyn Oracle> {
        Box::new(self.clone())
    }
}
