//! A thread that syncs: the node goes on while its disk is busy.
//!
//! Each host appends its writes to a real file, and a thread of its own syncs it. Meanwhile the host
//! takes any number of Readys, and the next sync covers all that came during the one before: the disk
//! sets the pace.
//! The file is neither compacted here (`group_sync.rs` shows how) nor read back.
#![expect(clippy::disallowed_methods, reason = "a host may have threads, channels and files")]

#[expect(dead_code, reason = "nobody cuts the power here, or compacts")]
mod parts;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use parts::{Cluster, Disk, Machine, Report};
use syncline_raft::{Config, Message, NodeId, RawNode, Ready, Restored, SnapshotOutcome, WriteSeq};

/// A thread and the file that it syncs.
struct Syncer {
    path: PathBuf,
    file: File,
    begin: Sender<WriteSeq>,
    complete: Receiver<io::Result<WriteSeq>>,
    is_busy: bool,
    syncs: u64,
}

impl Syncer {
    fn new(id: NodeId) -> io::Result<Syncer> {
        let folder = std::env::temp_dir();
        let path = folder.join(format!("syncline-{}-n{id}.log", std::process::id()));
        let file = File::create(&path)?;
        if cfg!(unix) {
            File::open(&folder)?.sync_all()?; // Else the file could be lost, synced or not.
        }
        let (begin, begun) = mpsc::channel::<WriteSeq>();
        let (completed, complete) = mpsc::channel();
        let of_thread = file.try_clone()?;
        std::thread::spawn(move || {
            let sync = |newest| completed.send(of_thread.sync_data().map(|()| newest));
            begun.iter().try_for_each(sync)
        });
        Ok(Syncer { path, file, begin, complete, is_busy: false, syncs: 0 })
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path); // It is only litter now.
    }
}

/// A node, and what its host keeps for it.
struct Host {
    node: RawNode,
    syncer: Syncer,
    /// What can be read back, synced or not.
    view: Disk,
    /// The newest write that is in the file, and no sync has begun for.
    newest: Option<WriteSeq>,
    machine: Machine,
}

impl Host {
    fn new(id: NodeId, restored: Restored) -> Host {
        let machine = Machine { membership: restored.membership.clone(), ..Machine::default() };
        let node = RawNode::new(Config::new(id, id.number()), restored).expect("a new node");
        let syncer = Syncer::new(id).expect("a file in the folder for temporary files");
        Host { node, syncer, view: Disk::default(), newest: None, machine }
    }

    /// Takes the completed sync, and begins the next for what is written by then, and no later.
    fn look_after_the_disk(&mut self, patience: Duration) {
        if self.syncer.is_busy
            && let Ok(outcome) = self.syncer.complete.recv_timeout(patience)
        {
            let covered = outcome.expect("R4: a node whose sync failed must stop");
            self.node.synced(covered).expect("an advanced write");
            self.syncer.is_busy = false;
            self.syncer.syncs += 1;
        }
        if !self.syncer.is_busy
            && self.node.sync_wanted().is_some()
            && let Some(newest) = self.newest.take()
        {
            self.syncer.begin.send(newest).expect("the thread waits for work");
            self.syncer.is_busy = true;
        }
    }
}

impl parts::Host for Host {
    fn node(&mut self) -> &mut RawNode {
        &mut self.node
    }

    fn pump(&mut self, network: &mut Vec<Message>) {
        self.look_after_the_disk(Duration::ZERO);
        while let Some(ready) = self.node.ready() {
            let Ready { write, messages, apply, install, reads: _, fetches, snapshots } = ready;
            network.extend(messages);
            if let Some(write) = write {
                // One record, which a real host also gives a checksum: a torn one is none (R2).
                writeln!(self.syncer.file, "{write:?}").expect("room in the file");
                self.view.write(&write);
                self.node.advance(write.seq).expect("writes are written in order");
                self.newest = Some(write.seq);
            }
            if let Some(snapshot) = install {
                self.machine = Machine::of(&snapshot);
                self.node.applied(snapshot.last.index).expect("just handed out");
            }
            if let Some(batch) = apply {
                self.machine.apply(&batch.entries, batch.membership.as_deref());
                self.node.applied(batch.last()).expect("just handed out");
            }
            for fetch in fetches {
                if self.node.fetched(fetch, self.view.read(fetch)).is_err() {
                    self.node.fetch_failed(fetch);
                }
            }
            for wanted in snapshots {
                if self.node.send_snapshot(wanted.to, self.machine.snapshot()).is_err() {
                    self.node.report_snapshot(wanted.to, SnapshotOutcome::Failed);
                }
            }
        }
    }

    fn tick(&mut self, _now: u64) {
        self.look_after_the_disk(Duration::from_millis(5));
    }

    fn report(&self) -> Report {
        let (status, syncs, sum) = (self.node.status(), self.syncer.syncs, self.machine.sum);
        Report { status, syncs, sum }
    }
}

/// The story; the test of this example reads what it prints.
pub(crate) fn tell(out: &mut dyn Write) -> io::Result<()> {
    let mut cluster = Cluster::new(Host::new);
    cluster.work(10, 10);
    cluster.settle(out)?;
    cluster.join(4);
    cluster.work(10, 10);
    cluster.settle(out)
}

fn main() -> io::Result<()> {
    tell(&mut io::stdout().lock())
}
