//! The judges. An oracle is one promise, in one file, fed by events.
//!
//! Each is a ledger that only grows, and costs O(1) per event, amortised. None asks a node what it
//! believes: what is durable is read from the disk's own record, what was said from the wire, what
//! was applied from the state machine.

mod apply_durable;
mod calm;
mod catch_up;
mod commit_durable;
mod compaction;
mod configuration;
mod election_safety;
mod facts;
mod joint_left;
mod judges;
mod late_comer;
mod leader_append_only;
mod leader_completeness;
mod lease;
mod limits;
mod log_matching;
mod machine_safety;
mod monotonic;
mod no_panic;
mod one_leader;
mod one_vote;
mod read_freshness;
mod recovery;
mod request_ends;
mod restart_sanity;
mod send_time;
mod snapshots;
mod waits;

use std::fmt;
use std::str::FromStr;

use syncline_raft::{Index, NodeId, RoleKind, Term};
use syncline_traces::{Chain, Event, EventSort, NodeSet};

pub use facts::{Facts, Leadership, Reformed, TermCommit};
pub use judges::{Judges, Sentence};
pub(crate) use no_panic::sentence as sentence_for_panic;
pub(crate) use waits::waits_for;

use crate::disk::Disk;
use crate::host::IssuedLog;

/// The promises that are watched, by their numbers in `docs/oracles.md`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "docs/oracles.md and the oracle's own file say what each is")]
pub enum OracleId {
    O1,
    O2,
    O3,
    O4,
    O5,
    O6,
    O7,
    O8,
    O9,
    O10,
    O11,
    O12,
    O13,
    O14,
    O15,
    O16,
    O19,
    O20,
    O22,
    L1,
    L2,
    L3,
    L4,
    L5,
}

impl OracleId {
    /// All of them.
    pub const ALL: [OracleId; 24] = [
        OracleId::O1,
        OracleId::O2,
        OracleId::O3,
        OracleId::O4,
        OracleId::O5,
        OracleId::O6,
        OracleId::O7,
        OracleId::O8,
        OracleId::O9,
        OracleId::O10,
        OracleId::O11,
        OracleId::O12,
        OracleId::O13,
        OracleId::O14,
        OracleId::O15,
        OracleId::O16,
        OracleId::O19,
        OracleId::O20,
        OracleId::O22,
        OracleId::L1,
        OracleId::L2,
        OracleId::L3,
        OracleId::L4,
        OracleId::L5,
    ];

    /// Its name in traces and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            OracleId::O1 => "O1",
            OracleId::O2 => "O2",
            OracleId::O3 => "O3",
            OracleId::O4 => "O4",
            OracleId::O5 => "O5",
            OracleId::O6 => "O6",
            OracleId::O7 => "O7",
            OracleId::O8 => "O8",
            OracleId::O9 => "O9",
            OracleId::O10 => "O10",
            OracleId::O11 => "O11",
            OracleId::O12 => "O12",
            OracleId::O13 => "O13",
            OracleId::O14 => "O14",
            OracleId::O15 => "O15",
            OracleId::O16 => "O16",
            OracleId::O19 => "O19",
            OracleId::O20 => "O20",
            OracleId::O22 => "O22",
            OracleId::L1 => "L1",
            OracleId::L2 => "L2",
            OracleId::L3 => "L3",
            OracleId::L4 => "L4",
            OracleId::L5 => "L5",
        }
    }

    /// Whether it promises that something happens, and not that nothing wrong does.
    #[must_use]
    pub const fn is_liveness(self) -> bool {
        matches!(self, OracleId::L1 | OracleId::L2 | OracleId::L3 | OracleId::L4 | OracleId::L5)
    }

    /// Whether it is about what the limits of a plan allow.
    #[must_use]
    pub const fn is_about_limits(self) -> bool {
        matches!(self, OracleId::O22)
    }

    /// What was promised, in words.
    #[must_use]
    pub const fn promise(self) -> &'static str {
        match self {
            OracleId::O1 => "a term has one leader, elected by votes that a quorum had synced",
            OracleId::O2 => "entries of the same index and term have the same log before them",
            OracleId::O3 => "a leader never overwrites or cuts its own log",
            OracleId::O4 => "a leader has every entry that earlier terms committed",
            OracleId::O5 => "all state machines apply the same entries, each once and in order",
            OracleId::O6 => "a committed entry is synced on a quorum, whatever crashes",
            OracleId::O7 => "a node applies only what its own disk has synced",
            OracleId::O8 => "what a message promises is synced when the message leaves",
            OracleId::O9 => "in a term a voter votes once, whatever lives it has had since",
            OracleId::O10 => "terms, commits, writes and matches of a node only move forward",
            OracleId::O11 => "commit, log, snapshot and term that a restart reads fit together",
            OracleId::O12 => "the membership of a node is the fold of the changes it has applied",
            OracleId::O13 => "a snapshot holds the committed state and membership of its index",
            OracleId::O14 => "a log is let go of only where a durable state stands for it",
            OracleId::O15 => "a read shows whatever was committed or read when it began",
            OracleId::O16 => "while a lease is used, no leader of a higher term has committed",
            OracleId::O19 => "a log is read as it was written, but for what a crash could take",
            OracleId::O20 => "no legal message, crash or schedule makes a node panic or refuse",
            OracleId::O22 => "what is under way, unsynced or not applied stays within its limit",
            OracleId::L1 => "once faults have ceased, one leader is elected, and it stays",
            OracleId::L2 => "once faults have ceased, every member catches up, on its disk too",
            OracleId::L3 => "once faults have ceased, every proposal, read and transfer ends",
            OracleId::L4 => "once faults have ceased, a joint membership is left",
            OracleId::L5 => "once faults have ceased, a member that came late catches up",
        }
    }
}

impl fmt::Display for OracleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No oracle has this name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnknownOracle;

impl FromStr for OracleId {
    type Err = UnknownOracle;

    fn from_str(name: &str) -> Result<OracleId, UnknownOracle> {
        OracleId::ALL.into_iter().find(|id| id.name() == name).ok_or(UnknownOracle)
    }
}

/// What an oracle may look at: the world after the step, and what happened before the event.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// Every disk, in the order of the nodes.
    pub disks: &'a [Disk],
    /// Every node's issued log, likewise.
    pub logs: &'a [IssuedLog],
    /// What follows from the events before this one.
    pub facts: &'a Facts,
}

impl Evidence<'_> {
    /// The disk of a node.
    #[must_use]
    pub fn disk(&self, node: NodeId) -> &Disk {
        &self.disks[node.number() as usize - 1]
    }

    /// The issued log of a node.
    #[must_use]
    pub fn log(&self, node: NodeId) -> &IssuedLog {
        &self.logs[node.number() as usize - 1]
    }

    /// The nodes whose disk satisfies a condition.
    #[must_use]
    pub fn those(&self, mut holds: impl FnMut(NodeId, &Disk) -> bool) -> NodeSet {
        let all = NodeSet::first(self.disks.len() as u64).iter();
        all.filter(|node| holds(*node, self.disk(*node))).fold(NodeSet::default(), NodeSet::with)
    }

    /// Whether every image that a crash may leave of a node's disk has this log at this index, or a
    /// snapshot or a compaction base above it whose log is the committed one.
    #[must_use]
    pub fn holds(&self, node: NodeId, index: Index, chain: Chain) -> bool {
        let disk = self.disk(node);
        if index > disk.held() {
            return false;
        }
        let base = disk.durable().image().base().index;
        if index >= base {
            return disk.durable().chain(index) == Some(chain);
        }
        let is_committed = |index, chain| self.facts.committed_chain(index) == Some(chain);
        is_committed(base, disk.durable().base_chain()) && is_committed(index, chain)
    }
}

/// A promise is broken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Breach {
    /// By which node.
    pub node: NodeId,
    /// What is so instead.
    pub found: String,
}

impl Breach {
    fn by(node: NodeId, found: String) -> Result<(), Breach> {
        Err(Breach { node, found })
    }
}

/// One promise.
pub trait Oracle: fmt::Debug {
    /// Which.
    fn id(&self) -> OracleId;
    /// The events that it wants to see.
    fn watches(&self) -> &'static [EventSort];
    /// Looks at an event.
    ///
    /// # Errors
    /// If the promise is broken.
    fn judge(&mut self, event: &Event, evidence: Evidence<'_>) -> Result<(), Breach>;
    /// A second one in the same state.
    fn fork(&self) -> Box<dyn Oracle>;
}

/// The word for a role in signatures and reports.
pub(crate) const fn role_word(role: RoleKind) -> &'static str {
    match role {
        RoleKind::Follower => "follower",
        RoleKind::PreCandidate => "pre-candidate",
        RoleKind::Candidate => "candidate",
        RoleKind::Leader => "leader",
    }
}

/// Role and term.
pub(crate) type Office = (RoleKind, Term);

#[cfg(test)]
mod tests;
