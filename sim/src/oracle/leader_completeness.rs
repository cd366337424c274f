//! O4: leader completeness.
//!
//! A new leader has everything that leaders of earlier terms have committed (Raft paper, section
//! 5.4). And since a delayed vote may legally elect an older term later, what a leader commits must
//! also be in the log of every leader of a later term that is in office already.

use syncline_raft::{Index, NodeId, RoleKind, Term};
use syncline_traces::{Chain, Event, EventSort};

use super::{Breach, Evidence, Oracle, OracleId};
use crate::host::IssuedLog;

/// It needs no memory but the shared ledger.
#[derive(Clone, Copy, Debug)]
pub(super) struct LeaderCompleteness;

/// Whether a log has this at an index, or begins behind it with the committed log.
fn has(log: &IssuedLog, index: Index, chain: Chain, evidence: Evidence<'_>) -> bool {
    let base = log.base().index;
    if index >= base {
        return log.chain(index) == Some(chain);
    }
    evidence.facts.committed_chain(base).is_some_and(|known| log.chain(base) == Some(known))
}

fn elected(node: NodeId, term: Term, evidence: Evidence<'_>) -> Result<(), Breach> {
    let log = evidence.log(node);
    for commit in evidence.facts.term_commits() {
        if commit.term < term && !has(log, commit.index, commit.chain, evidence) {
            let (index, before) = (commit.index, commit.term);
            return Breach::by(
                node,
                format!("n{node} leads t{term} without i{index}, which t{before} committed"),
            );
        }
    }
    Ok(())
}

fn committed(
    node: NodeId,
    index: Index,
    chain: Chain,
    evidence: Evidence<'_>,
) -> Result<(), Breach> {
    let (role, term) = evidence.facts.office(node);
    if role != RoleKind::Leader {
        return Ok(());
    }
    for (other, later) in evidence.facts.leaders() {
        if later > term && !has(evidence.log(other), index, chain, evidence) {
            return Breach::by(
                other,
                format!(
                    "n{node} committed i{index} in t{term}; n{other} leads t{later} without it"
                ),
            );
        }
    }
    Ok(())
}

impl Oracle for LeaderCompleteness {
    fn id(&self) -> OracleId {
        OracleId::O4
    }

    fn watches(&self) -> &'static [EventSort] {
        &[EventSort::Became, EventSort::Committed]
    }

    fn judge(&mut self, event: &Event, evidence: Evidence<'_>) -> Result<(), Breach> {
        match *event {
            Event::Became { node, role: RoleKind::Leader, term, .. } => {
                elected(node, term, evidence)
            }
            Event::Committed { node, index, chain } => committed(node, index, chain, evidence),
            _ => Ok(()),
        }
    }

    fn fork(&self) -> Box<dyn Oracle> {
        Box::new(*self)
    }
}
