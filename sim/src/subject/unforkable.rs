//! Our core behind the face of a foreign library: no fork, no fingerprint, messages of its own.
//!
//! It keeps the seam honest: whatever works with it works with a library that offers as little.

use std::sync::Arc;

use syncline_raft::{
    AdvanceError, AppliedError, Entry, Fetch, Index, MembershipChange, Message, NodeId, ReadId,
    Restored, Snapshot, SnapshotOutcome, Status, SyncWanted, SyncedError, WriteSeq,
};
use syncline_traces::{Claim, Members};

use super::{Issue, RaftCore, Setup, StartError, Subject, Taken};
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

    fn propose(&mut self, command: &[u8]) -> Option<Taken> {
        self.0.propose(command)
    }

    fn has_ready(&self) -> bool {
        self.0.has_ready()
    }

    fn ready(&mut self) -> Option<Issue<Opaque>> {
        let Issue { write, messages, apply, install, reads, fetches, snapshots } =
            self.0.ready()?;
        let messages = messages.into_iter().map(Opaque).collect();
        Some(Issue { write, messages, apply, install, reads, fetches, snapshots })
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

    fn members(&self) -> Option<Members> {
        self.0.members()
    }

    fn change(&mut self, change: MembershipChange) -> Option<Taken> {
        self.0.change(change)
    }

    fn transfer(&mut self, to: NodeId) -> bool {
        self.0.transfer(to)
    }

    fn forget_leader(&mut self) -> bool {
        self.0.forget_leader()
    }

    fn read(&mut self) -> Option<ReadId> {
        self.0.read()
    }

    fn has_lease(&self) -> bool {
        self.0.has_lease()
    }

    fn compact(&mut self, upto: Index) -> bool {
        self.0.compact(upto)
    }

    fn send_snapshot(&mut self, member: NodeId, snapshot: Arc<Snapshot>) -> bool {
        self.0.send_snapshot(member, snapshot)
    }

    fn report_snapshot(&mut self, member: NodeId, outcome: SnapshotOutcome) {
        self.0.report_snapshot(member, outcome);
    }

    fn report_unreachable(&mut self, member: NodeId) {
        self.0.report_unreachable(member);
    }

    fn request_snapshot(&mut self) -> bool {
        self.0.request_snapshot()
    }

    fn fetched(&mut self, fetch: Fetch, entries: Vec<Entry>) -> bool {
        self.0.fetched(fetch, entries)
    }

    fn fetch_failed(&mut self, fetch: Fetch) {
        self.0.fetch_failed(fetch);
    }

    fn matched(&self, member: NodeId) -> Option<Index> {
        self.0.matched(member)
    }
}
