//! O6: what is committed is synced on a quorum.
//!
//! When a node reports a commit, a quorum of the disks hold the log up to it in every image that a
//! crash may leave now. And after every crash the nodes that do not hold the committed log are too
//! few to elect a leader without it.

use syncline_raft::{Index, NodeId};
use syncline_traces::{Chain, Event, EventSort};

use super::{Breach, Evidence, Oracle, OracleId};
use crate::disk::Disk;

/// It needs no memory but the shared ledger.
#[derive(Clone, Copy, Debug)]
pub(super) struct CommitDurable;

/// Whether every image that a crash may leave of this disk has this log at this index.
pub(super) fn holds(disk: &Disk, index: Index, chain: Chain) -> bool {
    index <= disk.held() && disk.durable().chain(index) == Some(chain)
}

fn committed(
    node: NodeId,
    index: Index,
    chain: Chain,
    evidence: Evidence<'_>,
) -> Result<(), Breach> {
    if evidence.facts.committed_chain(index).is_some_and(|known| known != chain) {
        return Breach::by(node, format!("n{node} committed another entry at i{index}"));
    }
    let copies = evidence.count(|_, disk| holds(disk, index, chain));
    if copies < evidence.quorum() {
        let quorum = evidence.quorum();
        let who = who(|disk| holds(disk, index, chain), evidence);
        return Breach::by(
            node,
            format!("n{node} committed i{index}; synced on {copies} of {quorum} needed ({who})"),
        );
    }
    Ok(())
}

fn crashed(node: NodeId, evidence: Evidence<'_>) -> Result<(), Breach> {
    let index = evidence.facts.committed();
    let Some(chain) = evidence.facts.committed_chain(index) else {
        return Ok(());
    };
    let without = evidence.count(|_, disk| !holds(disk, index, chain));
    if without >= evidence.quorum() {
        let who = who(|disk| !holds(disk, index, chain), evidence);
        return Breach::by(
            node,
            format!(
                "after the crash of n{node}, {who} can elect a leader without committed i{index}"
            ),
        );
    }
    Ok(())
}

fn who(mut has: impl FnMut(&Disk) -> bool, evidence: Evidence<'_>) -> String {
    let disks = evidence.disks.iter().enumerate().filter(|(_, disk)| has(disk));
    let names: Vec<String> = disks.map(|(slot, _)| format!("n{}", slot + 1)).collect();
    if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
}

impl Oracle for CommitDurable {
    fn id(&self) -> OracleId {
        OracleId::O6
    }

    fn watches(&self) -> &'static [EventSort] {
        &[EventSort::Committed, EventSort::Crashed]
    }

    fn judge(&mut self, event: &Event, evidence: Evidence<'_>) -> Result<(), Breach> {
        match *event {
            Event::Committed { node, index, chain } => committed(node, index, chain, evidence),
            Event::Crashed { node, .. } => crashed(node, evidence),
            _ => Ok(()),
        }
    }

    fn fork(&self) -> Box<dyn Oracle> {
        Box::new(*self)
    }
}
