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

/// What the votes so far decide: `vote` tells whether a voter granted or refused, if it answered.
pub(crate) fn tally(
    membership: &Membership,
    vote: impl Fn(NodeId) -> Option<bool> + Copy,
) -> Tally {
    let half = |voters: &[NodeId]| {
        let count = |expected| voters.iter().filter(|voter| vote(**voter) == expected).count();
        majority::tally(voters.len(), count(Some(true)), count(Some(false)))
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

/// Whether those voters who hold something lie in two failure domains, or all voters lie in fewer:
/// then the quorum alone decides. A voter of no group belongs to no domain.
pub(crate) fn spans_groups(
    membership: &Membership,
    group: impl Fn(NodeId) -> Option<CommitGroup> + Copy,
    holds: impl Fn(NodeId) -> bool + Copy,
) -> bool {
    let voters = || membership.voters.iter().chain(&membership.outgoing).copied();
    let several = |mut groups: &mut dyn Iterator<Item = CommitGroup>| {
        let first = groups.next();
        first.is_some_and(|first| (&mut groups).any(|other| other != first))
    };
    !several(&mut voters().filter_map(group))
        || several(&mut voters().filter(|voter| holds(*voter)).filter_map(group))
}

#[cfg(test)]
mod tests;
