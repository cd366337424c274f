//! Linearizable reads (thesis, section 6.4): any node asks, the leader answers with the index that
//! must be applied before the read is served.
//!
//! Every read that is accepted has an outcome in some later Ready, if only that it is lost.

use alloc::vec::Vec;

use crate::error::ReadError;
use crate::message::Body;
use crate::node::RawNode;
use crate::role::{ReadRequest, Role};
use crate::types::{Index, NodeId, ReadId};

/// What became of a read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ReadOutcome {
    /// Which one.
    pub id: ReadId,
    /// What must be applied before the state machine is read; `None` if the read is lost, and to be
    /// asked again.
    pub index: Option<Index>,
}

/// The reads of this node that others serve, and the outcomes that it has not handed out yet.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Reads {
    next: ReadId,
    /// Sent on to the leader, with the ticks since.
    forwarded: Vec<(ReadId, u32)>,
    pub(crate) done: Vec<ReadOutcome>,
}

impl Reads {
    /// The numbers begin somewhere else in each incarnation, so that an answer to a question of an
    /// earlier one is not taken for the answer to another.
    pub(crate) fn new(first: u64) -> Reads {
        Reads { next: ReadId(first), forwarded: Vec::new(), done: Vec::new() }
    }

    /// Whether a read waits for the leader.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.forwarded.is_empty()
    }

    fn number(&mut self) -> ReadId {
        let id = self.next;
        self.next.0 = self.next.0.wrapping_add(1);
        id
    }

    fn answered(&mut self, id: ReadId, index: Option<Index>) {
        self.done.push(ReadOutcome { id, index });
    }
}

impl RawNode {
    /// Asks for a linearizable read. Its outcome is in a later Ready: once the index that it names is
    /// applied here, the state machine shows everything that was acknowledged before this call.
    ///
    /// # Errors
    /// If there is nobody to ask, or too many reads wait already.
    pub fn read_index(&mut self) -> Result<ReadId, ReadError> {
        let max = self.config.reads_max;
        let id = match self.leader() {
            None => return Err(ReadError::NoLeader),
            Some(leader) if leader == self.id => {
                let id = self.reads.number();
                let request = ReadRequest { node: leader, id };
                self.queue_read(request).map_err(|()| ReadError::TooMany { max })?;
                id
            }
            Some(leader) => {
                if self.reads.forwarded.len() >= max as usize {
                    return Err(ReadError::TooMany { max });
                }
                let id = self.reads.number();
                self.reads.forwarded.push((id, 0));
                self.say(leader, Body::Read { id });
                id
            }
        };
        self.check_all();
        Ok(id)
    }

    /// Takes another node's read, if this node leads.
    pub(crate) fn on_read(&mut self, node: NodeId, id: ReadId) {
        let request = ReadRequest { node, id };
        if self.queue_read(request).is_err() {
            self.refuse_read(request);
        }
    }

    /// Takes the leader's answer. One that nobody waits for any more is ignored.
    pub(crate) fn on_read_response(&mut self, id: ReadId, index: Option<Index>) {
        let waits = self.reads.forwarded.iter().position(|(other, _)| *other == id);
        if let Some(position) = waits {
            self.reads.forwarded.swap_remove(position);
            self.reads.answered(id, index);
        }
    }

    pub(crate) fn serve_read(&mut self, request: ReadRequest, index: Index) {
        self.answer_read(request, Some(index));
    }

    pub(crate) fn refuse_read(&mut self, request: ReadRequest) {
        self.answer_read(request, None);
    }

    fn answer_read(&mut self, request: ReadRequest, index: Option<Index>) {
        let ReadRequest { node, id } = request;
        if node == self.id {
            self.reads.answered(id, index);
        } else {
            self.say(node, Body::ReadResponse { id, index });
        }
    }

    /// A read that no answer comes to is lost: its question or its answer may be.
    pub(crate) fn tick_reads(&mut self) {
        let patience = self.config.election_ticks;
        let Reads { forwarded, done, .. } = &mut self.reads;
        forwarded.retain_mut(|(id, waited)| {
            *waited += 1;
            let waits = *waited < patience;
            if !waits {
                done.push(ReadOutcome { id: *id, index: None });
            }
            waits
        });
    }

    /// Whom this node follows has changed, so nobody will answer what was asked before.
    pub(crate) fn fail_forwarded_reads(&mut self) {
        for (id, _) in core::mem::take(&mut self.reads.forwarded) {
            self.reads.answered(id, None);
        }
    }

    /// Who leads the term, as far as this node knows; itself if it leads.
    #[must_use]
    pub fn leader(&self) -> Option<NodeId> {
        match &self.role {
            Role::Follower { leader } => *leader,
            Role::PreCandidate(_) | Role::Candidate(_) => None,
            Role::Leader(_) => Some(self.id),
        }
    }
}
