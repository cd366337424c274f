//! The log of a Raft node on its disk.
//!
//! At the level of records a node's disk is a sequence of [records](Record): the core's
//! [writes](syncline_raft::Write), and what the host keeps of its state machine. [`LogImage`] says
//! what a recovery makes of such a sequence, and [`SyncPolicy`] when to sync it.
//!
//! At the level of bytes a [`Wal`] writes them to segments, on anything that implements [`Disk`],
//! and reads them back. It does no I/O itself, reads no clock and starts no thread: it says what is
//! to be done, and is told what was.
#![forbid(unsafe_code)]

mod config;
mod disk;
mod error;
mod format;
mod fs;
mod image;
mod mutant;
mod policy;
mod recover;
mod script;
mod tip;
mod virtual_disk;
mod wal;

pub use config::Config;
pub use disk::{
    Completion, Disk, FileName, IoError, Op, OpId, Request, SegmentNo, SnapshotNo, SpareNo,
};
pub use error::{AppendError, Failed, Reason, Refusal};
pub use format::{Flaw, Identity, Lsn, Padding};
pub use fs::{DirectError, FsDisk};
pub use image::{ImageError, LogImage, Record};
pub use mutant::Mutant;
pub use policy::{
    Advice, Begin, History, Intake, Micros, Pace, Pending, SyncPolicy, SyncTime, Unsynced,
};
pub use recover::{Cut, Recovered};
pub use virtual_disk::{Persistence, Survivors, VirtualDisk};
pub use wal::{Place, ReadError, Wal};
