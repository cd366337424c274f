//! A node on a real file system: the core, its log and its disk.

use std::collections::BTreeMap;
use std::path::Path;

use syncline_raft::{Config, Membership, Message, NodeId, RawNode, Ready, Write, WriteSeq};
use syncline_wal::{Disk, FsDisk, Identity, LogImage, Op, OpId, Wal};

use crate::exit::{Exit, Refusal};

/// How many syncs of a node may be under way on the disk.
const LANES: usize = 4;
/// How long a segment is. No run fills one, so that none is made while a run is measured.
const SEGMENT_BYTES: u64 = 32 << 20;
/// No entry leaves the memory during a run.
const CACHE_BYTES: usize = 1 << 30;

pub(super) fn fault(text: impl std::fmt::Display) -> Refusal {
    Refusal::new(Exit::Harness, text)
}

pub(super) struct Node {
    pub(super) raft: RawNode,
    wal: Wal,
    disk: FsDisk,
    /// What was taken and has not been written, and up to where to apply then.
    to_write: Vec<Write>,
    to_apply: Option<u64>,
    written: Option<WriteSeq>,
    /// The syncs that the disk was asked for, by operation.
    syncs: BTreeMap<OpId, u32>,
}

impl Node {
    /// A new node of a new cluster, in a folder that has no log yet.
    pub(super) fn found(folder: &Path, id: NodeId, voters: &Membership) -> Result<Node, Refusal> {
        let refused = |error| {
            Refusal::usage(format_args!("{}: cannot hold a log: {error}", folder.display()))
        };
        let mut disk = FsDisk::open(folder, LANES).map_err(refused)?;
        let identity = Identity { cluster: 12_257, node: id };
        let wal_config = syncline_wal::Config {
            segment_bytes: SEGMENT_BYTES,
            spares: 0,
            ..syncline_wal::Config::new(identity, id.number())
        };
        let wal = Wal::create(wal_config, &mut disk);
        let config = Config {
            // No stall lasts as long: who leads is not what is measured.
            election_ticks: 10_000,
            heartbeat_ticks: 1,
            cache_bytes_max: CACHE_BYTES,
            ..Config::new(id, id.number())
        };
        let raft = RawNode::new(config, LogImage::default().restored(voters));
        let mut node = Node {
            raft: raft.map_err(fault)?,
            wal: wal.map_err(|refusal| {
                Refusal::usage(format_args!("{}: {refusal}", folder.display()))
            })?,
            disk,
            to_write: Vec::new(),
            to_apply: None,
            written: None,
            syncs: BTreeMap::new(),
        };
        node.begin_operations(None);
        while !node.wal.is_live() || !node.wal.is_idle() {
            node.hear()?;
            std::thread::yield_now();
        }
        Ok(node)
    }

    /// Begins what the log wants. A sync among it is the one with this number.
    fn begin_operations(&mut self, sync: Option<u32>) {
        while let Some(request) = self.wal.next_op() {
            if let (Op::Sync { .. }, Some(no)) = (&request.op, sync) {
                self.syncs.insert(request.id, no);
            }
            self.disk.begin(request);
        }
    }

    /// Hears what the disk has done, up to the end of a sync: which one, if one has ended.
    pub(super) fn hear(&mut self) -> Result<Option<u32>, Refusal> {
        while let Some(completion) = self.disk.completion() {
            let ended = self.syncs.remove(&completion.id);
            self.wal.completed(completion);
            if let Some(failed) = self.wal.failed() {
                return Err(Refusal::usage(format_args!("the disk has failed: {failed}")));
            }
            self.begin_operations(None);
            if ended.is_some() {
                return Ok(ended);
            }
        }
        Ok(None)
    }

    /// Takes a Ready: how many entries it writes. What it sends goes to `messages`.
    pub(super) fn take(&mut self, messages: &mut Vec<Message>) -> Result<u32, Refusal> {
        let Some(ready) = self.raft.ready() else {
            return Ok(0);
        };
        let Ready { write, apply, fetches, snapshots, .. } = ready;
        if !fetches.is_empty() || !snapshots.is_empty() {
            return Err(fault("a node wants what has left the memory"));
        }
        messages.extend(ready.messages);
        self.to_apply = apply.map(|batch| batch.last().0).or(self.to_apply);
        let entries = write.as_ref().map_or(0, |write| write.entries.iter().count());
        self.to_write.extend(write);
        Ok(entries as u32)
    }

    /// Writes what was taken: how many writes that are.
    pub(super) fn write(&mut self) -> Result<u32, Refusal> {
        let writes = std::mem::take(&mut self.to_write);
        for write in &writes {
            self.wal.append(write).map_err(fault)?;
            self.begin_operations(None);
            self.raft.advance(write.seq).map_err(fault)?;
            self.written = Some(write.seq);
        }
        Ok(writes.len() as u32)
    }

    /// Applies what was taken: up to which index.
    pub(super) fn apply(&mut self) -> Result<Option<u64>, Refusal> {
        let applied = self.to_apply.take();
        if let Some(upto) = applied {
            self.raft.applied(syncline_raft::Index(upto)).map_err(fault)?;
        }
        Ok(applied)
    }

    /// The newest write.
    pub(super) fn written(&self) -> Result<WriteSeq, Refusal> {
        self.written.ok_or_else(|| fault("a sync of nothing"))
    }

    /// Asks for a sync of everything written.
    pub(super) fn sync(&mut self, no: u32) -> Result<(), Refusal> {
        self.wal.sync().map_err(fault)?;
        self.begin_operations(Some(no));
        Ok(())
    }

    /// Tells the core that a write is synced, if the log says so too.
    pub(super) fn report(&mut self, upto: WriteSeq) -> Result<(), Refusal> {
        if self.wal.synced_write() < Some(upto) {
            return Err(fault(format_args!("{upto} is reported before it is synced")));
        }
        self.raft.synced(upto).map_err(fault)
    }
}
