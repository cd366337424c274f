//! What a node is told when it is built, and the refusals of what it cannot accept.

use alloc::vec::Vec;
use core::fmt;

use crate::entry::{Entry, HardState};
use crate::mutant::Mutant;
use crate::types::{Index, LogId, NodeId, Term};

/// What stays the same for the life of a node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// This node.
    pub id: NodeId,
    /// Every voter of the cluster, in any order. A node outside it only follows.
    pub voters: Vec<NodeId>,
    /// Ticks without a leader after which a node campaigns; each wait is lengthened at random by up
    /// to as many again.
    pub election_ticks: u32,
    /// Ticks between two heartbeats of a leader; fewer than `election_ticks`.
    pub heartbeat_ticks: u32,
    /// How many messages with entries may be under way to one follower.
    pub inflight_messages_max: u32,
    /// What the entries of one message may weigh; one entry is sent even if it weighs more.
    pub message_bytes_max: usize,
    /// Where the election jitter comes from. Give each incarnation of each node another one.
    pub seed: u64,
    /// The known bug to switch on. It has no effect unless the feature `mutants` is on.
    pub mutant: Option<Mutant>,
}

impl Config {
    /// A configuration with the usual numbers: an election after 10 to 19 ticks, a heartbeat every
    /// 2, 256 messages in flight, a mebibyte a message.
    #[must_use]
    pub fn new(id: NodeId, voters: Vec<NodeId>, seed: u64) -> Config {
        Config {
            id,
            voters,
            election_ticks: 10,
            heartbeat_ticks: 2,
            inflight_messages_max: 256,
            message_bytes_max: 1 << 20,
            seed,
            mutant: None,
        }
    }

    /// Checks that the numbers make sense together.
    ///
    /// # Errors
    /// The first thing that does not.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.voters.is_empty() {
            return Err(ConfigError::NoVoters);
        }
        for (position, voter) in self.voters.iter().enumerate() {
            if self.voters[..position].contains(voter) {
                return Err(ConfigError::VoterTwice(*voter));
            }
        }
        if self.heartbeat_ticks == 0 || self.heartbeat_ticks >= self.election_ticks {
            return Err(ConfigError::Ticks {
                heartbeat_ticks: self.heartbeat_ticks,
                election_ticks: self.election_ticks,
            });
        }
        if self.inflight_messages_max == 0 {
            return Err(ConfigError::NothingInFlight);
        }
        Ok(())
    }
}

/// Why [`Config::validate`] refuses a configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConfigError {
    /// There is nobody to elect a leader.
    NoVoters,
    /// A voter is named twice.
    VoterTwice(NodeId),
    /// A heartbeat must come at least once per tick and before an election is due.
    Ticks {
        /// What was given.
        heartbeat_ticks: u32,
        /// What was given.
        election_ticks: u32,
    },
    /// `inflight_messages_max` is zero, so nothing could ever be replicated.
    NothingInFlight,
}

/// What a node reads back from its disk when it starts. All of it must be synced (R23).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Restored {
    /// The newest hard state.
    pub hard_state: HardState,
    /// The log, from index 1.
    pub entries: Vec<Entry>,
    /// Up to where the state machine has durably applied it.
    pub applied: Index,
}

impl Restored {
    /// Checks that this is a state which a node can have left behind.
    ///
    /// # Errors
    /// The first thing that no node leaves behind: the disk is corrupt, or was read wrongly.
    pub fn validate(&self) -> Result<(), RestoreError> {
        let mut before = LogId::default();
        for entry in &self.entries {
            let is_next = entry.index() == before.index.next();
            if !is_next || entry.term() < before.term || entry.term() == Term(0) {
                return Err(RestoreError::NotContiguous { after: before, found: entry.id });
            }
            before = entry.id;
        }
        let HardState { term, commit, .. } = self.hard_state;
        if term < before.term {
            return Err(RestoreError::TermBehindLog { term, last: before });
        }
        if commit > before.index {
            return Err(RestoreError::CommitBeyondLog { commit, last: before.index });
        }
        if self.applied > before.index {
            return Err(RestoreError::AppliedBeyondLog {
                applied: self.applied,
                last: before.index,
            });
        }
        Ok(())
    }
}

/// Why a restored state is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RestoreError {
    /// An entry does not follow the one before it, or is of term 0, which no leader has.
    NotContiguous {
        /// The entry before; term and index 0 if there is none.
        after: LogId,
        /// What was found instead of its successor.
        found: LogId,
    },
    /// The hard state is older than the log, which R1 forbids.
    TermBehindLog {
        /// The restored term.
        term: Term,
        /// The restored last entry.
        last: LogId,
    },
    /// The commit index lies above the last entry, which R3 forbids.
    CommitBeyondLog {
        /// The restored commit index.
        commit: Index,
        /// The restored last index.
        last: Index,
    },
    /// The state machine is ahead of the log.
    AppliedBeyondLog {
        /// The restored applied index.
        applied: Index,
        /// The restored last index.
        last: Index,
    },
}

/// Why a node cannot be built.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NewError {
    /// The configuration makes no sense.
    Config(ConfigError),
    /// The restored state makes no sense.
    Restored(RestoreError),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::NoVoters => f.write_str("there are no voters"),
            ConfigError::VoterTwice(voter) => write!(f, "voter {voter} is named twice"),
            ConfigError::Ticks { heartbeat_ticks, election_ticks } => write!(
                f,
                "expected 0 < heartbeat_ticks < election_ticks, found {heartbeat_ticks} and \
                 {election_ticks}"
            ),
            ConfigError::NothingInFlight => f.write_str("inflight_messages_max is zero"),
        }
    }
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RestoreError::NotContiguous { after, found } => {
                write!(f, "expected the successor of entry {after}, found {found}")
            }
            RestoreError::TermBehindLog { term, last } => {
                write!(f, "term {term} is behind the last entry {last} (R1)")
            }
            RestoreError::CommitBeyondLog { commit, last } => {
                write!(f, "commit {commit} is above the last index {last} (R3)")
            }
            RestoreError::AppliedBeyondLog { applied, last } => {
                write!(f, "applied {applied} is above the last index {last}")
            }
        }
    }
}

impl fmt::Display for NewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NewError::Config(error) => write!(f, "configuration: {error}"),
            NewError::Restored(error) => write!(f, "restored state: {error}"),
        }
    }
}

impl core::error::Error for ConfigError {}
impl core::error::Error for RestoreError {}
impl core::error::Error for NewError {}
