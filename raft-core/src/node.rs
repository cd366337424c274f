//! The node: all state of one member, and how it is built.

use alloc::collections::BTreeMap;
use core::hash::{Hash, Hasher};

use crate::config::{Config, NewError, ReadMode};
use crate::election::{ElectionTimer, Promise};
use crate::install::{self, Installs};
use crate::jitter::Jitter;
use crate::log::Log;
use crate::membership::{Membership, Tracker};
use crate::mutant::{Active, Mutant};
use crate::outbox::Outbox;
use crate::outstanding::Outstanding;
use crate::read_index::Reads;
use crate::restored::Restored;
use crate::role::Role;
use crate::sync::{Gate, Writes};
use crate::types::{CommitGroup, Index, NodeId, Term};

/// One member of a Raft cluster. It does no I/O, reads no clock and draws nothing at random but
/// from the seed in its configuration.
///
/// There are four kinds of methods. *Inputs* tell it what happened: [`tick`](RawNode::tick),
/// [`step`](RawNode::step), [`advance`](RawNode::advance), [`synced`](RawNode::synced),
/// [`applied`](RawNode::applied), [`fetched`](RawNode::fetched), and reports of what went wrong.
/// *Commands* ask it for something: [`propose`](RawNode::propose),
/// [`propose_change`](RawNode::propose_change), [`read_index`](RawNode::read_index),
/// [`campaign`](RawNode::campaign), [`transfer_leader`](RawNode::transfer_leader),
/// [`compact`](RawNode::compact) and others. [`ready`](RawNode::ready) takes what there is to do, and
/// *views* change nothing: [`status`](RawNode::status), [`membership`](RawNode::membership),
/// [`peers`](RawNode::peers), [`sync_wanted`](RawNode::sync_wanted),
/// [`has_ready`](RawNode::has_ready).
#[derive(Clone, Debug)]
pub struct RawNode {
    pub(crate) id: NodeId,
    pub(crate) config: Config,
    pub(crate) term: Term,
    pub(crate) vote: Option<NodeId>,
    pub(crate) log: Log,
    pub(crate) memberships: Tracker,
    pub(crate) groups: BTreeMap<NodeId, CommitGroup>,
    pub(crate) installs: Installs,
    /// The snapshot that this node asked for must reach this index.
    pub(crate) requested_snapshot: Option<Index>,
    pub(crate) writes: Writes,
    pub(crate) gate: Gate,
    pub(crate) outbox: Outbox,
    pub(crate) outstanding: Outstanding,
    pub(crate) reads: Reads,
    pub(crate) role: Role,
    pub(crate) timer: ElectionTimer,
    pub(crate) promise: Promise,
    /// For how long it has had nothing to write.
    pub(crate) idle_ticks: u32,
    pub(crate) active: Active,
    /// The next write carries only term and vote (mutant F2).
    pub(crate) split_hard_state: bool,
}

impl RawNode {
    /// Builds a node from what it left on its disk, from [`Restored::new_cluster`] if it begins with
    /// its cluster, or from [`Restored::default`] if it waits to be added to one; it then begins with a
    /// snapshot of its leader, which tells it the membership. Everything in `restored` must be synced
    /// (R23).
    ///
    /// # Errors
    /// If the configuration makes no sense, or no node leaves such a state behind.
    pub fn new(config: Config, mut restored: Restored) -> Result<RawNode, NewError> {
        config.validate().map_err(NewError::Config)?;
        restored.validate().map_err(NewError::Restored)?;
        let mut jitter = Jitter::new(config.seed);
        let active = Active::new(config.mutant);
        let mut promise = Promise::default();
        let has_lease = config.reads != ReadMode::Quorum;
        let may_have_promised = has_lease || !restored.is_new();
        if config.check_quorum && may_have_promised && !active.is(Mutant::Q5) {
            // R22: whatever it promised before, it does not know it any more. Where a lease may rest on
            // it, not even an empty disk proves that this is its first life: it answers heartbeats
            // before anything is synced.
            promise.renew(config.election_ticks);
        }
        let mut memberships = Tracker::new(core::mem::take(&mut restored.membership));
        for entry in restored.entries.iter().filter(|entry| entry.index() > restored.applied) {
            memberships.appended(entry);
        }
        let log = Log::restored(&mut restored);
        let hard_state = restored.hard_state;
        let mut node = RawNode {
            id: config.id,
            term: hard_state.term,
            vote: hard_state.vote,
            memberships,
            groups: BTreeMap::new(),
            installs: install::restored(restored.snapshot),
            requested_snapshot: None,
            writes: Writes::restored(log.last(), hard_state.commit),
            log,
            gate: Gate::default(),
            outbox: Outbox::default(),
            outstanding: Outstanding::default(),
            reads: Reads::new(jitter.bits()),
            role: Role::Follower { leader: None },
            timer: ElectionTimer::new(
                config.election_ticks,
                if active.is(Mutant::Lk) { Jitter::new(0) } else { jitter },
            ),
            promise,
            idle_ticks: 0,
            active,
            split_hard_state: false,
            config,
        };
        node.log.shrink(node.config.cache_bytes_max);
        node.check_all();
        Ok(node)
    }

    /// The membership that is active: that of the applied index (R18).
    #[must_use]
    pub fn membership(&self) -> &Membership {
        self.memberships.active()
    }

    /// Gives this node another priority from now on: a candidate of lower priority gets its vote only
    /// if its log is newer.
    pub fn set_priority(&mut self, priority: i32) {
        self.config.priority = priority;
    }

    /// Feeds everything that decides the node's future into `state`, except its configuration and
    /// the log that it has issued: both are known to whoever drives it, and hashing the writes as
    /// they are handed out keeps the cost independent of the length of the log.
    pub fn hash_state<H: Hasher>(&self, state: &mut H) {
        (self.term, self.vote, self.split_hard_state).hash(state);
        (self.requested_snapshot, self.config.priority, self.config.inflight_limits()).hash(state);
        self.log.hash(state);
        self.memberships.hash(state);
        self.groups.hash(state);
        self.installs.hash(state);
        self.writes.hash(state);
        self.gate.hash(state);
        self.outbox.hash(state);
        self.outstanding.hash(state);
        self.reads.hash(state);
        self.role.hash(state);
        (self.timer, self.promise).hash(state);
    }
}
