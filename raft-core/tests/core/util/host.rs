//! A host: it takes Readys, keeps a disk of writes, and syncs when a test says so.

use std::sync::Arc;

use syncline_raft::{
    Body, Config, Entry, Fetch, HardState, Index, LogId, Membership, Message, NewError, Payload,
    RawNode, ReadId, ReadOutcome, Ready, Restored, RoleKind, Snapshot, SnapshotWanted, Status,
    StepError, SyncWanted, Term, Write,
};

use super::machine::{Machine, Work};
use super::words::{GRANT, ME, config, id, seq};

/// What a disk holds after some write.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Image {
    pub(crate) hard_state: HardState,
    /// The snapshot that the log begins with, if one came.
    pub(crate) snapshot: Option<Arc<Snapshot>>,
    pub(crate) entries: Vec<Entry>,
}

impl Image {
    /// The entry before the first one.
    pub(crate) fn base(&self) -> LogId {
        self.snapshot.as_ref().map_or(LogId::default(), |snapshot| snapshot.last)
    }

    pub(crate) fn last(&self) -> LogId {
        self.entries.last().map_or(self.base(), |entry| entry.id)
    }

    /// This image with one more write, which must fit it.
    fn then(&self, write: &Write) -> Image {
        let mut next = self.clone();
        if let Some(snapshot) = &write.snapshot {
            assert_eq!(write.truncate_from, None, "a snapshot leaves nothing to truncate");
            next.entries.clear();
            next.snapshot = Some(Arc::clone(snapshot));
        }
        let base = next.base().index.0;
        if let Some(from) = write.truncate_from {
            let within = base < from.0 && from.0 <= next.last().index.0;
            assert!(within, "nothing to truncate at {from}");
            next.entries.truncate((from.0 - base) as usize - 1);
        }
        for entry in &write.entries {
            assert_eq!(entry.index(), next.last().index.next(), "the write leaves a gap");
            next.entries.push(entry.clone());
        }
        next.hard_state = write.hard_state;
        let (last, hard_state) = (next.last(), next.hard_state);
        assert!(hard_state.commit <= last.index, "R3: commit beyond the log");
        assert!(last.term <= hard_state.term, "R1: an entry before its term");
        next
    }

    /// The entries after one, up to another, that lie here.
    pub(crate) fn between(&self, after: Index, last: Index) -> Vec<Entry> {
        let wanted = self.entries.iter();
        wanted.filter(|entry| after < entry.index() && entry.index() <= last).cloned().collect()
    }
}

/// One node with what its host keeps for it.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    pub(crate) node: RawNode,
    config: Config,
    /// The state machine that a restart finds.
    durable: Machine,
    /// The disk after each write issued; the first is what the node started with.
    pub(crate) images: Vec<Image>,
    /// How many writes are advanced.
    pub(crate) advanced: usize,
    /// How many writes are synced.
    pub(crate) synced: usize,
    /// What was handed out to be sent, and not collected yet.
    sent: Vec<Message>,
    /// Whether the state machine waits to be told to work.
    pub(crate) is_slow: bool,
    /// What was handed out to the state machine, and is not done.
    pub(crate) work: std::collections::VecDeque<Work>,
    /// How far the state machine is, and how far it will be when its work is done.
    pub(crate) machine: Machine,
    pub(crate) handed_out: Machine,
    /// Which entries were applied, since the beginning.
    pub(crate) applied: Vec<Entry>,
    /// Which snapshots were installed, since the beginning.
    pub(crate) installed: Vec<LogId>,
    reads: Vec<ReadOutcome>,
    fetches: Vec<Fetch>,
    wants: Vec<SnapshotWanted>,
}

impl Host {
    /// A new node 1 of this many voters.
    pub(crate) fn new(voters: u64) -> Host {
        Host::with(config(ME), Image::default(), Machine::of(voters))
    }

    /// A node whose disk holds this, and whose state machine is so far.
    pub(crate) fn with(config: Config, image: Image, machine: Machine) -> Host {
        Host::try_with(config, image, machine).expect("what a node leaves behind")
    }

    pub(crate) fn try_with(
        config: Config,
        image: Image,
        machine: Machine,
    ) -> Result<Host, NewError> {
        let applied = machine.applied;
        let restored = Restored {
            hard_state: image.hard_state,
            base: image.base(),
            entries: image.entries.clone(),
            applied,
            membership: machine.membership.clone(),
            snapshot: image.snapshot.clone().filter(|snapshot| snapshot.last.index > applied),
            ..Restored::default()
        };
        let handed_out = image.between(Index::ZERO, applied);
        Ok(Host {
            node: RawNode::new(config.clone(), restored)?,
            config,
            durable: machine.clone(),
            images: vec![image],
            advanced: 0,
            synced: 0,
            sent: Vec::new(),
            is_slow: false,
            work: std::collections::VecDeque::new(),
            handed_out: machine.clone(),
            machine,
            applied: handed_out,
            installed: Vec::new(),
            reads: Vec::new(),
            fetches: Vec::new(),
            wants: Vec::new(),
        })
    }

    /// A node 1 of three voters that follows node 2 in `term`, whose log has entries of these terms,
    /// synced, and of which nothing is committed.
    pub(crate) fn follower(term: u64, terms: &[u64]) -> Host {
        Host::follower_with(config(ME), term, terms)
    }

    pub(crate) fn follower_with(config: Config, term: u64, terms: &[u64]) -> Host {
        let mut host = Host::with(config, Image::default(), Machine::of(3));
        let entries = super::run(1, terms);
        host.hear(2, term, super::append(super::at(0, 0), entries, 0)).expect("a new log");
        host.settle();
        host.sent.clear();
        host
    }

    /// A node 1 of three voters that leads term 1: its no-op at index 1 is issued, not yet synced.
    pub(crate) fn leader() -> Host {
        Host::leader_with(config(ME), 3)
    }

    pub(crate) fn leader_with(config: Config, voters: u64) -> Host {
        let mut host = Host::with(config, Image::default(), Machine::of(voters));
        host.campaign_and_win();
        host
    }

    /// Lets the node campaign, and others vote for it as far as that is needed. What it issues as a
    /// leader is not synced.
    pub(crate) fn campaign_and_win(&mut self) {
        self.node.campaign().expect("it may campaign");
        for voter in 2..=9 {
            if self.status().role == RoleKind::PreCandidate {
                let term = self.status().term.0 + 1;
                self.hear(voter, term, super::CONSENT).expect("of a voter");
            }
        }
        self.settle();
        for voter in 2..=9 {
            if self.status().role == RoleKind::Candidate {
                self.hear_now(voter, GRANT);
            }
        }
        assert_eq!(self.status().role, RoleKind::Leader);
        self.pump();
        self.sent.clear();
    }

    pub(crate) fn status(&self) -> Status {
        self.node.status()
    }

    pub(crate) fn membership(&self) -> &Membership {
        self.node.membership()
    }

    /// The newest disk.
    pub(crate) fn disk(&self) -> &Image {
        self.images.last().expect("the disk it started with")
    }

    /// The entry at an index of the log that is issued; beyond its end, one of term 0.
    pub(crate) fn issued(&self, index: u64) -> LogId {
        let disk = self.disk();
        let known = disk.entries.iter().map(|entry| entry.id).chain([disk.base()]);
        known.into_iter().find(|id| id.index.0 == index).unwrap_or(super::at(0, index))
    }

    pub(crate) fn wanted(&self) -> Option<SyncWanted> {
        self.node.sync_wanted()
    }

    /// Delivers what node `from` says in `term`.
    pub(crate) fn hear(&mut self, from: u64, term: u64, body: Body) -> Result<(), StepError> {
        let to = self.status().id;
        self.node.step(Message { from: id(from), to, term: Term(term), body })
    }

    /// Delivers what node `from` says in this node's own term.
    pub(crate) fn hear_now(&mut self, from: u64, body: Body) {
        let term = self.status().term.0;
        self.hear(from, term, body).expect("a message of a correct node");
    }

    /// Proposes a command.
    pub(crate) fn propose(&mut self) {
        self.node.propose([0].into()).expect("it leads");
    }

    /// Takes one Ready, if there is one: writes are issued, messages collected, entries applied.
    pub(crate) fn take(&mut self) -> bool {
        let expected = self.node.has_ready();
        let ready = self.node.ready();
        assert_eq!(ready.is_some(), expected, "has_ready and ready must agree");
        let Some(Ready { write, messages, apply, install, reads, fetches, snapshots }) = ready
        else {
            return false;
        };
        if let Some(write) = write {
            self.issue(&write);
        }
        self.sent.extend(messages);
        self.reads.extend(reads);
        self.fetches.extend(fetches);
        self.wants.extend(snapshots);
        assert!(apply.is_none() || install.is_none(), "one after the other (R8, R15)");
        if let Some(snapshot) = install {
            let synced = &self.images[..=self.synced];
            let is_synced = synced.iter().any(|image| image.snapshot.as_ref() == Some(&snapshot));
            assert!(is_synced, "R15: handed to the machine before the sync");
            self.hand_out(Work::Install(snapshot));
        }
        if let Some(apply) = apply {
            self.hand_out(Work::Apply(apply));
        }
        if !self.is_slow {
            while self.work_once() {}
        }
        true
    }

    fn hand_out(&mut self, work: Work) {
        self.handed_out.check_and_do(&work);
        self.work.push_back(work);
    }

    fn issue(&mut self, write: &Write) {
        assert_eq!(write.seq, seq(self.images.len() as u64), "writes are numbered from 1");
        let (old, next) = (self.disk().hard_state, self.disk().then(write));
        let new = next.hard_state;
        let is_same = (old.term, old.vote) == (new.term, new.vote);
        let says_more = !is_same || !write.entries.is_empty() || write.snapshot.is_some();
        assert_eq!(write.commit_only, !says_more, "{write:?}");
        self.images.push(next);
    }

    /// Lets the state machine do the next piece of its work.
    pub(crate) fn work_once(&mut self) -> bool {
        let Some(work) = self.work.pop_front() else {
            return false;
        };
        self.machine.check_and_do(&work);
        match &work {
            Work::Apply(apply) => self.applied.extend(apply.entries.iter().cloned()),
            Work::Install(snapshot) => self.installed.push(snapshot.last),
        }
        self.node.applied(work.last()).expect("just handed out");
        assert_eq!(self.node.membership(), &self.machine.membership, "R18");
        true
    }

    /// Takes Readys until there is none.
    pub(crate) fn pump(&mut self) {
        while self.take() {}
    }

    /// Says that every write issued is advanced.
    pub(crate) fn advance(&mut self) {
        while self.advanced + 1 < self.images.len() {
            self.advanced += 1;
            self.node.advance(seq(self.advanced as u64)).expect("the next write");
        }
    }

    /// Says that every write up to this one is synced.
    pub(crate) fn sync_to(&mut self, write: usize) {
        self.node.synced(seq(write as u64)).expect("an advanced write");
        self.synced = self.synced.max(write);
    }

    /// Advances and syncs what is issued.
    pub(crate) fn sync(&mut self) {
        self.advance();
        if self.advanced > 0 {
            self.sync_to(self.advanced);
        }
    }

    /// Takes Readys and syncs until the node has nothing more to do.
    pub(crate) fn settle(&mut self) {
        while self.node.has_ready() || self.synced + 1 < self.images.len() {
            self.pump();
            self.sync();
        }
    }

    /// What was handed out to be sent since this was asked last.
    pub(crate) fn sent(&mut self) -> Vec<Message> {
        self.pump();
        std::mem::take(&mut self.sent)
    }

    /// The same, without addresses and terms.
    pub(crate) fn said(&mut self) -> Vec<Body> {
        self.sent().into_iter().map(|message| message.body).collect()
    }

    /// The same, but only what is for one node.
    pub(crate) fn told(&mut self, to: u64) -> Vec<Body> {
        let sent = self.sent().into_iter();
        sent.filter(|message| message.to == id(to)).map(|message| message.body).collect()
    }

    /// What became of reads since this was asked last.
    pub(crate) fn outcomes(&mut self) -> Vec<(ReadId, Option<Index>)> {
        self.pump();
        std::mem::take(&mut self.reads).into_iter().map(|read| (read.id, read.index)).collect()
    }

    /// Which entries were to be read back since this was asked last.
    pub(crate) fn fetches(&mut self) -> Vec<Fetch> {
        self.pump();
        std::mem::take(&mut self.fetches)
    }

    /// Who was found to need a snapshot since this was asked last.
    pub(crate) fn wants(&mut self) -> Vec<SnapshotWanted> {
        self.pump();
        std::mem::take(&mut self.wants)
    }

    /// Reads back what the node asked for, as far as the disk has it.
    pub(crate) fn fetch(&mut self, fetch: Fetch) {
        let entries = self.disk().between(fetch.after, fetch.last);
        self.node.fetched(fetch, entries).expect("what was asked for");
    }

    /// The state of the state machine now.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        let applied = self.machine.applied;
        let known = self.applied.iter().map(|entry| entry.id);
        let last = known.chain(self.installed.iter().copied()).find(|id| id.index == applied);
        super::snapshot_of(last.expect("it has applied something"), self.membership().clone())
    }

    /// Makes the state of the state machine durable, as of now.
    pub(crate) fn save(&mut self) {
        self.durable = self.machine.clone();
    }

    /// Makes the state of the state machine durable, and compacts the log up to it.
    pub(crate) fn compact(&mut self) {
        self.save();
        self.node.compact(self.machine.applied).expect("that is applied and synced");
    }

    /// The payloads of what was applied that are changes of the membership.
    pub(crate) fn changes(&self) -> usize {
        let is_change = |entry: &&Entry| matches!(entry.payload, Payload::Membership(_));
        self.applied.iter().filter(is_change).count()
    }

    /// Loses power; every write after `kept` is gone. The node is built anew from the rest.
    pub(crate) fn crash(self, kept: usize) -> Host {
        assert!(kept >= self.synced, "a crash takes nothing that is synced");
        Host::with(self.config, self.images[kept].clone(), self.durable)
    }
}
