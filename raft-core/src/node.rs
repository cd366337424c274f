//! The node: all state of one member, and how it is built.

use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

use crate::config::{Config, NewError, Restored};
use crate::election::ElectionTimer;
use crate::log::Log;
use crate::message::Message;
use crate::mutant::Active;
use crate::role::Role;
use crate::sync::{Gate, Writes};
use crate::types::{NodeId, Term};

/// One member of a Raft cluster. It does no I/O, reads no clock and draws nothing at random but
/// from the seed in its configuration.
///
/// There are four kinds of methods: *inputs* tell it what happened ([`tick`](RawNode::tick),
/// [`step`](RawNode::step), [`advance`](RawNode::advance), [`synced`](RawNode::synced),
/// [`applied`](RawNode::applied)), *commands* ask it for something
/// ([`propose`](RawNode::propose), [`campaign`](RawNode::campaign)), [`ready`](RawNode::ready)
/// takes what there is to do, and *views* change nothing ([`status`](RawNode::status),
/// [`sync_wanted`](RawNode::sync_wanted), [`has_ready`](RawNode::has_ready)).
#[derive(Clone, Debug)]
pub struct RawNode {
    pub(crate) id: NodeId,
    pub(crate) voters: Vec<NodeId>,
    pub(crate) config: Config,
    pub(crate) term: Term,
    pub(crate) vote: Option<NodeId>,
    pub(crate) log: Log,
    pub(crate) writes: Writes,
    pub(crate) gate: Gate,
    pub(crate) outbox: Vec<Message>,
    pub(crate) role: Role,
    pub(crate) timer: ElectionTimer,
    pub(crate) active: Active,
    /// The next write carries only term and vote (mutant F2).
    pub(crate) split_hard_state: bool,
}

impl RawNode {
    /// Builds a node from what it left on its disk, or from [`Restored::default`] if it is new.
    /// Everything in `restored` must be synced (R23).
    ///
    /// # Errors
    /// If the configuration makes no sense, or no node leaves such a state behind.
    pub fn new(config: Config, restored: Restored) -> Result<RawNode, NewError> {
        config.validate().map_err(NewError::Config)?;
        restored.validate().map_err(NewError::Restored)?;
        let Restored { hard_state, entries, applied } = restored;
        let committed = hard_state.commit.max(applied);
        let log = Log::restored(entries, committed, applied);
        let mut voters = config.voters.clone();
        voters.sort_unstable();
        let node = RawNode {
            id: config.id,
            voters,
            term: hard_state.term,
            vote: hard_state.vote,
            writes: Writes::restored(log.last(), hard_state.commit),
            log,
            gate: Gate::default(),
            outbox: Vec::new(),
            role: Role::Follower { leader: None },
            timer: ElectionTimer::new(config.election_ticks, config.seed),
            active: Active::new(config.mutant),
            split_hard_state: false,
            config,
        };
        node.check();
        Ok(node)
    }

    pub(crate) fn is_voter(&self) -> bool {
        self.voters.contains(&self.id)
    }

    /// Feeds everything that decides the node's future into `state`, except its configuration and
    /// the log that it has issued: both are known to whoever drives it, and hashing the writes as
    /// they are handed out keeps the cost independent of the length of the log.
    pub fn hash_state<H: Hasher>(&self, state: &mut H) {
        (self.term, self.vote, self.split_hard_state).hash(state);
        self.log.hash(state);
        self.writes.hash(state);
        self.gate.hash(state);
        self.outbox.hash(state);
        self.role.hash(state);
        self.timer.hash(state);
    }
}
