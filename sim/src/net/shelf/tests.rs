//! The shelf against the plainest thing that does the same: a vector for each link.

use syncline_raft::{Index, Term};
use syncline_traces::{MessageKey, MessageKind, Seed};

use super::Shelf;
use crate::seed::Stream;

const LANES: usize = 4;

fn key(index: u32, nth: u32) -> MessageKey {
    let index = Index(u64::from(index));
    MessageKey { kind: MessageKind::Append, term: Term(1), index, nth }
}

#[test]
fn it_does_what_a_vector_for_each_link_would_do() {
    let mut stream = Stream::of(Seed(6), "shelf");
    let mut shelf: Shelf<u32> = Shelf::new(LANES);
    let mut plain: Vec<Vec<(MessageKey, u32)>> = vec![Vec::new(); LANES];
    for number in 0..20_000 {
        let lane = stream.below(LANES as u32) as usize;
        if stream.chance(520) {
            let index = stream.below(20);
            let alike = |entry: &&(MessageKey, u32)| entry.0.index == key(index, 0).index;
            let newest = plain[lane].iter().rev().find(alike).map(|(key, _)| *key);
            assert_eq!(shelf.newest(lane, &key(index, 0)), newest);
            let name = key(index, newest.map_or(0, |newest| newest.nth + 1));
            shelf.add(lane, name, u128::from(number), number);
            plain[lane].push((name, number));
        } else if !plain[lane].is_empty() {
            let position = stream.below(plain[lane].len() as u32) as usize;
            let (name, message) = plain[lane].remove(position);
            assert_eq!(shelf.find(lane, &name), Some(&message));
            let taken = shelf.take(lane, &name).expect("it is there");
            assert_eq!((taken.message, taken.overtook), (message, position > 0));
            assert!(shelf.find(lane, &name).is_none());
            assert!(shelf.take(lane, &name).is_none());
        }
        assert_eq!(shelf.count(lane), plain[lane].len());
        assert!(shelf.keys(lane).eq(plain[lane].iter().map(|(key, _)| *key)));
    }
    assert!(plain.iter().map(Vec::len).sum::<usize>() > 20, "the lists grow long enough");
}
