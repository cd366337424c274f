//! A log in a folder, driven by one thread that waits for its disk.

use std::fs;
use std::path::{Path, PathBuf};

use syncline_raft::{Entry, HardState, Index, LogId, NodeId, Payload, Term, Write, WriteSeq};
use syncline_wal::{Config, Disk, FsDisk, Identity, Padding, Recovered, Wal};

/// A folder that is gone in the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(below: &Path, name: &str) -> Folder {
        let folder = below.join(format!("syncline-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder can be made");
        Folder(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A log and its disk.
pub(crate) struct Log {
    wal: Wal,
    disk: FsDisk,
    next: u64,
}

pub(crate) fn config() -> Config {
    let node = NodeId::new(1).expect("not zero");
    Config::new(Identity { cluster: 1, node }, 1)
}

impl Log {
    pub(crate) fn create(folder: &Path, lanes: usize) -> Log {
        let disk = FsDisk::open(folder, lanes).expect("the folder can be opened");
        Log::on(disk, Padding::Words)
    }

    /// The same, past the cache of the operating system.
    #[allow(dead_code, reason = "not everybody who drives a log wants it")]
    pub(crate) fn create_direct(folder: &Path, lanes: usize) -> Log {
        let disk = FsDisk::open_direct(folder, lanes).expect("direct I/O is to be had");
        Log::on(disk, Padding::Pages)
    }

    fn on(mut disk: FsDisk, padding: Padding) -> Log {
        let config = Config { padding, ..config() };
        let wal = Wal::create(config, &mut disk).expect("it is empty");
        let mut log = Log { wal, disk, next: 1 };
        log.wait(|log| log.wal.is_idle());
        log
    }

    /// Opens what is there, and does not act on it.
    pub(crate) fn open(folder: &Path) -> Recovered {
        let mut disk = FsDisk::open(folder, 1).expect("the folder can be opened");
        Wal::open(config(), &mut disk).expect("it is sound")
    }

    /// Appends a write of so many entries of that command, and begins it.
    pub(crate) fn append(&mut self, command: &[u8], entries: u64) {
        let write = write(self.next, command, entries);
        self.next += entries;
        self.wal.append(&write).expect("it follows");
        self.begin();
    }

    /// Syncs what was appended, and waits for it.
    pub(crate) fn sync(&mut self) {
        self.wal.sync().expect("the log has not failed");
        self.wait(|log| log.wal.synced() == log.wal.end());
    }

    /// How long the log is, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.wal.end().0
    }

    /// Waits until nothing is under way.
    pub(crate) fn settle(&mut self) {
        self.wait(|log| log.wal.is_idle());
    }

    fn begin(&mut self) {
        loop {
            while let Some(request) = self.wal.next_op() {
                self.disk.begin(request);
            }
            match self.disk.completion() {
                Some(completion) => self.wal.completed(completion),
                None => return,
            }
        }
    }

    fn wait(&mut self, until: impl Fn(&Log) -> bool) {
        loop {
            self.begin();
            if until(self) {
                return;
            }
            let completion = self.disk.wait().expect("something is under way");
            self.wal.completed(completion);
            assert_eq!(self.wal.failed(), None);
        }
    }
}

fn write(first: u64, command: &[u8], entries: u64) -> Write {
    let entry = |index| Entry {
        id: LogId { term: Term(1), index: Index(index) },
        payload: Payload::Command(command.into()),
    };
    Write {
        seq: WriteSeq::new(first).expect("not zero"),
        hard_state: HardState { term: Term(1), vote: None, commit: Index(0) },
        snapshot: None,
        truncate_from: None,
        entries: (first..first + entries).map(entry).collect(),
        commit_only: false,
    }
}
