//! What a node is told when it is built, and the refusals of what it cannot accept.

use core::fmt;

use crate::mutant::{Active, Mutant};
use crate::progress::InflightLimits;
use crate::restored::RestoreError;
use crate::types::NodeId;

/// What a node is told when it is built. Its priority and its windows can be changed later.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// This node.
    pub id: NodeId,
    /// Ticks without a leader after which a node campaigns; each wait is lengthened at random by up
    /// to as many again, and by more where votes wait for slow disks (R25).
    pub election_ticks: u32,
    /// Ticks between two heartbeats of a leader; fewer than `election_ticks`.
    pub heartbeat_ticks: u32,
    /// Whether a node asks for votes before it enters a term (thesis, section 9.6).
    pub pre_vote: bool,
    /// Whether a leader steps down once no quorum has answered for `election_ticks`, and whoever has
    /// heard of a leader votes for nobody else for as long (R22).
    pub check_quorum: bool,
    /// How reads are confirmed.
    pub reads: ReadMode,
    /// Of candidates with the same log, one of lower priority does not get this node's vote. A newer
    /// log always does: the priority is a wish, and somebody must be electable.
    pub priority: i32,
    /// Whether what is proposed at a follower is sent on to the leader.
    pub forward_proposals: bool,
    /// How many messages with entries may be under way to one follower.
    pub inflight_messages_max: u32,
    /// What the entries under way to one follower may weigh, in bytes; one message is sent even if it
    /// weighs more.
    pub inflight_bytes_max: usize,
    /// What the entries of one message may weigh, in bytes, or the proposals in one that are sent on;
    /// one is sent even if it weighs more.
    pub message_bytes_max: usize,
    /// What the entries may weigh, in bytes, that are handed out and not yet applied; one entry is
    /// handed out even if it weighs more.
    pub apply_bytes_max: usize,
    /// What the uncommitted proposals in a leader's log may weigh, in bytes, whoever appended them, and
    /// elsewhere what is sent on to the leader between two Readys; one is accepted even if it weighs more.
    pub uncommitted_bytes_max: usize,
    /// What the entries may weigh, in bytes, that stay in memory although they are advanced and handed
    /// out: a follower that lags less than that needs nothing from the storage.
    pub cache_bytes_max: usize,
    /// How many reads may wait at this node.
    pub reads_max: u32,
    /// After so many ticks with an unsynced write a leader hands over its office; 0 for never (R26).
    pub sync_stall_ticks_max: u32,
    /// Where the election jitter comes from. Give each incarnation of each node another one.
    pub seed: u64,
    /// The known bug to switch on. It has no effect unless the feature `mutants` is on.
    pub mutant: Option<Mutant>,
}

/// How reads are confirmed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ReadMode {
    /// A quorum answers a round of heartbeats that leaves after the read has come (R21).
    #[default]
    Quorum,
    /// As long as a quorum has promised not to elect anybody else, the leader answers at once (R22).
    /// Right only if no two clocks drift apart by more than so many ticks within an election timeout.
    Lease {
        /// So many ticks.
        drift_ticks: u32,
    },
}

impl Config {
    /// A configuration with the usual numbers: an election after 10 to 19 ticks (later where votes wait
    /// for slow disks, R25), a heartbeat every 2, pre-vote and quorum checks on, reads by quorum, 256
    /// messages in flight, a mebibyte a message.
    #[must_use]
    pub fn new(id: NodeId, seed: u64) -> Config {
        Config {
            id,
            election_ticks: 10,
            heartbeat_ticks: 2,
            pre_vote: true,
            check_quorum: true,
            reads: ReadMode::Quorum,
            priority: 0,
            forward_proposals: true,
            inflight_messages_max: 256,
            inflight_bytes_max: usize::MAX,
            message_bytes_max: 1 << 20,
            apply_bytes_max: 1 << 26,
            uncommitted_bytes_max: usize::MAX,
            cache_bytes_max: 1 << 16,
            reads_max: 4_096,
            sync_stall_ticks_max: 0,
            seed,
            mutant: None,
        }
    }

    pub(crate) fn inflight_limits(&self) -> InflightLimits {
        let (messages_max, mut bytes_max) = (self.inflight_messages_max, self.inflight_bytes_max);
        if Active::new(self.mutant).is(Mutant::B1) {
            bytes_max = usize::MAX;
        }
        InflightLimits { messages_max, bytes_max }
    }

    /// Checks that the numbers make sense together.
    ///
    /// # Errors
    /// The first thing that does not.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let (heartbeat_ticks, election_ticks) = (self.heartbeat_ticks, self.election_ticks);
        if heartbeat_ticks == 0 || heartbeat_ticks >= election_ticks {
            return Err(ConfigError::Ticks { heartbeat_ticks, election_ticks });
        }
        if self.inflight_messages_max == 0 || self.inflight_bytes_max == 0 {
            return Err(ConfigError::NothingInFlight);
        }
        if let ReadMode::Lease { drift_ticks } = self.reads {
            if !self.check_quorum {
                return Err(ConfigError::LeaseWithoutPromise);
            }
            if drift_ticks >= election_ticks {
                return Err(ConfigError::Drift { drift_ticks, election_ticks });
            }
        }
        Ok(())
    }
}

/// Why [`Config::validate`] refuses a configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConfigError {
    /// A heartbeat must come at least once per tick and before an election is due.
    Ticks {
        /// What was given.
        heartbeat_ticks: u32,
        /// What was given.
        election_ticks: u32,
    },
    /// `inflight_messages_max` or `inflight_bytes_max` is zero, so nothing could ever be replicated.
    NothingInFlight,
    /// A lease rests on promises that are only made with `check_quorum` (R22).
    LeaseWithoutPromise,
    /// No lease is left once the clocks may have drifted that far.
    Drift {
        /// What was given.
        drift_ticks: u32,
        /// What was given.
        election_ticks: u32,
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
            ConfigError::Ticks { heartbeat_ticks, election_ticks } => write!(
                f,
                "expected 0 < heartbeat_ticks < election_ticks, found {heartbeat_ticks} and \
                 {election_ticks}"
            ),
            ConfigError::NothingInFlight => {
                f.write_str("inflight_messages_max or inflight_bytes_max is zero")
            }
            ConfigError::LeaseWithoutPromise => f.write_str(
                "reads by lease need check_quorum, which makes nodes keep their promise",
            ),
            ConfigError::Drift { drift_ticks, election_ticks } => write!(
                f,
                "expected drift_ticks < election_ticks, found {drift_ticks} and {election_ticks}"
            ),
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
impl core::error::Error for NewError {}
