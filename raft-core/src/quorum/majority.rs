//! More than half of a set of voters.

use crate::membership::MEMBERS_MAX;

/// What the votes so far decide.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tally {
    Won,
    Lost,
    Open,
}

/// How many of `voters` are a majority.
pub(super) fn size(voters: usize) -> usize {
    voters / 2 + 1
}

/// Up to so many values there is room that costs next to nothing to clear.
const FEW: usize = 8;

/// The highest that a majority has reached.
pub(super) fn reached<T: Ord + Copy>(values: impl ExactSizeIterator<Item = T>) -> Option<T> {
    match values.len() {
        0..=FEW => middle::<FEW, T>(values),
        _ => middle::<MEMBERS_MAX, T>(values),
    }
}

/// The highest that a majority has reached, worked out on the stack, where there is `ROOM` for all.
fn middle<const ROOM: usize, T: Ord + Copy>(
    mut values: impl ExactSizeIterator<Item = T>,
) -> Option<T> {
    let count = values.len();
    assert!(count <= ROOM, "a membership holds no more than may be");
    let mut room = [values.next()?; ROOM];
    for (place, value) in room[1..].iter_mut().zip(values) {
        *place = value;
    }
    let sorted = &mut room[..count];
    sorted.sort_unstable();
    Some(sorted[count - size(count)])
}

/// What `granted` and `refused` votes out of `voters` decide.
pub(super) fn tally(voters: usize, granted: usize, refused: usize) -> Tally {
    assert!(granted + refused <= voters);
    if granted >= size(voters) {
        Tally::Won
    } else if voters - refused < size(voters) {
        Tally::Lost
    } else {
        Tally::Open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_majority_is_more_than_half() {
        for voters in 1..=9 {
            assert!(2 * size(voters) > voters);
            assert!(2 * (size(voters) - 1) <= voters);
        }
    }

    #[test]
    fn reached_is_what_a_majority_has() {
        let check = |matched: &[u64], expected| {
            assert_eq!(reached(matched.iter().copied()), Some(expected));
        };
        check(&[7], 7);
        check(&[7, 3], 3);
        check(&[7, 3, 5], 5);
        check(&[7, 3, 5, 0], 3);
        check(&[9, 9, 9, 1, 1], 9);
        check(&[9, 9, 2, 1, 1], 2);
        check(&[5, 6, 7, 8, 9, 1, 2, 3, 4, 10], 5);
        check(&[5, 6, 7, 8, 9, 1, 2, 3], 5);
        let most: std::vec::Vec<u64> = (1..=MEMBERS_MAX as u64).map(|n| n * 101 % 257).collect();
        check(&most, 128);
        check(&most[1..], 129);
        assert_eq!(reached([0_u64; 0].into_iter()), None);
    }

    #[test]
    fn a_tally_is_open_while_both_ends_are_possible() {
        assert_eq!(tally(3, 1, 1), Tally::Open);
        assert_eq!(tally(3, 2, 0), Tally::Won);
        assert_eq!(tally(3, 1, 2), Tally::Lost);
        assert_eq!(tally(4, 2, 1), Tally::Open);
        assert_eq!(tally(4, 2, 2), Tally::Lost);
        assert_eq!(tally(1, 1, 0), Tally::Won);
    }
}
