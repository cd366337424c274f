//! O12: the membership is the fold of the applied changes.
//!
//! Which membership is active follows from the index up to which a node has applied, on every node
//! alike, whether it has applied the changes one by one, or was given them in a snapshot or by its own
//! checkpoint (R18). Every change that is applied applies to the membership before it; the quorums of
//! consecutive memberships intersect; and a leader appends no change while another lies between what it
//! has applied and the end of its log. The fold is our own, over the entries that were appended.

use syncline_raft::{Index, NodeId, RoleKind};
use syncline_traces::{EntryKind, Event, EventSort, Members, NodeSet};

use super::{Breach, Evidence, Oracle, OracleId};
use crate::plan::Plan;

/// What is known of one node.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// Its membership before it has applied anything.
    began_with: Members,
    applied: Index,
    /// The change that it has accepted in its office and not appended yet, and what it had applied
    /// then.
    accepted: Option<(Index, Index)>,
}

/// What each node has applied, and which memberships were compared.
#[derive(Clone, Debug)]
pub(super) struct Configuration {
    nodes: Vec<Known>,
    /// How many of the applied changes were looked at.
    seen: usize,
    /// Pairs of memberships whose quorums intersect.
    intersect: Vec<(Members, Members)>,
}

impl Configuration {
    pub(super) fn new(plan: &Plan) -> Configuration {
        let nodes = NodeSet::first(u64::from(plan.nodes)).iter();
        let known =
            |node| Known { began_with: plan.known_by(node), applied: Index::ZERO, accepted: None };
        Configuration { nodes: nodes.map(known).collect(), seen: 0, intersect: Vec::new() }
    }

    fn known(&mut self, node: NodeId) -> &mut Known {
        &mut self.nodes[node.number() as usize - 1]
    }

    /// Compares a node's membership with what it has applied.
    fn compare(
        &mut self,
        node: NodeId,
        active: Members,
        evidence: Evidence<'_>,
    ) -> Result<(), Breach> {
        let Known { began_with, applied, .. } = *self.known(node);
        let fold = match applied {
            Index::ZERO => began_with,
            _ => evidence.facts.members_at(applied),
        };
        if active != fold {
            let found = format!(
                "n{node} has applied i{applied} and goes by {active}; the changes up to there make \
                 {fold}"
            );
            return Breach::by(node, found);
        }
        Ok(())
    }

    /// Looks at the changes that have been applied for the first time since.
    fn look_back(&mut self, node: NodeId, evidence: Evidence<'_>) -> Result<(), Breach> {
        while let Some(now) = evidence.facts.reformed().get(self.seen) {
            self.seen += 1;
            let before = evidence.facts.members_at(now.index.prev());
            if !now.applies {
                let found = format!("the change at i{} does not apply to {before}", now.index);
                return Breach::by(node, found);
            }
            let pair = (before, now.members);
            if !self.intersect.contains(&pair) {
                if !quorums_intersect(&before, &now.members) {
                    let found = format!("{before} was followed by {}, at i{}", pair.1, now.index);
                    return Breach::by(node, found);
                }
                self.intersect.push(pair);
            }
        }
        Ok(())
    }

    /// A leader has appended a change.
    fn appended(
        &mut self,
        node: NodeId,
        index: Index,
        evidence: Evidence<'_>,
    ) -> Result<(), Breach> {
        let known = self.known(node);
        let accepted = known.accepted.filter(|(accepted, _)| *accepted == index);
        let applied = accepted.map_or(known.applied, |(_, applied)| applied);
        let changes = evidence.log(node).changes();
        let before = changes.iter().rev().find(|(other, _)| *other < index);
        match before {
            Some((before, _)) if *before > applied => Breach::by(
                node,
                format!(
                    "n{node} appended a change at i{index}, with i{applied} applied and one at i{before}"
                ),
            ),
            _ => Ok(()),
        }
    }
}

/// Whether every quorum of one membership has a node in common with every quorum of another.
fn quorums_intersect(one: &Members, other: &Members) -> bool {
    let all = one.all().union(other.all());
    let mut sides = (0..1_u16 << NodeSet::NODES_MAX).map(NodeSet::from_bits);
    !sides.any(|side| one.is_quorum(side) && other.is_quorum(all.without(side)))
}

impl Oracle for Configuration {
    fn id(&self) -> OracleId {
        OracleId::O12
    }

    fn watches(&self) -> &'static [EventSort] {
        &[
            EventSort::Appended,
            EventSort::Applied,
            EventSort::Installed,
            EventSort::ChangeProposed,
            EventSort::Reconfigured,
            EventSort::Became,
            EventSort::Committed,
            EventSort::Issued,
            EventSort::Restarted,
        ]
    }

    fn judge(&mut self, event: &Event, evidence: Evidence<'_>) -> Result<(), Breach> {
        match *event {
            Event::Applied { node, entry: last, .. } | Event::Installed { node, last, .. } => {
                self.known(node).applied = last.index;
                Ok(())
            }
            Event::Restarted { node, .. } => {
                self.known(node).applied = evidence.disk(node).durable().image().applied();
                Ok(())
            }
            Event::ChangeProposed { node, index: Some(index), .. } => {
                let known = self.known(node);
                known.accepted = Some((index, known.applied));
                Ok(())
            }
            Event::Appended { node, entry, kind: EntryKind::Change, .. } => {
                match evidence.facts.office(node) == (RoleKind::Leader, entry.term) {
                    true => self.appended(node, entry.index, evidence),
                    false => Ok(()),
                }
            }
            Event::Reconfigured { node, members, .. } => {
                self.compare(node, members, evidence)?;
                self.look_back(node, evidence)
            }
            // Whoever acts, acts by the membership that is active.
            Event::Became { node, .. } => {
                // The same index may be that of another change, which a later leader is sent.
                self.known(node).accepted = None;
                self.compare(node, evidence.facts.members(node), evidence)
            }
            Event::Committed { node, .. } | Event::Issued { node, .. } => {
                self.compare(node, evidence.facts.members(node), evidence)
            }
            _ => Ok(()),
        }
    }

    fn fork(&self) -> Box<dyn Oracle> {
        Box::new(self.clone())
    }
}
