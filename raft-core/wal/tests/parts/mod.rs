//! What the tests of the log share: a log on a virtual disk, and writes for it.
#![allow(dead_code, reason = "each test file uses some of it")]

pub(crate) mod history;

use syncline_raft::{
    Entry, HardState, Index, LogId, Membership, NodeId, Payload, Snapshot, Term, Write, WriteSeq,
};
use syncline_wal::{
    Config, Disk, Identity, IoError, Op, OpId, Padding, Persistence, Recovered, VirtualDisk, Wal,
};

pub(crate) fn node(number: u64) -> NodeId {
    NodeId::new(number).expect("not zero")
}

/// Small segments, which grow as they are written.
pub(crate) fn config() -> Config {
    Config {
        segment_bytes: 1 << 20,
        preallocates: false,
        spares: 0,
        padding: Padding::Words,
        ..Config::new(Identity { cluster: 7, node: node(1) }, 0x05a1_7000_c0ff_ee05)
    }
}

/// A write of these entries, which void whatever lies at and above the first of them.
pub(crate) fn write(seq: u64, term: u64, first: u64, payloads: &[&[u8]]) -> Write {
    let entry = |(index, payload): (u64, &&[u8])| Entry {
        id: LogId { term: Term(term), index: Index(index) },
        payload: Payload::Command((*payload).into()),
    };
    Write {
        seq: WriteSeq::new(seq).expect("not zero"),
        hard_state: HardState { term: Term(term), vote: Some(node(1)), commit: Index(0) },
        snapshot: None,
        truncate_from: Some(Index(first)),
        entries: (first..).zip(payloads).map(entry).collect(),
        commit_only: false,
    }
}

pub(crate) fn state(term: u64, index: u64) -> Snapshot {
    Snapshot {
        last: LogId { term: Term(term), index: Index(index) },
        membership: Membership { voters: vec![node(1), node(2)], ..Membership::default() },
        data: [index as u8; 40].as_slice().into(),
    }
}

/// A log and its disk.
#[derive(Clone)]
pub(crate) struct Logger {
    pub(crate) config: Config,
    pub(crate) wal: Wal,
    pub(crate) disk: VirtualDisk,
}

impl Logger {
    pub(crate) fn create(config: Config) -> Logger {
        Logger::create_on(config, Persistence::default())
    }

    /// A log on a file system that promises no more than that.
    pub(crate) fn create_on(config: Config, persistence: Persistence) -> Logger {
        let mut disk = VirtualDisk::new(persistence);
        let wal = Wal::create(config, &mut disk).expect("the disk is empty");
        let mut logger = Logger { config, wal, disk };
        logger.settle();
        logger
    }

    pub(crate) fn open(config: Config, mut disk: VirtualDisk) -> (Logger, Recovered) {
        let recovered = Wal::open(config, &mut disk).expect("the log can be read");
        (Logger { config, wal: recovered.wal.clone(), disk }, recovered)
    }

    /// Begins whatever the log wants, completes what is no sync, and hears of it.
    pub(crate) fn pump(&mut self) {
        loop {
            let mut is_idle = true;
            while let Some(request) = self.wal.next_op() {
                self.disk.begin(request);
                is_idle = false;
            }
            for id in self.under_way(false) {
                self.disk.complete(id);
            }
            while let Some(completion) = self.disk.completion() {
                self.wal.completed(completion);
                is_idle = false;
            }
            if is_idle {
                return;
            }
        }
    }

    /// Begins whatever the log wants and completes the operation that began first, and no more.
    /// `false` if there is none.
    pub(crate) fn step(&mut self) -> bool {
        while let Some(request) = self.wal.next_op() {
            self.disk.begin(request);
        }
        let first = self.disk.under_way().next().map(|(id, _)| id);
        if let Some(id) = first {
            self.disk.complete(id);
            let completion = self.disk.completion().expect("it was completed");
            self.wal.completed(completion);
        }
        first.is_some()
    }

    /// Completes the sync that began first, if one is under way.
    pub(crate) fn complete_a_sync(&mut self) -> bool {
        self.pump();
        let first = self.under_way(true).first().copied();
        if let Some(id) = first {
            self.disk.complete(id);
            self.pump();
        }
        first.is_some()
    }

    /// Completes the sync that began last, if one that began earlier is under way as well.
    pub(crate) fn overtake(&mut self) -> bool {
        self.pump();
        let syncs = self.under_way(true);
        if let [_, .., last] = syncs[..] {
            self.disk.complete(last);
            self.pump();
        }
        syncs.len() > 1
    }

    /// Lets the sync that began first fail, if one is under way.
    pub(crate) fn fail_a_sync(&mut self) -> bool {
        self.pump();
        let first = self.under_way(true).first().copied();
        if let Some(id) = first {
            self.disk.fail(id, IoError::Device);
            self.pump();
        }
        first.is_some()
    }

    /// Does everything that is to be done.
    pub(crate) fn settle(&mut self) {
        while self.complete_a_sync() {}
        assert!(self.wal.is_idle(), "everything was done");
    }

    pub(crate) fn sync(&mut self) {
        self.wal.sync().expect("the log has not failed");
        self.settle();
        assert_eq!(self.wal.synced(), self.wal.end());
    }

    fn under_way(&self, is_sync: bool) -> Vec<OpId> {
        let syncs = |op: &Op| matches!(op, Op::Sync { .. } | Op::SyncFolder);
        let of_sort = self.disk.under_way().filter(|(_, op)| syncs(op) == is_sync);
        of_sort.map(|(id, _)| id).collect()
    }
}
