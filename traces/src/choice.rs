//! The freedoms of a simulated world. A run is a list of these, and nothing else.
//!
//! A choice names its object by meaning, never by a position in a list or by a random draw, so that
//! a recorded run can be read, edited, shortened and played again.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use syncline_raft::{Index, NodeId};

use crate::device::{Damage, IoFault, OpNo};
use crate::members::Reform;
use crate::name::{Answer, Command, Direction, Keep, Link, MessageKey, NodeSet, ReadNo, WriteNo};

/// One thing that may happen next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Choice {
    /// A node's clock ticks, also while the node is down.
    Tick(NodeId),
    /// A node begins an election without waiting for its timer.
    Campaign(NodeId),
    /// A message arrives.
    Deliver(Link, MessageKey),
    /// A message is lost.
    Drop(Link, MessageKey),
    /// A message arrives, and a copy of it stays in flight.
    Duplicate(Link, MessageKey),
    /// A host takes a Ready from its node and sends its messages.
    Ready(NodeId),
    /// A host writes its oldest unwritten write and tells the node so.
    Write(NodeId, WriteNo),
    /// A host begins a sync of all that is written, the newest being this one.
    BeginSync(NodeId, WriteNo),
    /// The disk completes the sync that was begun up to this write.
    CompleteSync(NodeId, WriteNo),
    /// The host learns of that completion and tells the node.
    ReportSync(NodeId, WriteNo),
    /// A disk of bytes completes an operation, and its log hears of it.
    CompleteOp(NodeId, OpNo),
    /// An operation fails, and its log hears of it.
    FailOp(NodeId, OpNo, IoFault),
    /// A disk says that a sync is complete which has done nothing.
    LieOp(NodeId, OpNo),
    /// A host reads the log that is on its disk of bytes.
    Open(NodeId),
    /// The batch of a durable write is damaged.
    Damage(NodeId, WriteNo, Damage),
    /// A host applies the oldest batch that it was handed, which ends here.
    Apply(NodeId, Index),
    /// A client proposes a command at a node.
    Propose(NodeId, Command),
    /// The process dies; what it wrote stays in the page cache.
    CrashProcess(NodeId),
    /// The machine loses power; of what was not synced, this much stays.
    CrashMachine(NodeId, Keep),
    /// A node is built again from its disk.
    Restart(NodeId),
    /// Nothing passes between these nodes any more.
    Cut(NodeSet, NodeSet, Direction),
    /// Everything passes again.
    Heal,
    /// Faults cease from here on, for good.
    Calm,
    /// A leader is told to hand over its office.
    Transfer(Link),
    /// A follower is told to forget its leader.
    Forget(NodeId),
    /// A client proposes a change of the membership at a node.
    Change(NodeId, Reform),
    /// A client reads at a node.
    Read(NodeId, ReadNo),
    /// A host begins to write down the state of its state machine.
    Checkpoint(NodeId),
    /// A host lets go of the log up to here, which its checkpoint stands for.
    Compact(NodeId, Index),
    /// A leader's host answers that a member needs a snapshot.
    SendSnapshot(Link, Answer),
    /// A leader's host reports what became of a snapshot.
    ReportSnapshot(Link, Answer),
    /// A leader's host answers that entries are to be read back for a member.
    Fetch(Link, Answer),
    /// A leader's host reports that a member cannot be reached.
    Unreachable(Link),
    /// A follower's host asks for a snapshot.
    RequestSnapshot(NodeId),
}

/// The sorts of choices: what a plan gives weights to. That an operation of a disk of bytes completes,
/// truly or not, is of the same sort as that a sync does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
#[expect(missing_docs, reason = "each is the choice of the same name")]
pub enum Sort {
    Tick,
    Campaign,
    Deliver,
    Drop,
    Duplicate,
    Ready,
    Write,
    BeginSync,
    CompleteSync,
    ReportSync,
    Apply,
    Propose,
    CrashProcess,
    CrashMachine,
    Restart,
    Cut,
    Heal,
    Transfer,
    Forget,
    Change,
    Read,
    Checkpoint,
    Compact,
    SendSnapshot,
    ReportSnapshot,
    Fetch,
    Unreachable,
    RequestSnapshot,
    Calm,
    FailOp,
    Open,
    Damage,
}

impl Sort {
    /// All sorts, in the order in which a world lists its choices.
    pub const ALL: [Sort; 32] = [
        Sort::Tick,
        Sort::Campaign,
        Sort::Deliver,
        Sort::Drop,
        Sort::Duplicate,
        Sort::Ready,
        Sort::Write,
        Sort::BeginSync,
        Sort::CompleteSync,
        Sort::ReportSync,
        Sort::Apply,
        Sort::Propose,
        Sort::CrashProcess,
        Sort::CrashMachine,
        Sort::Restart,
        Sort::Cut,
        Sort::Heal,
        Sort::Transfer,
        Sort::Forget,
        Sort::Change,
        Sort::Read,
        Sort::Checkpoint,
        Sort::Compact,
        Sort::SendSnapshot,
        Sort::ReportSnapshot,
        Sort::Fetch,
        Sort::Unreachable,
        Sort::RequestSnapshot,
        Sort::Calm,
        Sort::FailOp,
        Sort::Open,
        Sort::Damage,
    ];

    /// Its word in plans.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Sort::Tick => "tick",
            Sort::Campaign => "campaign",
            Sort::Deliver => "deliver",
            Sort::Drop => "drop",
            Sort::Duplicate => "duplicate",
            Sort::Ready => "ready",
            Sort::Write => "write",
            Sort::BeginSync => "begin-sync",
            Sort::CompleteSync => "complete-sync",
            Sort::ReportSync => "report-sync",
            Sort::Apply => "apply",
            Sort::Propose => "propose",
            Sort::CrashProcess => "crash-process",
            Sort::CrashMachine => "crash-machine",
            Sort::Restart => "restart",
            Sort::Cut => "cut",
            Sort::Heal => "heal",
            Sort::Transfer => "transfer",
            Sort::Forget => "forget-leader",
            Sort::Change => "change",
            Sort::Read => "read",
            Sort::Checkpoint => "checkpoint",
            Sort::Compact => "compact",
            Sort::SendSnapshot => "send-snapshot",
            Sort::ReportSnapshot => "report-snapshot",
            Sort::Fetch => "fetch",
            Sort::Unreachable => "unreachable",
            Sort::RequestSnapshot => "request-snapshot",
            Sort::Calm => "calm",
            Sort::FailOp => "fail-op",
            Sort::Open => "open",
            Sort::Damage => "damage",
        }
    }
}

impl Choice {
    /// The node that acts; `None` for the network alone.
    #[must_use]
    pub const fn node(&self) -> Option<NodeId> {
        match *self {
            Choice::Deliver(link, _) | Choice::Duplicate(link, _) => Some(link.to),
            Choice::Tick(node)
            | Choice::Campaign(node)
            | Choice::Ready(node)
            | Choice::Write(node, _)
            | Choice::BeginSync(node, _)
            | Choice::CompleteSync(node, _)
            | Choice::ReportSync(node, _)
            | Choice::CompleteOp(node, _)
            | Choice::FailOp(node, ..)
            | Choice::LieOp(node, _)
            | Choice::Open(node)
            | Choice::Damage(node, ..)
            | Choice::Apply(node, _)
            | Choice::Propose(node, _)
            | Choice::CrashProcess(node)
            | Choice::CrashMachine(node, _)
            | Choice::Restart(node)
            | Choice::Forget(node)
            | Choice::Change(node, _)
            | Choice::Read(node, _)
            | Choice::Checkpoint(node)
            | Choice::Compact(node, _)
            | Choice::RequestSnapshot(node) => Some(node),
            Choice::Transfer(link)
            | Choice::SendSnapshot(link, _)
            | Choice::ReportSnapshot(link, _)
            | Choice::Fetch(link, _)
            | Choice::Unreachable(link) => Some(link.from),
            Choice::Drop(..) | Choice::Cut(..) | Choice::Heal | Choice::Calm => None,
        }
    }

    /// Its sort.
    #[must_use]
    pub const fn sort(&self) -> Sort {
        match self {
            Choice::Tick(..) => Sort::Tick,
            Choice::Campaign(..) => Sort::Campaign,
            Choice::Deliver(..) => Sort::Deliver,
            Choice::Drop(..) => Sort::Drop,
            Choice::Duplicate(..) => Sort::Duplicate,
            Choice::Ready(..) => Sort::Ready,
            Choice::Write(..) => Sort::Write,
            Choice::BeginSync(..) => Sort::BeginSync,
            Choice::CompleteSync(..) | Choice::CompleteOp(..) | Choice::LieOp(..) => {
                Sort::CompleteSync
            }
            Choice::FailOp(..) => Sort::FailOp,
            Choice::Open(..) => Sort::Open,
            Choice::Damage(..) => Sort::Damage,
            Choice::ReportSync(..) => Sort::ReportSync,
            Choice::Apply(..) => Sort::Apply,
            Choice::Propose(..) => Sort::Propose,
            Choice::CrashProcess(..) => Sort::CrashProcess,
            Choice::CrashMachine(..) => Sort::CrashMachine,
            Choice::Restart(..) => Sort::Restart,
            Choice::Cut(..) => Sort::Cut,
            Choice::Heal => Sort::Heal,
            Choice::Transfer(..) => Sort::Transfer,
            Choice::Forget(..) => Sort::Forget,
            Choice::Change(..) => Sort::Change,
            Choice::Read(..) => Sort::Read,
            Choice::Checkpoint(..) => Sort::Checkpoint,
            Choice::Compact(..) => Sort::Compact,
            Choice::SendSnapshot(..) => Sort::SendSnapshot,
            Choice::ReportSnapshot(..) => Sort::ReportSnapshot,
            Choice::Fetch(..) => Sort::Fetch,
            Choice::Unreachable(..) => Sort::Unreachable,
            Choice::RequestSnapshot(..) => Sort::RequestSnapshot,
            Choice::Calm => Sort::Calm,
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Choice::Tick(node) => write!(f, "tick {node}"),
            Choice::Campaign(node) => write!(f, "campaign {node}"),
            Choice::Deliver(link, key) => write!(f, "deliver {link} {key}"),
            Choice::Drop(link, key) => write!(f, "drop {link} {key}"),
            Choice::Duplicate(link, key) => write!(f, "duplicate {link} {key}"),
            Choice::Ready(node) => write!(f, "ready {node}"),
            Choice::Write(node, write) => write!(f, "write {node} {write}"),
            Choice::BeginSync(node, upto) => write!(f, "begin-sync {node} upto {upto}"),
            Choice::CompleteSync(node, upto) => write!(f, "complete-sync {node} upto {upto}"),
            Choice::ReportSync(node, upto) => write!(f, "report-sync {node} upto {upto}"),
            Choice::CompleteOp(node, op) => write!(f, "complete-op {node} {op}"),
            Choice::FailOp(node, op, fault) => write!(f, "fail-op {node} {op} {}", fault.word()),
            Choice::LieOp(node, op) => write!(f, "lie-op {node} {op}"),
            Choice::Open(node) => write!(f, "open {node}"),
            Choice::Damage(node, write, damage) => {
                write!(f, "damage {node} {write} {}", damage.word())
            }
            Choice::Apply(node, last) => write!(f, "apply {node} upto i{last}"),
            Choice::Propose(node, command) => write!(f, "propose {node} {command}"),
            Choice::CrashProcess(node) => write!(f, "crash {node} process"),
            Choice::CrashMachine(node, keep) => write!(f, "crash {node} machine keep {keep}"),
            Choice::Restart(node) => write!(f, "restart {node}"),
            Choice::Cut(a, b, Direction::Both) => write!(f, "cut {a}<->{b}"),
            Choice::Cut(a, b, Direction::OneWay) => write!(f, "cut {a}->{b}"),
            Choice::Heal => f.write_str("heal"),
            Choice::Calm => f.write_str("calm"),
            Choice::Transfer(link) => write!(f, "transfer {link}"),
            Choice::Forget(node) => write!(f, "forget-leader {node}"),
            Choice::Change(node, reform) => write!(f, "change {node} {reform}"),
            Choice::Read(node, read) => write!(f, "read {node} {read}"),
            Choice::Checkpoint(node) => write!(f, "checkpoint {node}"),
            Choice::Compact(node, upto) => write!(f, "compact {node} upto i{upto}"),
            Choice::SendSnapshot(link, answer) => {
                write!(f, "send-snapshot {link} {}", answer.word())
            }
            Choice::ReportSnapshot(link, answer) => {
                write!(f, "report-snapshot {link} {}", answer.word())
            }
            Choice::Fetch(link, answer) => write!(f, "fetch {link} {}", answer.word()),
            Choice::Unreachable(link) => write!(f, "unreachable {link}"),
            Choice::RequestSnapshot(node) => write!(f, "request-snapshot {node}"),
        }
    }
}

impl Serialize for Choice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Choice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Choice, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
