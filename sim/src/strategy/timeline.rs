//! What falls due, and when: a queue in the order of virtual time.
//!
//! What falls due at the same time comes out in the order in which it was put in, so that the order
//! never depends on how the queue is built. Only times are moved about in it; the things themselves
//! stay where they are until they fall due.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::clock::VirtualTime;

/// When, then the number of the call that put it in, then where it lies: one number, so that two
/// of them are compared at once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Due(u128);

impl Due {
    const PLACE_BITS: u32 = 24;
    const NUMBER_BITS: u32 = 40;

    fn new(at: VirtualTime, number: u64, place: u32) -> Due {
        assert!(number < 1 << Due::NUMBER_BITS);
        assert!(place < 1 << Due::PLACE_BITS);
        Due(u128::from(at.0) << 64 | u128::from(number << Due::PLACE_BITS | u64::from(place)))
    }

    fn at(self) -> VirtualTime {
        VirtualTime((self.0 >> 64) as u64)
    }

    fn place(self) -> usize {
        self.0 as usize & ((1 << Due::PLACE_BITS) - 1)
    }
}

/// A queue of things that fall due, and the time up to which it has been emptied.
#[derive(Clone, Debug)]
pub struct Timeline<T> {
    now: VirtualTime,
    pushed: u64,
    due: BinaryHeap<Reverse<Due>>,
    /// Whether the first in the heap has fallen due already. It gives its place to the next one put
    /// in, so that a thing that leads to another costs one way through the heap instead of two.
    first_is_spent: bool,
    things: Vec<T>,
    /// The places in `things` whose content has fallen due.
    free: Vec<u32>,
}

impl<T> Default for Timeline<T> {
    fn default() -> Timeline<T> {
        Timeline {
            now: VirtualTime::default(),
            pushed: 0,
            due: BinaryHeap::new(),
            first_is_spent: false,
            things: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<T: Copy> Timeline<T> {
    /// What time it is: when the last thing fell due that was taken out, or later.
    #[must_use]
    pub fn now(&self) -> VirtualTime {
        self.now
    }

    /// Lets a thing fall due so many virtual microseconds from now.
    pub fn push(&mut self, after: u32, thing: T) {
        let place = match self.free.pop() {
            Some(place) => {
                self.things[place as usize] = thing;
                place
            }
            None => {
                self.things.push(thing);
                self.things.len() as u32 - 1
            }
        };
        self.pushed += 1;
        let at = VirtualTime(self.now.0 + u64::from(after));
        let due = Reverse(Due::new(at, self.pushed, place));
        if !std::mem::take(&mut self.first_is_spent) {
            self.due.push(due);
        } else if let Some(mut first) = self.due.peek_mut() {
            *first = due;
        }
    }

    /// When the next thing falls due.
    pub fn next_due(&mut self) -> Option<VirtualTime> {
        if std::mem::take(&mut self.first_is_spent) {
            self.due.pop();
        }
        self.due.peek().map(|Reverse(due)| due.at())
    }

    /// Time has gone on to here, whatever may have fallen due by now.
    pub fn pass(&mut self, now: VirtualTime) {
        self.now = self.now.max(now);
    }

    /// The next thing that falls due; the time jumps there, unless it has passed by.
    pub fn pop(&mut self) -> Option<T> {
        self.next_due()?;
        let Reverse(due) = self.due.peek().copied()?;
        self.first_is_spent = true;
        self.pass(due.at());
        self.free.push(due.place() as u32);
        Some(self.things[due.place()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_first_comes_first_and_ties_keep_their_order() {
        let mut timeline = Timeline::default();
        for (after, thing) in [(30, 'c'), (10, 'a'), (30, 'd'), (20, 'b')] {
            timeline.push(after, thing);
        }
        let mut order = Vec::new();
        while let Some(thing) = timeline.pop() {
            order.push((timeline.now().0, thing));
            if thing == 'b' {
                timeline.push(10, 'e');
            }
        }
        assert_eq!(order, [(10, 'a'), (20, 'b'), (30, 'c'), (30, 'd'), (30, 'e')]);
    }

    #[test]
    fn time_may_pass_by_what_is_due_and_never_goes_back() {
        let mut timeline = Timeline::default();
        timeline.push(10, 'a');
        timeline.push(30, 'b');
        timeline.pass(VirtualTime(20));
        assert_eq!((timeline.pop(), timeline.now().0), (Some('a'), 20));
        assert_eq!(timeline.next_due(), Some(VirtualTime(30)));
        timeline.push(5, 'c');
        timeline.pass(VirtualTime(0));
        assert_eq!((timeline.pop(), timeline.now().0), (Some('c'), 25));
    }
}
