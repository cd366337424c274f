//! A node: the core, the log and the disk, and who tells whom what.

use std::collections::VecDeque;
use std::error::Error;
use std::sync::Arc;

use syncline_raft::{
    Config, Fetch, Index, LogId, Membership, Message, NodeId, RawNode, ReadId, ReadOutcome, Ready,
    Snapshot, SnapshotOutcome, Write,
};
use syncline_wal::{Disk, Identity, LogImage, Mutant, Padding, Wal};

use super::store::Store;

/// When a node says to its core that a write is synced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Says {
    /// When it is.
    WhenSynced,
    /// As soon as it is written: the bug that this program is there to show.
    WhenWritten,
}

/// How nodes are set up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    pub(crate) says: Says,
    pub(crate) padding: Padding,
    /// A known bug of the log.
    pub(crate) mutant: Option<Mutant>,
}

/// What a node reports to whoever talks to clients.
#[derive(Debug)]
pub(crate) enum Event {
    /// An entry is applied here.
    Applied(LogId),
    /// A read may be answered from this state.
    Read(ReadId, Arc<Store>),
    /// A read is lost.
    ReadLost(ReadId),
}

/// So many entries are applied between one checkpoint and the next.
const CHECKPOINT_ENTRIES: u64 = 64;

/// While so much is appended and not synced nothing more is (R27), in bytes.
const UNSYNCED_BYTES_MAX: u64 = 4 << 20;

/// A node of the cluster.
pub(crate) struct Node<D> {
    pub(crate) raft: RawNode,
    wal: Wal,
    disk: D,
    says: Says,
    /// What the core has issued and is not appended yet.
    writes: VecDeque<Write>,
    /// Up to where the state machine was written down.
    checkpoint: Index,
    store: Store,
    /// Reads that wait until the store has applied that much.
    reads: Vec<(ReadId, Index)>,
    /// A state that is being written down.
    checkpointed: Option<Arc<Snapshot>>,
}

impl<D: Disk> Node<D> {
    /// Starts a node, anew if its disk is empty. It may not act before its log is live.
    ///
    /// # Errors
    /// If its log cannot be read, or must not be trusted: it is damaged, or that of another node.
    pub(crate) fn start(
        id: NodeId,
        founders: &Membership,
        seed: u64,
        mut disk: D,
        setup: Setup,
    ) -> Result<Self, Box<dyn Error>> {
        let Setup { says, padding, mutant } = setup;
        let config = syncline_wal::Config {
            segment_bytes: 64 << 10,
            padding,
            mutant,
            // A store that serves strangers takes the salt from the system's random numbers.
            ..syncline_wal::Config::new(Identity { cluster: 12_257, node: id }, seed)
        };
        let (wal, image) = if disk.files()?.iter().all(|file| file.is_new()) {
            (Wal::create(config, &mut disk)?, LogImage::default())
        } else {
            let recovered = Wal::open(config, &mut disk)?;
            (recovered.wal, recovered.image)
        };
        let founder = || Store { membership: founders.clone(), ..Store::default() };
        let store = image.checkpoint().map_or_else(founder, |state| Store::of(state));
        let raft = RawNode::new(Config::new(id, seed), image.restored(founders))?;
        let (writes, reads, checkpointed) = (VecDeque::new(), Vec::new(), None);
        let checkpoint = image.applied();
        Ok(Node { raft, wal, disk, says, writes, checkpoint, store, reads, checkpointed })
    }

    /// Does all that there is to do now.
    pub(crate) fn pump(&mut self, network: &mut Vec<Message>, events: &mut Vec<Event>) {
        self.look_after_the_log();
        if !self.wal.is_live() {
            return;
        }
        while let Some(ready) = self.raft.ready() {
            let Ready { write, messages, apply, install, reads, fetches, snapshots } = ready;
            network.extend(messages);
            self.writes.extend(write);
            if let Some(snapshot) = install {
                self.store = Store::of(&snapshot);
                self.checkpoint();
                self.raft.applied(snapshot.last.index).expect("just handed out");
            }
            if let Some(batch) = apply {
                for entry in &batch.entries {
                    self.store.apply(entry);
                    events.push(Event::Applied(entry.id));
                }
                if let Some(membership) = &batch.membership {
                    self.store.membership = Membership::clone(membership);
                }
                self.raft.applied(batch.last()).expect("just handed out");
            }
            self.reads.extend(reads.into_iter().filter_map(|outcome| note(outcome, events)));
            fetches.into_iter().for_each(|fetch| self.fetch(fetch));
            for wanted in snapshots {
                if self.raft.send_snapshot(wanted.to, self.store.snapshot()).is_err() {
                    self.raft.report_snapshot(wanted.to, SnapshotOutcome::Failed);
                }
            }
        }
        self.answer(events);
        self.compact();
        self.look_after_the_log();
    }

    /// Appends what was taken, as far as there is room for it. The rest waits for a sync; the core
    /// does not wait, so that heartbeats go on.
    fn append(&mut self) {
        while self.has_room()
            && let Some(write) = self.writes.pop_front()
        {
            self.wal.append(&write).expect("the log has not failed");
            self.raft.advance(write.seq).expect("writes are written in order");
            if self.says == Says::WhenWritten {
                self.raft.synced(write.seq).expect("it was advanced");
            }
        }
    }

    fn has_room(&self) -> bool {
        self.wal.end().0 - self.wal.synced().0 < UNSYNCED_BYTES_MAX
    }

    /// Hears what has completed, appends, asks for the next sync when the one before is over, and
    /// begins what the log wants: the disk sets the pace.
    fn look_after_the_log(&mut self) {
        while let Some(completion) = self.disk.completion() {
            self.wal.completed(completion);
        }
        if let Some(failed) = self.wal.failed() {
            panic!("R4: a node whose disk failed must stop: {failed}");
        }
        if self.says == Says::WhenSynced
            && let Some(write) = self.wal.synced_write()
        {
            self.raft.synced(write).expect("it was advanced");
        }
        self.append();
        let is_wanted = self.raft.sync_wanted().is_some() || !self.has_room();
        if self.wal.syncs_under_way() == 0 && is_wanted {
            self.wal.sync().expect("the log has not failed");
        }
        while let Some(request) = self.wal.next_op() {
            self.disk.begin(request);
        }
    }

    fn fetch(&mut self, fetch: Fetch) {
        let Fetch { after, last, bytes_max, .. } = fetch;
        let read = self.wal.read(&mut self.disk, after, last, bytes_max);
        if !read.is_ok_and(|entries| self.raft.fetched(fetch, entries).is_ok()) {
            self.raft.fetch_failed(fetch);
        }
    }

    fn answer(&mut self, events: &mut Vec<Event>) {
        let applied = self.store.applied.index;
        let (ready, rest): (Vec<_>, Vec<_>) =
            self.reads.drain(..).partition(|(_, index)| *index <= applied);
        self.reads = rest;
        if ready.is_empty() {
            return;
        }
        let store = Arc::new(self.store.clone());
        events.extend(ready.into_iter().map(|(read, _)| Event::Read(read, Arc::clone(&store))));
    }

    /// Writes the state down now and then, and lets go of the log once that is in it.
    fn compact(&mut self) {
        if let Some(state) = &self.checkpointed {
            if self.wal.compact(state.last.index).is_ok() {
                let state = self.checkpointed.take().expect("looked at");
                self.raft.compact(state.last.index).expect("it is applied");
                self.checkpoint = state.last.index;
            }
        } else if self.store.applied.index.0 > self.checkpoint.0 + CHECKPOINT_ENTRIES {
            self.checkpoint();
        }
    }

    fn checkpoint(&mut self) {
        let state = self.store.snapshot();
        self.wal.checkpoint(&state).expect("the log has not failed");
        self.checkpointed = Some(state);
    }
}

/// A read that waits, and the index that it waits for.
fn note(outcome: ReadOutcome, events: &mut Vec<Event>) -> Option<(ReadId, Index)> {
    if outcome.index.is_none() {
        events.push(Event::ReadLost(outcome.id));
    }
    outcome.index.map(|index| (outcome.id, index))
}
