//! Messages from other nodes.

use core::cmp::Ordering;

use crate::error::StepError;
use crate::message::{Body, Message};
use crate::mutant::Mutant;
use crate::node::RawNode;
use crate::role::Role;
use crate::types::{LogId, Round, Term};

impl RawNode {
    /// Takes a message from another node, whether it is a member or not: this node may be the one
    /// that does not know yet.
    ///
    /// # Errors
    /// If no correct node would have sent it, or it was sent elsewhere. It is dropped then, and
    /// the application need do nothing but perhaps say so.
    pub fn step(&mut self, message: Message) -> Result<(), StepError> {
        if message.to != self.id {
            return Err(StepError::NotForThisNode { to: message.to });
        }
        if message.from == self.id {
            return Err(StepError::FromThisNode);
        }
        if !message.is_well_formed() {
            return Err(StepError::Malformed);
        }
        if self.breaks_a_promise(&message.body) {
            return Ok(());
        }
        let outcome = match message.term.cmp(&self.term) {
            Ordering::Less => {
                self.answer_an_older_term(&message);
                Ok(())
            }
            Ordering::Equal => self.dispatch(message),
            Ordering::Greater => {
                if enters_its_term(&message.body) && !self.stays_behind(&message.body) {
                    self.enter_term(message.term, None);
                    self.follow(None);
                }
                self.dispatch(message)
            }
        };
        self.check();
        outcome
    }

    /// A node that has promised its leader to elect nobody else does not even look at a request for
    /// a vote, unless that leader itself asked for the election (R20, R22).
    fn breaks_a_promise(&self, body: &Body) -> bool {
        match body {
            Body::PreVote(candidacy) | Body::Vote(candidacy) => {
                self.is_promised() && !candidacy.is_transfer
            }
            _ => false,
        }
    }

    /// Whether a follower misses that a message is of a later term (mutant K13).
    fn stays_behind(&self, body: &Body) -> bool {
        // A leader would refuse it instead, and nobody speaks in term 0.
        let may = matches!(self.role, Role::Follower { .. }) && self.term > Term(0);
        self.active.is(Mutant::K13) && may && matches!(body, Body::Append { .. })
    }

    /// Whoever still acts in an older term learns of the newer one from the answer. A late request
    /// for a vote is not refused, for its sender may be a candidate of the newer term by now, and
    /// would take the refusal for the answer to what it asks today.
    fn answer_an_older_term(&mut self, message: &Message) {
        let answer = match message.body {
            Body::PreVote(_) => {
                Body::PreVoteResponse { granted: false, committed: self.log.committed() }
            }
            Body::Vote(_) | Body::Heartbeat { .. } | Body::Commit { .. } | Body::Snapshot(_) => {
                Body::HeartbeatResponse { round: Round::default() }
            }
            Body::Append { prev, .. } => {
                Body::AppendRejected { prev: prev.index, hint: LogId::default() }
            }
            Body::Read { id } => Body::ReadResponse { id, index: None },
            Body::VoteResponse { granted: true, .. } if self.active.is(Mutant::K3) => {
                self.count_vote(message.from, true);
                return;
            }
            Body::AppendAccepted { last } if self.active.is(Mutant::F43) => {
                // What this leader never had is refused, as it is of the current term.
                let _ = self.on_append_accepted(message.from, last);
                return;
            }
            _ => return,
        };
        if !self.active.is(Mutant::Le) {
            self.say(message.from, answer);
        }
    }

    fn dispatch(&mut self, message: Message) -> Result<(), StepError> {
        let Message { from, term, body, .. } = message;
        match body {
            Body::PreVote(candidacy) => self.on_pre_vote(from, term, candidacy),
            Body::PreVoteResponse { granted, committed } => {
                self.on_pre_vote_response(from, term, granted, committed);
            }
            Body::Vote(candidacy) => self.on_vote(from, candidacy),
            Body::VoteResponse { granted, committed } => {
                self.on_vote_response(from, granted, committed);
            }
            Body::Append { prev, entries, commit } => {
                return self.on_append(from, prev, entries, commit);
            }
            Body::Commit { commit } => return self.on_commit(from, commit),
            Body::Heartbeat { commit, round } => return self.on_heartbeat(from, commit, round),
            Body::Snapshot(snapshot) => return self.on_snapshot(from, snapshot),
            Body::TimeoutNow => return self.on_timeout_now(from),
            Body::Propose(payloads) => self.on_propose(payloads),
            Body::Read { id } => self.on_read(from, id),
            Body::ReadResponse { id, index } => self.on_read_response(id, index),
            Body::AppendAccepted { last } => return self.on_append_accepted(from, last),
            Body::AppendRejected { prev, hint } => self.on_append_rejected(from, prev, hint),
            Body::HeartbeatResponse { round } => self.on_heartbeat_response(from, round),
            Body::SnapshotRequest { at_least } => self.on_snapshot_request(from, at_least),
        }
        Ok(())
    }
}

/// Whether a message of a later term takes its receiver there. A question about a term that nobody
/// has entered does not, nor does the consent to it (thesis, section 9.6).
fn enters_its_term(body: &Body) -> bool {
    !matches!(body, Body::PreVote(_) | Body::PreVoteResponse { granted: true, .. })
}
