//! The peer, with its own defaults but for the size of its files, which is ours, and without
//! compression, so that both write as many bytes.

use std::path::Path;

use protobuf::well_known_types::BytesValue;
use raft_engine::{Config, Engine, LogBatch, MessageExt, ReadableSize};

/// The one group that the log is for.
const GROUP: u64 = 1;

/// An entry as the peer takes it: a message with an index, which is its first eight bytes.
struct Command;

impl MessageExt for Command {
    type Entry = BytesValue;

    fn index(entry: &BytesValue) -> u64 {
        entry.value.first_chunk().map_or(0, |index| u64::from_le_bytes(*index))
    }
}

/// How the peer comes by its files.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Files {
    /// As its defaults say: reserved, and not written before.
    Reserved,
    /// Written once when it is opened, to be used again.
    Prefilled,
}

/// What a write waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Its sync.
    Synced,
    /// Nothing.
    Written,
}

/// The peer's log.
pub(crate) struct Peer {
    engine: Engine,
    next: u64,
}

impl Peer {
    pub(crate) fn open(folder: &Path, files: Files) -> Peer {
        let config = Config {
            dir: folder.to_string_lossy().into_owned(),
            target_file_size: ReadableSize::mb(64),
            batch_compression_threshold: ReadableSize(0),
            prefill_for_recycle: files == Files::Prefilled,
            prefill_limit: (files == Files::Prefilled).then(|| ReadableSize::mb(128)),
            purge_threshold: ReadableSize::mb(128),
            ..Config::default()
        };
        let engine = Engine::open(config).expect("the folder can be opened");
        let next = engine.last_index(GROUP).map_or(1, |last| last + 1);
        Peer { engine, next }
    }

    /// Writes so many entries of that command as one batch.
    pub(crate) fn append(&mut self, command: &[u8], entries: u64, wait: Wait) {
        let entry = |index: u64| {
            let mut entry = BytesValue::new();
            entry.value = [&index.to_le_bytes(), command].concat();
            entry
        };
        let entries: Vec<BytesValue> = (self.next..self.next + entries).map(entry).collect();
        self.next += entries.len() as u64;
        let mut batch = LogBatch::default();
        batch.add_entries::<Command>(GROUP, &entries).expect("they follow");
        self.engine.write(&mut batch, wait == Wait::Synced).expect("it can be written");
    }
}
