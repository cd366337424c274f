//! The log of a Raft node on its disk, at the level of records.
//!
//! A node's disk is a sequence of [records](Record): the core's [writes](syncline_raft::Write), and
//! what the host keeps of its state machine. [`LogImage`] says what a recovery
//! makes of such a sequence, and [`SyncPolicy`] when to sync it. Neither does any I/O, reads a clock
//! or knows of a file: a format of bytes and the files that hold them are built on top of this.
#![forbid(unsafe_code)]

mod image;
mod policy;

pub use image::{ImageError, LogImage, Record};
pub use policy::{SyncPolicy, Unsynced};
