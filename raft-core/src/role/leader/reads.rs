//! Rounds of heartbeats, and the reads and the lease that rest on them.
//!
//! A round has a number that is the leader's own, so that no answer to an older question counts for
//! a newer one (R21, etcd issue 20418). The newest round that a quorum has answered confirms all
//! reads that came before it left, and tells since when no other leader can have been elected (R22).

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::super::Role;
use crate::config::ReadMode;
use crate::message::{Body, Message};
use crate::mutant::Mutant;
use crate::node::RawNode;
use crate::quorum;
use crate::types::{Index, NodeId, ReadId, Round};

/// How many rounds are told apart while no quorum answers. Beyond that the oldest one's reads wait
/// for the next, so that a leader who is cut off keeps a bounded memory.
const OPEN_ROUNDS_MAX: usize = 16;

/// Who wants to read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct ReadRequest {
    pub(crate) node: NodeId,
    pub(crate) id: ReadId,
}

/// A round that no quorum has answered yet.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct OpenRound {
    round: Round,
    /// The leader's ticks when it left.
    sent_ticks: u64,
    /// The commit index when it left, which its reads are served at.
    index: Index,
    reads: Vec<ReadRequest>,
}

/// All rounds of one term.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Rounds {
    newest: Round,
    open: VecDeque<OpenRound>,
    /// Reads that came after the newest round left.
    waiting: Vec<ReadRequest>,
    /// A round is due although nobody reads.
    pub(super) is_due: bool,
    /// The leader's ticks when the newest round left that a quorum has answered.
    confirmed_ticks: Option<u64>,
}

impl Rounds {
    pub(super) fn newest(&self) -> Round {
        self.newest
    }

    /// How many reads wait.
    fn reads(&self) -> usize {
        self.waiting.len() + self.open.iter().map(|open| open.reads.len()).sum::<usize>()
    }

    pub(super) fn into_requests(self) -> impl Iterator<Item = ReadRequest> {
        self.open.into_iter().flat_map(|open| open.reads).chain(self.waiting)
    }

    /// A round leaves now; with reads if the leader knows what is committed.
    fn begin(&mut self, sent_ticks: u64, committed: Option<Index>) -> Round {
        self.is_due = false;
        self.newest.0 += 1;
        let reads = match committed {
            Some(_) => core::mem::take(&mut self.waiting),
            None => Vec::new(),
        };
        let (round, index) = (self.newest, committed.unwrap_or_default());
        self.open.push_back(OpenRound { round, sent_ticks, index, reads });
        if self.open.len() > OPEN_ROUNDS_MAX
            && let Some(oldest) = self.open.pop_front()
            && let Some(next) = self.open.front_mut()
        {
            next.reads.splice(0..0, oldest.reads);
        }
        round
    }

    /// A quorum has answered every round up to this one. The next read that this serves.
    fn confirm(&mut self, round: Round) -> Option<OpenRound> {
        if self.open.front()?.round > round {
            return None;
        }
        let open = self.open.pop_front()?;
        if self.open.is_empty() {
            // Every heartbeat of an idle leader opens a round, so none may leave room behind.
            self.open = VecDeque::new();
        }
        self.confirmed_ticks = Some(open.sent_ticks);
        Some(open)
    }
}

impl RawNode {
    /// Whether a round of heartbeats leaves with the next Ready.
    pub(crate) fn wants_round(&self) -> bool {
        match &self.role {
            Role::Leader(leader) => {
                let rounds = &leader.rounds;
                // Alone, a leader has nobody to hear it, and a Ready would hand nothing out.
                (rounds.is_due && !leader.peers.is_empty())
                    || (!rounds.waiting.is_empty() && self.is_in_office())
            }
            _ => false,
        }
    }

    /// Whether this leader has committed an entry of its term, so that it knows what is (R21).
    pub(super) fn is_in_office(&self) -> bool {
        match &self.role {
            Role::Leader(leader) => {
                self.log.cursors.committed >= leader.first || self.active.is(Mutant::Q2)
            }
            _ => false,
        }
    }

    /// Sends a round of heartbeats. A heartbeat carries no commit that its receiver has not
    /// acknowledged in this term (R7).
    pub(crate) fn compose_round(&mut self) {
        let commit = self.log.cursors.committed;
        let known = self.is_in_office().then_some(commit);
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        leader.heartbeat_elapsed = 0;
        let round = leader.rounds.begin(leader.ticks, known);
        let is_blind = self.active.is(Mutant::K21);
        for progress in &mut leader.peers {
            let commit = if is_blind { commit } else { commit.min(progress.matched) };
            progress.told(commit);
            let body = Body::Heartbeat { commit, round };
            let (to, from, term) = (progress.id, self.id, self.term);
            self.outbox.add(Message { from, to, term, body });
        }
        self.confirm_rounds();
    }

    /// Serves what the newest round that a quorum has answered confirms.
    pub(super) fn confirm_rounds(&mut self) {
        let Role::Leader(leader) = &self.role else {
            return;
        };
        let (own, newest) = (self.id, leader.rounds.newest);
        let answered = |id: NodeId| {
            let peer = || leader.seen(id).map_or(Round::default(), |progress| progress.answered);
            if id == own { newest } else { peer() }
        };
        let half = self.active.is(Mutant::Q10).then(|| self.membership().incoming_half());
        let membership = half.as_ref().unwrap_or(self.memberships.active());
        let confirmed = quorum::reached(membership, answered).unwrap_or_default();
        while let Role::Leader(leader) = &mut self.role
            && let Some(open) = leader.rounds.confirm(confirmed)
        {
            for request in open.reads {
                self.serve_read(request, open.index);
            }
        }
    }

    /// Takes a read, this node's own or another's, that this leader is to serve.
    pub(crate) fn queue_read(&mut self, request: ReadRequest) -> Result<(), ()> {
        let committed = self.log.cursors.committed;
        let is_in_office = self.is_in_office();
        if self.has_lease() || (self.active.is(Mutant::Q1) && is_in_office) {
            self.serve_read(request, committed);
            return Ok(());
        }
        let max = self.config.reads_max as usize;
        let Role::Leader(leader) = &mut self.role else {
            return Err(());
        };
        if leader.rounds.reads() >= max {
            return Err(());
        }
        if self.active.is(Mutant::F38)
            && is_in_office
            && let Some(running) = leader.rounds.open.back_mut()
        {
            running.index = committed;
            running.reads.push(request);
        } else {
            leader.rounds.waiting.push(request);
        }
        Ok(())
    }

    /// Whether no other leader can have been elected yet: a quorum has promised, when it answered the
    /// newest confirmed round, to elect nobody for an election timeout, and that timeout, counted from
    /// when the round left and shortened by what clocks may drift, is not over (R22). A read that this
    /// leader takes while this is so is answered at once.
    #[must_use]
    pub fn has_lease(&self) -> bool {
        let ReadMode::Lease { drift_ticks } = self.config.reads else {
            return false;
        };
        let Role::Leader(leader) = &self.role else {
            return false;
        };
        let lasts = u64::from(self.config.election_ticks - drift_ticks);
        let confirmed = leader.rounds.confirmed_ticks;
        let in_time = confirmed.is_some_and(|sent| leader.ticks < sent + lasts)
            || self.active.is(Mutant::F40);
        let is_void = match leader.transfer {
            None if self.active.is(Mutant::F35) => false,
            _ => leader.is_lease_void,
        };
        in_time && !is_void && self.is_in_office()
    }
}
