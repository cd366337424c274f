//! A host: it takes Readys, keeps a disk of writes, and syncs when a test says so.

use syncline_raft::{
    Body, Config, Entry, HardState, Index, LogId, Message, NewError, RawNode, Ready, Restored,
    RoleKind, Status, StepError, SyncWanted, Term, Write,
};

use super::words::{GRANT, ME, config, id, seq};

/// What a disk holds after some write.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Image {
    pub(crate) hard_state: HardState,
    pub(crate) entries: Vec<Entry>,
}

impl Image {
    /// This image with one more write, which must fit it.
    fn then(&self, write: &Write) -> Image {
        let mut entries = self.entries.clone();
        if let Some(from) = write.truncate_from {
            assert!(from.0 >= 1 && from.0 <= entries.len() as u64, "nothing to truncate at {from}");
            entries.truncate(from.0 as usize - 1);
        }
        for entry in &write.entries {
            assert_eq!(entry.index().0, entries.len() as u64 + 1, "the write leaves a gap");
            entries.push(entry.clone());
        }
        let hard_state = write.hard_state;
        assert!(hard_state.commit.0 <= entries.len() as u64, "R3: commit beyond the log");
        let last = entries.last().map_or(Term(0), Entry::term);
        assert!(last <= hard_state.term, "R1: an entry before its term");
        Image { hard_state, entries }
    }
}

/// One node with what its host keeps for it.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    pub(crate) node: RawNode,
    config: Config,
    /// The disk after each write issued; the first is what the node started with.
    pub(crate) images: Vec<Image>,
    /// How many writes are advanced.
    pub(crate) advanced: usize,
    /// How many writes are synced.
    pub(crate) synced: usize,
    /// What was handed out to be sent, and not collected yet.
    sent: Vec<Message>,
    /// What was handed out to be applied, since the beginning.
    pub(crate) applied: Vec<Entry>,
}

impl Host {
    /// A new node 1 of this many voters.
    pub(crate) fn new(voters: u64) -> Host {
        Host::with(config(ME, voters), Image::default(), 0)
    }

    /// A node whose disk holds this, of which so much is durably applied.
    pub(crate) fn with(config: Config, image: Image, applied: u64) -> Host {
        Host::try_with(config, image, applied).expect("what a node leaves behind")
    }

    pub(crate) fn try_with(config: Config, image: Image, applied: u64) -> Result<Host, NewError> {
        let Image { hard_state, entries } = image.clone();
        let handed_out = entries.iter().take(applied as usize).cloned().collect();
        let restored = Restored { hard_state, entries, applied: Index(applied) };
        Ok(Host {
            node: RawNode::new(config.clone(), restored)?,
            config,
            images: vec![image],
            advanced: 0,
            synced: 0,
            sent: Vec::new(),
            applied: handed_out,
        })
    }

    /// A node 1 of three voters that follows node 2 in `term`, whose log has entries of these terms,
    /// synced, and of which nothing is committed.
    pub(crate) fn follower(term: u64, terms: &[u64]) -> Host {
        let mut host = Host::new(3);
        let entries = super::run(1, terms);
        host.hear(2, term, super::append(super::at(0, 0), entries, 0)).expect("a new log");
        host.settle();
        host.sent.clear();
        host
    }

    /// A node 1 of three voters that leads term 1: its no-op at index 1 is issued, not yet synced.
    pub(crate) fn leader() -> Host {
        let mut host = Host::new(3);
        host.campaign_and_win();
        host
    }

    /// Lets the node campaign, and node 2 vote for it. What it issues as a leader is not synced.
    pub(crate) fn campaign_and_win(&mut self) {
        self.node.campaign().expect("it may campaign");
        self.settle();
        self.hear_now(2, GRANT);
        assert_eq!(self.status().role, RoleKind::Leader);
        self.pump();
        self.sent.clear();
    }

    pub(crate) fn status(&self) -> Status {
        self.node.status()
    }

    /// The entry at an index of the log that is issued; beyond its end, one of term 0.
    pub(crate) fn issued(&self, index: u64) -> LogId {
        let entries = &self.images.last().expect("the disk it started with").entries;
        let position = index.checked_sub(1);
        let entry = position.and_then(|position| entries.get(position as usize));
        entry.map_or(super::at(0, index), |entry| entry.id)
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

    /// Takes one Ready, if there is one: writes are issued, messages collected, entries applied.
    pub(crate) fn take(&mut self) -> bool {
        let expected = self.node.has_ready();
        let ready = self.node.ready();
        assert_eq!(ready.is_some(), expected, "has_ready and ready must agree");
        let Some(Ready { write, messages, apply }) = ready else {
            return false;
        };
        if let Some(write) = write {
            assert_eq!(write.seq, seq(self.images.len() as u64), "writes are numbered from 1");
            let last = self.images.last().expect("the disk it started with");
            let next = last.then(&write);
            let (old, new) = (last.hard_state, next.hard_state);
            let says_more =
                (old.term, old.vote) != (new.term, new.vote) || !write.entries.is_empty();
            assert_eq!(write.commit_only, !says_more, "{write:?}");
            self.images.push(next);
        }
        self.sent.extend(messages);
        if let Some(apply) = apply {
            for entry in &apply.entries {
                assert_eq!(entry.index().0, self.applied.len() as u64 + 1, "applied with a gap");
                self.applied.push(entry.clone());
            }
            self.node.applied(apply.last()).expect("just handed out");
        }
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

    /// Loses power; every write after `kept` is gone. The node is built anew from the rest.
    pub(crate) fn crash(self, kept: usize) -> Host {
        assert!(kept >= self.synced, "a crash takes nothing that is synced");
        Host::with(self.config, self.images[kept].clone(), 0)
    }
}
