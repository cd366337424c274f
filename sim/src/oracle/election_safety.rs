//! O1: election safety over all time.
//!
//! A term has one leader for ever, not only at a time: one node, in one incarnation (Raft paper,
//! section 5.2). And it was elected by votes that lie in some synced prefix of a quorum of disks.

use syncline_raft::{NodeId, RoleKind, Term};
use syncline_traces::{Event, EventSort};

use super::{Breach, Evidence, Oracle, OracleId};

/// Who led each term.
#[derive(Clone, Debug)]
pub(super) struct ElectionSafety {
    incarnations: Vec<u32>,
    leaders: Vec<(Term, NodeId, u32)>,
}

impl ElectionSafety {
    pub(super) fn new(nodes: usize) -> ElectionSafety {
        ElectionSafety { incarnations: vec![1; nodes], leaders: Vec::new() }
    }

    fn elected(&mut self, node: NodeId, term: Term, evidence: Evidence<'_>) -> Result<(), Breach> {
        let incarnation = self.incarnations[node.number() as usize - 1];
        let before = self.leaders.iter().rev().find(|(other, ..)| *other == term);
        if let Some(&(_, other, other_incarnation)) = before
            && (other, other_incarnation) != (node, incarnation)
        {
            let whose = if other == node { "an earlier life of it" } else { "another node" };
            return Breach::by(
                node,
                format!("n{node} became leader of t{term}, which {whose} (n{other}) led before"),
            );
        }
        let members = evidence.facts.members(node);
        let votes = evidence.those(|_, disk| disk.durable().voted(term, node));
        if !members.is_quorum(votes) {
            return Breach::by(
                node,
                format!("n{node} leads t{term} with synced votes of {votes}; of {members}"),
            );
        }
        if before.is_none() {
            self.leaders.push((term, node, incarnation));
        }
        Ok(())
    }
}

impl Oracle for ElectionSafety {
    fn id(&self) -> OracleId {
        OracleId::O1
    }

    fn watches(&self) -> &'static [EventSort] {
        &[EventSort::Became, EventSort::Restarted]
    }

    fn judge(&mut self, event: &Event, evidence: Evidence<'_>) -> Result<(), Breach> {
        match *event {
            Event::Became { node, role: RoleKind::Leader, term, .. } => {
                self.elected(node, term, evidence)
            }
            Event::Restarted { node, incarnation, .. } => {
                self.incarnations[node.number() as usize - 1] = incarnation;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn fork(&self) -> Box<dyn Oracle> {
        Box::new(self.clone())
    }
}
