//! The numbers of the protocol, each in a type of its own, so that none can stand for another.

use core::fmt;
use core::num::NonZeroU64;

/// The name of a node. Zero is not a node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct NodeId(NonZeroU64);

impl NodeId {
    /// The node with this number, or `None` for zero.
    #[must_use]
    pub const fn new(number: u64) -> Option<NodeId> {
        match NonZeroU64::new(number) {
            Some(number) => Some(NodeId(number)),
            None => None,
        }
    }

    /// The node's number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0.get()
    }
}

/// An election term. Zero is the time before the first election.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Term(pub u64);

/// A position in the log. The first entry has index 1; zero is the position before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Index(pub u64);

impl Index {
    /// The position before the first entry.
    pub const ZERO: Index = Index(0);
    /// Above every position that a log can reach.
    pub const MAX: Index = Index(u64::MAX);
    /// No log reaches as far as this, so that nothing overflows that counts on from one of its
    /// positions.
    pub(crate) const BOUND: Index = Index(1 << 63);

    /// The position after this one.
    #[must_use]
    pub const fn next(self) -> Index {
        Index(self.0.saturating_add(1))
    }

    /// The position before this one; before zero there is none, so zero stays.
    #[must_use]
    pub const fn prev(self) -> Index {
        Index(self.0.saturating_sub(1))
    }
}

/// The term and the index of an entry: what names it across the cluster.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LogId {
    /// The term in which a leader appended the entry. Compared before the index.
    pub term: Term,
    /// Where the entry lies.
    pub index: Index,
}

/// The number of a read, by which its outcome names it. A node never gives the same one twice, and, if
/// each of its incarnations has a seed of its own, none that an earlier one gave; so no late answer is
/// taken for the answer to another question.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct ReadId(pub u64);

/// The number of a leader's round of heartbeats, counted from 1 in each term (R21). Zero is no round.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Round(pub u64);

/// A failure domain for group commit, such as a rack or a data centre.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct CommitGroup(pub u64);

/// The number of a write, counted from 1 in each incarnation of a node.
///
/// It is what an application acknowledges. A bare index would not do: after an overwrite the same
/// index can be in flight twice (R9).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct WriteSeq(NonZeroU64);

impl WriteSeq {
    /// The write with this number, or `None` for zero.
    #[must_use]
    pub const fn new(number: u64) -> Option<WriteSeq> {
        match NonZeroU64::new(number) {
            Some(number) => Some(WriteSeq(number)),
            None => None,
        }
    }

    /// The write's number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for WriteSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@t{}", self.index, self.term)
    }
}
