//! Our core behind the face of a foreign library: no fork, no fingerprint, messages of its own.
//!
//! It keeps the seam honest: whatever works with it works with a library that offers as little.

use syncline_raft::{
    AdvanceError, AppliedError, Index, Message, Restored, Status, SyncWanted, SyncedError, WriteSeq,
};
use syncline_traces::Claim;

use super::{Issue, RaftCore, Setup, StartError, Subject};
use crate::net::Label;

/// A node that can be neither cloned nor hashed.
#[derive(Debug)]
pub struct Unforkable(RaftCore);

/// A message that only its own library understands.
#[derive(Clone, Hash, Debug)]
pub struct Opaque(Message);

impl Subject for Unforkable {
    const NAME: &'static str = "unforkable";
    type Message = Opaque;

    fn start(setup: &Setup, restored: Restored) -> Result<Unforkable, StartError> {
        RaftCore::start(setup, restored).map(Unforkable)
    }

    fn fork(&self) -> Option<Unforkable> {
        None
    }

    fn fingerprint(&self) -> Option<u128> {
        None
    }

    fn label(message: &Opaque) -> Label {
        RaftCore::label(&message.0)
    }

    fn claims(message: &Opaque) -> Claim {
        RaftCore::claims(&message.0)
    }

    fn tick(&mut self) {
        self.0.tick();
    }

    fn campaign(&mut self) -> bool {
        self.0.campaign()
    }

    fn step(&mut self, message: Opaque) -> bool {
        self.0.step(message.0)
    }

    fn propose(&mut self, command: &[u8]) -> Option<Index> {
        self.0.propose(command)
    }

    fn has_ready(&self) -> bool {
        self.0.has_ready()
    }

    fn ready(&mut self) -> Option<Issue<Opaque>> {
        let Issue { write, messages, apply } = self.0.ready()?;
        Some(Issue { write, messages: messages.into_iter().map(Opaque).collect(), apply })
    }

    fn advance(&mut self, write: WriteSeq) -> Result<(), AdvanceError> {
        self.0.advance(write)
    }

    fn synced(&mut self, write: WriteSeq) -> Result<(), SyncedError> {
        self.0.synced(write)
    }

    fn applied(&mut self, index: Index) -> Result<(), AppliedError> {
        self.0.applied(index)
    }

    fn status(&self) -> Status {
        self.0.status()
    }

    fn sync_wanted(&self) -> Option<SyncWanted> {
        self.0.sync_wanted()
    }
}
