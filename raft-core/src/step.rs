//! Messages from other nodes.

use core::cmp::Ordering;

use crate::error::StepError;
use crate::message::{Body, Message};
use crate::mutant::Mutant;
use crate::node::RawNode;

impl RawNode {
    /// Takes a message from another node.
    ///
    /// # Errors
    /// If no correct node would have sent it, or it was sent elsewhere. It is dropped then, and
    /// the application need do nothing but perhaps say so.
    pub fn step(&mut self, message: Message) -> Result<(), StepError> {
        if message.to != self.id {
            return Err(StepError::NotForThisNode { to: message.to });
        }
        if message.from == self.id || !self.voters.contains(&message.from) {
            return Err(StepError::UnknownSender(message.from));
        }
        if !message.is_well_formed() {
            return Err(StepError::Malformed);
        }
        let outcome = match message.term.cmp(&self.term) {
            Ordering::Less => {
                self.answer_an_older_term(&message);
                Ok(())
            }
            Ordering::Equal => self.dispatch(message),
            Ordering::Greater => {
                self.enter_term(message.term, None);
                self.follow(None);
                self.dispatch(message)
            }
        };
        self.check();
        outcome
    }

    /// Whoever still acts in an older term learns of the newer one from the answer. A late request
    /// for a vote is not refused, for its sender may be a candidate of the newer term by now, and
    /// would take the refusal for the answer to what it asks today.
    fn answer_an_older_term(&mut self, message: &Message) {
        let answer = match message.body {
            Body::Vote { .. } | Body::Heartbeat { .. } => Body::HeartbeatResponse,
            Body::Append { prev, .. } => {
                let hint = self.log.newest_at_most(prev.index, prev.term);
                Body::AppendRejected { prev: prev.index, hint }
            }
            Body::VoteResponse { granted: true } if self.active.is(Mutant::K3) => {
                self.count_vote(message.from, true);
                return;
            }
            Body::VoteResponse { .. }
            | Body::AppendAccepted { .. }
            | Body::AppendRejected { .. }
            | Body::HeartbeatResponse => return,
        };
        self.say(message.from, answer);
    }

    fn dispatch(&mut self, message: Message) -> Result<(), StepError> {
        let from = message.from;
        match message.body {
            Body::Vote { last } => self.on_vote(from, last),
            Body::VoteResponse { granted } => self.count_vote(from, granted),
            Body::Append { prev, entries, commit } => {
                return self.on_append(from, prev, &entries, commit);
            }
            Body::AppendAccepted { last } => return self.on_append_accepted(from, last),
            Body::AppendRejected { prev, hint } => self.on_append_rejected(from, prev, hint),
            Body::Heartbeat { commit } => return self.on_heartbeat(from, commit),
            Body::HeartbeatResponse => self.on_heartbeat_response(from),
        }
        Ok(())
    }
}
