//! A majority of each half of a membership (Raft paper, section 6).

use super::majority::{self, Tally};
use crate::membership::Membership;
use crate::types::{CommitGroup, NodeId};

/// The highest that a quorum has reached; `None` if nobody votes.
pub(crate) fn reached<T: Ord + Copy>(
    membership: &Membership,
    of: impl Fn(NodeId) -> T + Copy,
) -> Option<T> {
    let half = |voters: &[NodeId]| majority::reached(voters.iter().map(|voter| of(*voter)));
    let incoming = half(&membership.voters)?;
    Some(half(&membership.outgoing).map_or(incoming, |outgoing| outgoing.min(incoming)))
}

/// Whether those of whom something is so are a quorum.
pub(crate) fn has_quorum(membership: &Membership, is_so: impl Fn(NodeId) -> bool + Copy) -> bool {
    reached(membership, is_so) == Some(true)
}

/// What the votes so far decide: who has answered, each once, and whether it granted.
pub(crate) fn tally(membership: &Membership, votes: &[(NodeId, bool)]) -> Tally {
    let half = |voters: &[NodeId]| {
        let counted = || votes.iter().filter(|(voter, _)| voters.binary_search(voter).is_ok());
        let granted = counted().filter(|(_, is_granted)| *is_granted).count();
        majority::tally(voters.len(), granted, counted().count() - granted)
    };
    let incoming = half(&membership.voters);
    if !membership.is_joint() {
        return incoming;
    }
    match (incoming, half(&membership.outgoing)) {
        (Tally::Lost, _) | (_, Tally::Lost) => Tally::Lost,
        (Tally::Won, Tally::Won) => Tally::Won,
        _ => Tally::Open,
    }
}

/// The highest that voters of two failure domains have reached; `None` if all voters lie in fewer: then
/// the quorum alone decides. A voter of no group belongs to no domain.
pub(crate) fn reached_by_two_groups<T: Ord + Copy>(
    membership: &Membership,
    group: impl Fn(NodeId) -> Option<CommitGroup>,
    of: impl Fn(NodeId) -> T,
) -> Option<T> {
    let mut ahead: Option<(T, CommitGroup)> = None;
    // The highest of any other domain than that of the one ahead.
    let mut other: Option<T> = None;
    for voter in membership.voters.iter().chain(&membership.outgoing).copied() {
        let Some(own) = group(voter) else { continue };
        let value = of(voter);
        match ahead {
            None => ahead = Some((value, own)),
            Some((highest, leading)) if leading == own => {
                ahead = Some((highest.max(value), own));
            }
            Some((highest, _)) if highest < value => {
                (ahead, other) = (Some((value, own)), Some(highest));
            }
            Some(_) => other = other.max(Some(value)),
        }
    }
    other
}

#[cfg(test)]
mod tests;
