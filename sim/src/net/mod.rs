//! The virtual network.
//!
//! Fault model: a message may be delayed for ever, overtaken, lost or repeated, but never changed.
//! A cut link delivers nothing; what is in flight on it arrives late, after the heal, or is lost.
//! A link holds a bounded number of messages and loses what is sent beyond. Crashes of the sender or
//! the receiver leave messages in flight. The network knows no time: when a message arrives is a
//! choice.

mod shelf;

use std::hash::Hash;

use syncline_raft::{Index, NodeId, Term};
use syncline_traces::{Direction, Link, MessageKey, MessageKind, Mixer, NodeSet};

use shelf::{Shelf, Taken};

/// A message, addressed and named, as its library describes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label {
    /// From whom to whom.
    pub link: Link,
    /// What it is.
    pub kind: MessageKind,
    /// The sender's term.
    pub term: Term,
    /// The index that it is about.
    pub index: Index,
    /// What it carries.
    pub load: Load,
}

/// What a message carries beyond its name: entries after an index, or proposals that are sent on. By this
/// O22 judges what is under way; a library without such limits says that its messages carry nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Load {
    /// The index before the first entry.
    pub after: Index,
    /// How many there are.
    pub entries: u32,
    /// What they weigh, in bytes.
    pub bytes: u32,
}

/// All links of a cluster.
#[derive(Clone, Debug)]
pub struct Net<M> {
    nodes: usize,
    capacity: usize,
    /// The messages on each link; the links by sender and then by receiver.
    shelf: Shelf<M>,
    /// One bit for each link to node 1.
    to_first: u128,
    /// One bit for each link.
    blocked: u128,
    /// One bit for each link on which something is in flight.
    busy: u128,
    in_flight: usize,
    fingerprint: u128,
    /// How often a message arrived before an older one of its link. Never decides anything.
    overtakes: u64,
}

impl<M: Clone + Hash> Net<M> {
    /// A network of nodes 1 to `nodes`, each link with room for `capacity` messages.
    #[must_use]
    pub fn new(nodes: usize, capacity: usize) -> Net<M> {
        assert!(nodes as u64 <= NodeSet::NODES_MAX);
        Net {
            nodes,
            capacity,
            shelf: Shelf::new(nodes * nodes),
            to_first: (0..nodes).map(|from| 1 << (from * nodes)).sum(),
            blocked: 0,
            busy: 0,
            in_flight: 0,
            fingerprint: 0,
            overtakes: 0,
        }
    }

    fn slot(&self, link: Link) -> Option<usize> {
        let (from, to) = (link.from.number() as usize - 1, link.to.number() as usize - 1);
        (from < self.nodes && to < self.nodes).then_some(from * self.nodes + to)
    }

    fn link(&self, slot: usize) -> Link {
        let node = |number: usize| NodeId::new(number as u64 + 1).expect("counted from 1");
        Link { from: node(slot / self.nodes), to: node(slot % self.nodes) }
    }

    /// Puts a message in flight. `None` if its link is full, and the message is lost.
    pub fn send(&mut self, label: Label, message: M) -> (MessageKey, bool) {
        let slot = self.slot(label.link).expect("a node sends only to nodes of its cluster");
        let Label { kind, term, index, .. } = label;
        let mut key = MessageKey { kind, term, index, nth: 0 };
        if let Some(newest) = self.shelf.newest(slot, &key) {
            key.nth = newest.nth + 1;
        }
        if self.shelf.count(slot) >= self.capacity {
            return (key, false);
        }
        let digest = Mixer::digest_of(&((slot as u64) << 32 | u64::from(key.nth), &message)).0;
        self.shelf.add(slot, key, digest, message);
        self.busy |= 1 << slot;
        self.in_flight += 1;
        self.fingerprint = self.fingerprint.wrapping_add(digest);
        (key, true)
    }

    /// A message arrives: takes it out of flight.
    pub fn deliver(&mut self, link: Link, key: MessageKey) -> Option<M> {
        let taken = self.take(link, key)?;
        self.overtakes += u64::from(taken.overtook);
        Some(taken.message)
    }

    /// A message is lost: takes it out of flight.
    pub fn lose(&mut self, link: Link, key: MessageKey) -> Option<M> {
        self.take(link, key).map(|taken| taken.message)
    }

    fn take(&mut self, link: Link, key: MessageKey) -> Option<Taken<M>> {
        let slot = self.slot(link)?;
        let taken = self.shelf.take(slot, &key)?;
        if self.shelf.count(slot) == 0 {
            self.busy &= !(1 << slot);
        }
        self.in_flight -= 1;
        self.fingerprint = self.fingerprint.wrapping_sub(taken.digest);
        Some(taken)
    }

    fn find(&self, link: Link, key: MessageKey) -> Option<&M> {
        self.shelf.find(self.slot(link)?, &key)
    }

    /// Whether such a message is in flight.
    #[must_use]
    pub fn contains(&self, link: Link, key: MessageKey) -> bool {
        self.find(link, key).is_some()
    }

    /// A copy of a message, which stays in flight.
    #[must_use]
    pub fn copy(&self, link: Link, key: MessageKey) -> Option<M> {
        self.find(link, key).cloned()
    }

    /// Every message in flight, by link and age; those on cut links only if asked for.
    pub fn for_each(&self, which: Which, mut see: impl FnMut(Link, MessageKey)) {
        let mut slots = self.slots(which);
        while slots != 0 {
            let slot = slots.trailing_zeros() as usize;
            slots &= slots - 1;
            let link = self.link(slot);
            for key in self.shelf.keys(slot) {
                see(link, key);
            }
        }
    }

    fn slots(&self, which: Which) -> u128 {
        match which {
            Which::InFlight => self.busy,
            Which::Deliverable { down } => self.busy & !self.blocked & !self.slots_to(down),
        }
    }

    fn slots_to(&self, nodes: NodeSet) -> u128 {
        let to = nodes.iter().map(|node| self.to_first << (node.number() - 1));
        to.fold(0, |slots, one| slots | one)
    }

    /// Whether there is such a message.
    #[must_use]
    pub fn has(&self, which: Which) -> bool {
        self.slots(which) != 0
    }

    /// Cuts the links between two sides.
    pub fn cut(&mut self, from: NodeSet, to: NodeSet, direction: Direction) {
        for a in from.iter() {
            for b in to.iter() {
                self.block(Link { from: a, to: b });
                if direction == Direction::Both {
                    self.block(Link { from: b, to: a });
                }
            }
        }
    }

    fn block(&mut self, link: Link) {
        if let Some(slot) = self.slot(link) {
            self.blocked |= 1 << slot;
        }
    }

    /// Lets everything pass again.
    pub fn heal(&mut self) {
        self.blocked = 0;
    }

    /// Whether any link is cut.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.blocked != 0
    }

    /// Whether this link is cut.
    #[must_use]
    pub fn is_blocked(&self, link: Link) -> bool {
        self.slot(link).is_none_or(|slot| self.blocked & (1 << slot) != 0)
    }

    /// The fingerprint, counted from nothing.
    #[cfg(test)]
    pub(crate) fn count_anew(&self) -> u128 {
        self.shelf.digests().fold(0, u128::wrapping_add) ^ self.blocked.rotate_left(64)
    }

    /// How many messages are in flight.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// How often a message arrived before an older one.
    #[must_use]
    pub fn overtakes(&self) -> u64 {
        self.overtakes
    }

    /// The network's part of the world's fingerprint: a sum over what is in flight, so that a
    /// message costs the same to add or take however many there are.
    #[must_use]
    pub fn fingerprint(&self) -> u128 {
        self.fingerprint ^ self.blocked.rotate_left(64)
    }
}

/// Which messages to look at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    /// All that are in flight.
    InFlight,
    /// Those that can arrive now: their link is not cut, and their receiver is not down.
    Deliverable {
        /// The nodes that are down.
        down: NodeSet,
    },
}
