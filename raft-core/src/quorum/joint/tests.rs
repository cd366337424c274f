//! The arithmetic of two halves against counting by hand, for every small membership.

use std::vec::Vec;

use super::*;

const NODES: u32 = 5;

fn id(number: u32) -> NodeId {
    NodeId::new(u64::from(number) + 1).expect("not zero")
}

fn place(node: NodeId) -> u32 {
    u32::try_from(node.number() - 1).expect("a small number")
}

/// The nodes whose bits are set.
fn set(bits: u32) -> Vec<NodeId> {
    (0..NODES).filter(|number| bits & (1 << number) != 0).map(id).collect()
}

/// Every membership of these nodes with an incoming half.
fn memberships() -> impl Iterator<Item = Membership> {
    let all = 0..1_u32 << NODES;
    let pairs = all.clone().skip(1).flat_map(move |voters| {
        let all = all.clone();
        all.map(move |outgoing| (voters, outgoing))
    });
    pairs.map(|(voters, outgoing)| Membership {
        voters: set(voters),
        outgoing: set(outgoing),
        ..Membership::default()
    })
}

/// Whether these nodes are more than half of each half that there is.
fn is_quorum(membership: &Membership, has: impl Fn(NodeId) -> bool) -> bool {
    let halves = [&membership.voters, &membership.outgoing];
    halves.into_iter().filter(|half| !half.is_empty()).all(|half| {
        let count = half.iter().filter(|node| has(**node)).count();
        2 * count > half.len()
    })
}

#[test]
fn a_quorum_is_more_than_half_of_each_half() {
    for membership in memberships() {
        for bits in 0..1_u32 << NODES {
            let has = |node| bits & (1 << place(node)) != 0;
            assert_eq!(has_quorum(&membership, has), is_quorum(&membership, has));
        }
    }
    assert!(!has_quorum(&Membership::default(), |_| true), "nobody is no quorum");
}

/// R5: the highest value that a quorum of each half has.
#[test]
fn reached_is_the_highest_that_a_quorum_has() {
    let mut random = crate::jitter::Jitter::new(11);
    for membership in memberships() {
        let values: Vec<u32> = (0..NODES).map(|_| random.below(4)).collect();
        let of = |node| values[place(node) as usize];
        let by_hand = (0..4).rfind(|value| is_quorum(&membership, |node| of(node) >= *value));
        assert_eq!(reached(&membership, of), by_hand, "{membership:?} {values:?}");
    }
    assert_eq!(reached(&Membership::default(), |_| 7), None);
}

/// Won when those who granted are a quorum; lost when those who have not refused are none any more.
#[test]
fn a_tally_is_what_the_votes_can_still_decide() {
    for membership in memberships() {
        for granted in 0..1_u32 << NODES {
            for refused in [0, !granted, !granted & 0b10101, !granted & 0b01010] {
                let has = |bits: u32, node| bits & (1 << place(node)) != 0;
                let vote = |node| match (has(granted, node), has(refused, node)) {
                    (true, _) => Some((node, true)),
                    (false, true) => Some((node, false)),
                    _ => None,
                };
                let votes: Vec<(NodeId, bool)> =
                    (0..NODES).rev().map(id).filter_map(vote).collect();
                let expected = if is_quorum(&membership, |node| has(granted, node)) {
                    Tally::Won
                } else if is_quorum(&membership, |node| !has(refused, node)) {
                    Tally::Open
                } else {
                    Tally::Lost
                };
                assert_eq!(tally(&membership, &votes), expected, "{membership:?}");
            }
        }
    }
}

/// Group commit: the highest that is held in two domains, unless all voters lie in fewer.
#[test]
fn two_domains_are_spanned_where_there_are_two() {
    let mut random = crate::jitter::Jitter::new(5);
    for membership in memberships().flat_map(|membership| [membership.clone(), membership]) {
        let mut draw = || -> Vec<u32> { (0..NODES).map(|_| random.below(4)).collect() };
        let (groups, values) = (draw(), draw());
        let group = |node| match groups[place(node) as usize] {
            0 => None,
            number => Some(CommitGroup(u64::from(number))),
        };
        let of = |node| values[place(node) as usize];
        let is_spanned = |value: &u32| {
            let voters = membership.voters.iter().chain(&membership.outgoing);
            let holders = voters.copied().filter(|node| of(*node) >= *value);
            let mut found: Vec<CommitGroup> = holders.filter_map(group).collect();
            found.sort_unstable();
            found.dedup();
            found.len() >= 2
        };
        let expected = (0..4).rfind(is_spanned);
        let found = reached_by_two_groups(&membership, group, of);
        assert_eq!(found, expected, "{membership:?} {groups:?} {values:?}");
    }
}
