//! Handing over the office (thesis, section 3.10), and the leader whose disk hangs (R26).

use super::super::Role;
use crate::error::TransferError;
use crate::message::Body;
use crate::mutant::Mutant;
use crate::node::RawNode;
use crate::types::{Index, NodeId};

/// A transfer under way. Nothing is proposed meanwhile.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Transfer {
    pub(super) to: NodeId,
    /// Ticks since it began; it is given up after an election timeout.
    elapsed: u32,
    has_asked: bool,
}

impl RawNode {
    /// Hands the office over to another voter, once its log is level with this one. It is given up
    /// after an election timeout; until then proposals are refused.
    ///
    /// # Errors
    /// If this node does not lead, or the other one cannot.
    pub fn transfer_leader(&mut self, to: NodeId) -> Result<(), TransferError> {
        let is_voter = self.membership().is_voter(to);
        let Role::Leader(leader) = &mut self.role else {
            return Err(TransferError::NotLeader);
        };
        if to == self.id || !is_voter {
            return Err(TransferError::NotAnotherVoter { to });
        }
        if leader.transfer.is_none_or(|transfer| transfer.to != to) {
            leader.transfer = Some(Transfer { to, elapsed: 0, has_asked: false });
            self.hand_over_if_level(to);
        }
        self.check_all();
        Ok(())
    }

    /// Gives a transfer up: proposals are welcome again. A request to campaign may have left already
    /// and still elect the other node, so a lease stays void for the rest of the term (R20).
    pub fn abort_transfer(&mut self) {
        if let Role::Leader(leader) = &mut self.role {
            leader.transfer = None;
        }
    }

    /// To whom this leader hands over its office, if it does.
    #[must_use]
    pub fn transferee(&self) -> Option<NodeId> {
        match &self.role {
            Role::Leader(leader) => leader.transfer.map(|transfer| transfer.to),
            _ => None,
        }
    }

    /// Asks the transferee to campaign if its log is level with this one (R20).
    pub(super) fn hand_over_if_level(&mut self, member: NodeId) {
        let last = self.log.last().index;
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        let matched = leader.seen(member).map_or(Index::ZERO, |progress| progress.matched);
        let Some(transfer) = &mut leader.transfer else {
            return;
        };
        if transfer.to != member || transfer.has_asked || matched < last {
            return;
        }
        transfer.has_asked = true;
        leader.is_lease_void = true;
        self.say(member, Body::TimeoutNow);
    }

    pub(super) fn tick_transfer(&mut self) {
        let election_ticks = self.config.election_ticks;
        if let Role::Leader(leader) = &mut self.role
            && let Some(transfer) = &mut leader.transfer
        {
            transfer.elapsed += 1;
            if transfer.elapsed >= election_ticks && !self.active.is(Mutant::Lg) {
                leader.transfer = None;
            }
        }
    }

    /// A leader whose disk hangs commits with the copies of others, but never answers a client. It
    /// hands its office to somebody whose log is level, or else leaves it (R26).
    pub(super) fn tick_stall(&mut self) {
        let max = self.config.sync_stall_ticks_max;
        let oldest = self.writes.oldest_awaited();
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        leader.stalled = match oldest {
            Some(seq) if seq == leader.stalled.0 => (seq, leader.stalled.1.saturating_add(1)),
            Some(seq) => (seq, 0),
            None => (0, 0),
        };
        let is_off = max == 0 || self.active.is(Mutant::Lm);
        if is_off || leader.stalled.1 < max || leader.transfer.is_some() {
            return;
        }
        let last = self.log.last().index;
        let membership = self.memberships.active();
        let level = leader.peers.iter().find(|progress| {
            progress.matched == last && progress.is_active && membership.is_voter(progress.id)
        });
        match level.map(|progress| progress.id) {
            Some(to) => {
                // Another voter, so that this is no refusal.
                let _ = self.transfer_leader(to);
            }
            None => self.follow(None),
        }
    }
}
