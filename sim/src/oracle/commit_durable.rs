//! O6: what is committed is synced on a quorum.
//!
//! When a node is the first to report a commit, a quorum of its active membership hold the log up to it
//! in every image that a crash may leave of their disks now. And after every crash the nodes that do not
//! hold the committed log are too few to elect a leader without it.

use syncline_raft::{Index, NodeId};
use syncline_traces::{Chain, Event, EventSort, NodeSet};

use super::{Breach, Evidence, Oracle, OracleId};

/// It needs no memory but the shared ledger.
#[derive(Clone, Copy, Debug)]
pub(super) struct CommitDurable;

fn committed(
    node: NodeId,
    index: Index,
    chain: Chain,
    evidence: Evidence<'_>,
) -> Result<(), Breach> {
    if evidence.facts.committed_chain(index).is_some_and(|known| known != chain) {
        return Breach::by(node, format!("n{node} committed another entry at i{index}"));
    }
    if index <= evidence.facts.committed() {
        // Judged when it was first reported. Whoever hears of it later may know of another membership.
        return Ok(());
    }
    let members = evidence.facts.members(node);
    let copies = evidence.those(|other, _| evidence.holds(other, index, chain));
    if !members.is_quorum(copies) {
        let who = who(copies);
        return Breach::by(
            node,
            format!("n{node} committed i{index}; synced on {who} of {members}"),
        );
    }
    Ok(())
}

/// Those who lost it are too few to elect a leader among the members that are known by now.
fn crashed(node: NodeId, evidence: Evidence<'_>) -> Result<(), Breach> {
    let index = evidence.facts.committed();
    let Some(chain) = evidence.facts.committed_chain(index) else {
        return Ok(());
    };
    let (_, members) = evidence.facts.newest_members();
    let without = evidence.those(|other, _| !evidence.holds(other, index, chain));
    if members.is_quorum(without) {
        let who = who(without);
        return Breach::by(
            node,
            format!(
                "after the crash of n{node}, {who} can elect a leader without committed i{index}"
            ),
        );
    }
    Ok(())
}

fn who(nodes: NodeSet) -> String {
    let names: Vec<String> = nodes.iter().map(|node| format!("n{node}")).collect();
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
