//! The side of a leader: its office, and what it proposes.

mod change;
mod commit;
mod followers;
mod peer;
mod reads;
mod replicate;
mod transfer;

pub use peer::{Peer, PeerPace};
pub(crate) use reads::ReadRequest;
pub use replicate::SnapshotWanted;
pub(crate) use replicate::Wants;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::Role;
use crate::entry::{Entry, Payload};
use crate::error::ProposeError;
use crate::mutant::Mutant;
use crate::node::RawNode;
use crate::outbox::Address;
use crate::progress::{InflightLimits, LeaderLog, Progress};
use crate::types::{Index, LogId, NodeId};

use reads::Rounds;
use transfer::Transfer;

/// What a leader keeps for its term.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Leader {
    /// Every other member, in order.
    pub(crate) peers: Vec<Progress>,
    /// Ticks since the office began.
    ticks: u64,
    heartbeat_elapsed: u32,
    check_elapsed: u32,
    /// The first entry of the term: until it is committed, nobody knows what is (R19, R21).
    first: Index,
    /// No change of the membership is proposed before this index is applied (R18, R19).
    barrier: Index,
    /// What the uncommitted commands and changes of its log weigh, whoever appended them.
    uncommitted_bytes: usize,
    rounds: Rounds,
    transfer: Option<Transfer>,
    /// A request to campaign has left in this term, so that no lease holds any more (R20).
    is_lease_void: bool,
    /// The write that is not synced, and the ticks for which it has not been (R26).
    stalled: (u64, u32),
}

impl Leader {
    pub(crate) fn peer(&mut self, id: NodeId) -> Option<&mut Progress> {
        let position = self.position(id)?;
        self.peers.get_mut(position)
    }

    /// Gives back the room that an idle leader has no use for.
    pub(crate) fn rest(&mut self) {
        self.peers.shrink_to_fit();
        for progress in &mut self.peers {
            progress.rest();
        }
    }

    /// Panics if the invariants I4 and I5 do not hold in the office of `own`, whose log ends at `last`.
    pub(crate) fn check(&self, own: NodeId, last: Index) {
        let mut before = None;
        for progress in &self.peers {
            assert!(before < Some(progress.id), "I4: the members are out of order");
            assert!(progress.id != own, "I4: a leader does not follow itself");
            progress.check(last);
            before = Some(progress.id);
        }
        assert!(self.first <= self.barrier, "I5: changes are free before the term begins (R19)");
        assert!(self.barrier <= last, "I5: changes wait for what does not exist (R18)");
    }

    pub(crate) fn seen(&self, id: NodeId) -> Option<&Progress> {
        self.peers.get(self.position(id)?)
    }

    fn position(&self, id: NodeId) -> Option<usize> {
        self.peers.binary_search_by_key(&id, |progress| progress.id).ok()
    }
}

/// What became of a proposal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Proposed {
    /// This leader appended it here. It is lost if another entry is committed at that index.
    Appended(LogId),
    /// It was sent on to the leader, and may get lost on the way.
    Forwarded(NodeId),
}

impl RawNode {
    /// Begins to lead the current term. The node's own copy counts for what is synced of it, which
    /// is all of it up to here, since its vote waited for that (R11).
    pub(crate) fn lead(&mut self) {
        if self.active.is(Mutant::K20) {
            self.log.cut_uncommitted();
        }
        let last = self.log.last().index;
        assert!(
            !self.active.none() || self.log.cursors.synced == last,
            "R11: a new leader has synced its whole log"
        );
        let members = self.membership().members();
        let others = members.into_iter().filter(|id| *id != self.id);
        let first = last.next();
        let inherited = self.log.proposed_bytes(self.log.cursors.committed, last);
        let uncommitted_bytes = if self.active.is(Mutant::B4) { 0 } else { inherited };
        let peers = others.map(|id| Progress::new(id, first)).collect();
        self.timer.forget_slowness();
        self.role = Role::Leader(Box::new(Leader {
            peers,
            ticks: 0,
            heartbeat_elapsed: 0,
            check_elapsed: 0,
            first,
            barrier: if self.active.is(Mutant::M1) { Index::ZERO } else { first },
            uncommitted_bytes,
            rounds: Rounds::default(),
            transfer: None,
            is_lease_void: false,
            stalled: (0, 0),
        }));
        self.requested_snapshot = None;
        self.append_own(Payload::Noop);
    }

    /// Proposes a command: this node appends it if it leads, or sends it on if it may.
    ///
    /// # Errors
    /// If it can do neither, or more is uncommitted, or waits to be sent on, than it was configured to
    /// hold.
    pub fn propose(&mut self, command: Arc<[u8]>) -> Result<Proposed, ProposeError> {
        let proposed = match &self.role {
            Role::Leader(_) => Proposed::Appended(self.accept(Payload::Command(command))?),
            _ => Proposed::Forwarded(self.send_on(Payload::Command(command))?),
        };
        self.check_cursors();
        Ok(proposed)
    }

    /// Appends a command to this leader's log, unless that is too much or the office is being handed
    /// over.
    fn accept(&mut self, payload: Payload) -> Result<LogId, ProposeError> {
        let bytes = payload.weight_bytes();
        let max = self.config.uncommitted_bytes_max;
        let Role::Leader(leader) = &mut self.role else {
            return Err(ProposeError::NotLeader { leader: None });
        };
        if let Some(transfer) = &leader.transfer {
            return Err(ProposeError::Transferring { to: transfer.to });
        }
        let uncommitted = leader.uncommitted_bytes;
        if uncommitted > 0 && uncommitted.saturating_add(bytes) > max {
            return Err(ProposeError::TooMuchUncommitted { bytes: uncommitted, max });
        }
        leader.uncommitted_bytes = uncommitted.saturating_add(bytes);
        Ok(self.append_own(payload))
    }

    /// Sends a proposal on to the leader, unless too much is to be sent on with the next Ready.
    pub(crate) fn send_on(&mut self, payload: Payload) -> Result<NodeId, ProposeError> {
        let leader = self.leader();
        let to = leader.filter(|_| self.config.forward_proposals);
        let to = to.ok_or(ProposeError::NotLeader { leader })?;
        let (bytes, max) = (self.outbox.proposed_bytes(), self.config.uncommitted_bytes_max);
        let max = if self.active.is(Mutant::B8) { usize::MAX } else { max };
        if bytes > 0 && bytes.saturating_add(payload.weight_bytes()) > max {
            return Err(ProposeError::TooMuchUncommitted { bytes, max });
        }
        let address = Address { from: self.id, to, term: self.term };
        self.outbox.add_proposal(address, payload, self.config.message_bytes_max);
        Ok(to)
    }

    /// Takes proposals that another node has sent on. What cannot be accepted is dropped: its client
    /// learns that as it learns of a lost message.
    pub(crate) fn on_propose(&mut self, payloads: Vec<Payload>) {
        if !matches!(self.role, Role::Leader(_)) {
            return;
        }
        for payload in payloads {
            let _ = match payload {
                Payload::Membership(change) => self.accept_change(change).map(|_| ()).ok(),
                other => self.accept(other).map(|_| ()).ok(),
            };
        }
    }

    fn append_own(&mut self, payload: Payload) -> LogId {
        let id = LogId { term: self.term, index: self.log.last().index.next() };
        let entry = Entry { id, payload };
        self.memberships.appended(&entry);
        self.log.append(entry);
        self.writes.log_changed(id.index);
        if self.active.is(Mutant::F4) {
            self.commit_what_a_quorum_holds();
        }
        id
    }

    pub(crate) fn leader_log(&self) -> LeaderLog {
        let (base, last) = (self.log.base(), self.log.last().index);
        LeaderLog { base, last, committed: self.log.cursors.committed }
    }

    /// Changes what may be under way to each follower from now on.
    ///
    /// # Errors
    /// If nothing could ever be.
    pub fn set_inflight_limits(
        &mut self,
        limits: InflightLimits,
    ) -> Result<(), crate::ConfigError> {
        let InflightLimits { messages_max, bytes_max } = limits;
        if messages_max == 0 || bytes_max == 0 {
            return Err(crate::ConfigError::NothingInFlight);
        }
        self.config.inflight_messages_max = messages_max;
        self.config.inflight_bytes_max = bytes_max;
        Ok(())
    }

    /// Time passes for a leader.
    pub(crate) fn tick_leader(&mut self) {
        let (heartbeat_ticks, election_ticks) =
            (self.config.heartbeat_ticks, self.config.election_ticks);
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        leader.ticks += 1;
        leader.heartbeat_elapsed += 1;
        leader.check_elapsed += 1;
        if leader.heartbeat_elapsed >= heartbeat_ticks {
            leader.heartbeat_elapsed = 0;
            leader.rounds.is_due = true;
        }
        let is_alone = leader.peers.is_empty();
        if is_alone && self.wants_round() {
            // A round that nobody is sent is over at once, and no reason for a Ready.
            self.compose_round();
        }
        self.tick_transfer();
        self.tick_stall();
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        if leader.check_elapsed >= election_ticks {
            leader.check_elapsed = 0;
            if self.config.check_quorum && !self.is_heard_by_a_quorum() {
                self.follow(None);
            }
        }
    }

    /// Whether a quorum has said something since this was last asked.
    fn is_heard_by_a_quorum(&mut self) -> bool {
        let Role::Leader(leader) = &mut self.role else {
            return false;
        };
        let own = self.id;
        let heard = |id| id == own || leader.seen(id).is_some_and(|progress| progress.is_active);
        let heard_by_a_quorum = crate::quorum::has_quorum(self.memberships.active(), heard);
        for progress in &mut leader.peers {
            progress.is_active = false;
        }
        heard_by_a_quorum
    }

    /// The office ends: whoever waits for a read learns that it is lost.
    pub(crate) fn resign(&mut self, former: Leader) {
        if self.active.is(Mutant::Lf) {
            return;
        }
        for request in former.rounds.into_requests() {
            self.refuse_read(request);
        }
    }
}
