//! Names of things in a simulated world: a write on a disk, a set of nodes, a message on a link.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use syncline_raft::{Index, NodeId, Term};

/// The number of a write on one disk, counted from 1 over all incarnations of its node.
///
/// No two writes that reach the disk have the same number, so that `w5` names one of them even
/// after a crash took it away. A write that was issued and never written leaves its number to the
/// next incarnation.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct WriteNo(pub u64);

impl fmt::Display for WriteNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "w{}", self.0)
    }
}

/// The number of a client's command, which is also its value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Command(pub u64);

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

/// The number of a client's read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReadNo(pub u64);

impl fmt::Display for ReadNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r{}", self.0)
    }
}

/// How something ended that a host was asked to do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It is done.
    Done,
    /// It could not be.
    Failed,
}

impl Answer {
    /// Both.
    pub const ALL: [Answer; 2] = [Answer::Done, Answer::Failed];

    /// Its word in traces and scripts.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Answer::Done => "done",
            Answer::Failed => "failed",
        }
    }
}

/// What a message is, whatever library sent it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageKind {
    /// A request for a vote.
    Vote,
    /// A vote.
    Grant,
    /// A refused vote.
    Refuse,
    /// A question whether the receiver would vote.
    PreVote,
    /// It would.
    PreGrant,
    /// It would not.
    PreRefuse,
    /// Entries, or a probe.
    Append,
    /// An acknowledgement of entries.
    Ack,
    /// A refusal of entries.
    Reject,
    /// A heartbeat.
    Heartbeat,
    /// Its answer.
    Pulse,
    /// News of a commit.
    Commit,
    /// A snapshot.
    Snapshot,
    /// A request for a snapshot.
    Want,
    /// A request to campaign at once.
    TimeoutNow,
    /// Proposals sent on.
    Propose,
    /// A read sent on.
    Read,
    /// Its answer.
    ReadAnswer,
}

impl MessageKind {
    /// All kinds, in order.
    pub const ALL: [MessageKind; 18] = [
        MessageKind::Vote,
        MessageKind::Grant,
        MessageKind::Refuse,
        MessageKind::PreVote,
        MessageKind::PreGrant,
        MessageKind::PreRefuse,
        MessageKind::Append,
        MessageKind::Ack,
        MessageKind::Reject,
        MessageKind::Heartbeat,
        MessageKind::Pulse,
        MessageKind::Commit,
        MessageKind::Snapshot,
        MessageKind::Want,
        MessageKind::TimeoutNow,
        MessageKind::Propose,
        MessageKind::Read,
        MessageKind::ReadAnswer,
    ];

    /// Its word in traces and scripts.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            MessageKind::Vote => "vote",
            MessageKind::Grant => "grant",
            MessageKind::Refuse => "refuse",
            MessageKind::Append => "append",
            MessageKind::Ack => "ack",
            MessageKind::Reject => "reject",
            MessageKind::Heartbeat => "heartbeat",
            MessageKind::Pulse => "pulse",
            MessageKind::PreVote => "pre-vote",
            MessageKind::PreGrant => "pre-grant",
            MessageKind::PreRefuse => "pre-refuse",
            MessageKind::Commit => "commit",
            MessageKind::Snapshot => "snapshot",
            MessageKind::Want => "want",
            MessageKind::TimeoutNow => "timeout-now",
            MessageKind::Propose => "propose",
            MessageKind::Read => "read",
            MessageKind::ReadAnswer => "read-answer",
        }
    }
}

/// What names a message among those in flight on one link.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct MessageKey {
    /// What it is.
    pub kind: MessageKind,
    /// The sender's term.
    pub term: Term,
    /// The index that it is about: the last one carried, acknowledged or advertised.
    pub index: Index,
    /// Its ordinal among messages in flight that are equal in all this.
    pub nth: u32,
}

/// Three words, since every event of a message is hashed with its key.
impl Hash for MessageKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64((self.kind as u64) << 32 | u64::from(self.nth));
        state.write_u64(self.term.0);
        state.write_u64(self.index.0);
    }
}

impl fmt::Display for MessageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} t{} i{} #{}", self.kind.word(), self.term, self.index, self.nth)
    }
}

/// From whom to whom.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Link {
    /// The sender.
    pub from: NodeId,
    /// The receiver.
    pub to: NodeId,
}

/// One word: no cluster has nodes beyond number 2^32.
impl Hash for Link {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.from.number() << 32 | self.to.number());
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}->{}", self.from, self.to)
    }
}

/// A set of nodes with numbers from 1 to [`NodeSet::NODES_MAX`]. Written as `1,3`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct NodeSet(u16);

impl NodeSet {
    /// The largest number of a node in a simulated cluster.
    pub const NODES_MAX: u64 = 9;

    /// The nodes with numbers from 1 to `count`.
    #[must_use]
    pub fn first(count: u64) -> NodeSet {
        assert!(count <= NodeSet::NODES_MAX);
        NodeSet((1 << count) - 1)
    }

    /// The nodes whose bit is set, node 1 in the lowest.
    #[must_use]
    pub const fn from_bits(bits: u16) -> NodeSet {
        NodeSet(bits)
    }

    /// This set and one node more.
    #[must_use]
    pub fn with(self, node: NodeId) -> NodeSet {
        assert!(node.number() <= NodeSet::NODES_MAX);
        NodeSet(self.0 | 1 << (node.number() - 1))
    }

    /// The nodes of this set that are not in the other.
    #[must_use]
    pub const fn without(self, other: NodeSet) -> NodeSet {
        NodeSet(self.0 & !other.0)
    }

    /// Whether the node is in the set.
    #[must_use]
    pub fn contains(self, node: NodeId) -> bool {
        node.number() <= NodeSet::NODES_MAX && self.0 & (1 << (node.number() - 1)) != 0
    }

    /// The nodes of either set.
    #[must_use]
    pub const fn union(self, other: NodeSet) -> NodeSet {
        NodeSet(self.0 | other.0)
    }

    /// The nodes of both sets.
    #[must_use]
    pub const fn common(self, other: NodeSet) -> NodeSet {
        NodeSet(self.0 & other.0)
    }

    /// How many nodes are in the set.
    #[must_use]
    pub const fn count(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether nobody is.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its nodes, in order.
    pub fn iter(self) -> impl Iterator<Item = NodeId> {
        let mut bits = self.0 & NodeSet::first(NodeSet::NODES_MAX).0;
        std::iter::from_fn(move || {
            let node = NodeId::new(u64::from(bits.trailing_zeros()) + 1);
            if bits == 0 {
                return None;
            }
            bits &= bits - 1;
            node
        })
    }
}

impl fmt::Display for NodeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, node) in self.iter().enumerate() {
            if position > 0 {
                f.write_str(",")?;
            }
            write!(f, "{node}")?;
        }
        Ok(())
    }
}

/// A text is not a set of nodes in its one spelling.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotNodes;

impl fmt::Display for NotNodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected nodes such as 1,3 in ascending order")
    }
}

impl std::error::Error for NotNodes {}

impl FromStr for NodeSet {
    type Err = NotNodes;

    fn from_str(text: &str) -> Result<NodeSet, NotNodes> {
        let mut set = NodeSet::default();
        for word in text.split(',') {
            let node = word.parse().ok().and_then(NodeId::new).ok_or(NotNodes)?;
            if node.number() > NodeSet::NODES_MAX {
                return Err(NotNodes);
            }
            set = set.with(node);
        }
        if set.to_string() == text { Ok(set) } else { Err(NotNodes) }
    }
}

impl Serialize for NodeSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for NodeSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<NodeSet, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What a machine crash leaves of the writes that were not synced.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// The first so many.
    Prefix(u32),
    /// Those whose bit is set, the oldest in the lowest. The disk reordered them.
    Subset(u64),
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Keep::Prefix(count) => write!(f, "prefix:{count}"),
            Keep::Subset(mask) => write!(f, "subset:{mask:b}"),
        }
    }
}

/// Which way a cut goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Nothing passes either way.
    Both,
    /// Nothing passes from the first side to the second.
    OneWay,
}
