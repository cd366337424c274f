//! The commands of a group that somebody waits for.

use std::collections::VecDeque;

/// A command that somebody waits for.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    client: u32,
    arrived: u64,
}

/// The commands that a leader was given and has not been seen to apply, in the order of their indices.
#[derive(Clone, Debug)]
pub(super) struct Awaited {
    waiting: VecDeque<Waiting>,
    /// The index of the first.
    first: u64,
    /// Up to where clients could have heard of the commit.
    committed: u64,
}

impl Awaited {
    /// Nobody waits, and everything up to an index is committed.
    pub(super) fn after(committed: u64) -> Awaited {
        Awaited { waiting: VecDeque::new(), first: committed + 1, committed }
    }

    /// A command of a client has been given to the leader.
    pub(super) fn expect(&mut self, client: u32, arrived: u64) {
        self.waiting.push_back(Waiting { client, arrived });
    }

    /// The leader may tell that everything up to an index is committed: when those commands arrived of
    /// which it could not before.
    pub(super) fn committed(&mut self, upto: u64) -> impl Iterator<Item = u64> {
        let place =
            |index: u64| (index.saturating_sub(self.first) as usize).min(self.waiting.len());
        let (from, to) = (place(self.committed + 1), place(upto + 1));
        self.committed = self.committed.max(upto);
        self.waiting.range(from..to.max(from)).map(|waiting| waiting.arrived)
    }

    /// The leader has applied everything up to an index: whose commands those were of which nobody had
    /// known, and when they had arrived.
    pub(super) fn applied(&mut self, upto: u64) -> impl Iterator<Item = (u32, u64)> {
        let count = ((upto + 1).saturating_sub(self.first) as usize).min(self.waiting.len());
        self.first += count as u64;
        self.waiting.drain(..count).map(|waiting| (waiting.client, waiting.arrived))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_committed_once_and_applied_once() {
        let mut awaited = Awaited::after(5);
        (0..4).for_each(|client| awaited.expect(client, u64::from(client) * 10));
        let committed = |awaited: &mut Awaited, upto| awaited.committed(upto).collect::<Vec<_>>();
        assert_eq!(committed(&mut awaited, 7), [0, 10]);
        assert!(committed(&mut awaited, 7).is_empty());
        assert_eq!(awaited.applied(6).collect::<Vec<_>>(), [(0, 0)]);
        assert_eq!(committed(&mut awaited, 8), [20]);
        assert_eq!(awaited.applied(8).collect::<Vec<_>>(), [(1, 10), (2, 20)]);
        assert_eq!(committed(&mut awaited, 99), [30]);
        assert_eq!(awaited.applied(99).collect::<Vec<_>>(), [(3, 30)]);
        assert_eq!(awaited.applied(99).count(), 0);
    }
}
