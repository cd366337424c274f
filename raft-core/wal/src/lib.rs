//! The log of a Raft node on its disk, at the level of records.
//!
//! A node's disk is a sequence of [writes](syncline_raft::Write). [`LogImage`] says what a recovery
//! makes of such a sequence, and [`SyncPolicy`] when to sync it. Neither does any I/O, reads a clock
//! or knows of a file: a format of bytes and the files that hold them are built on top of this.
#![forbid(unsafe_code)]

mod image;
mod policy;

pub use image::{ImageError, LogImage};
pub use policy::{SyncPolicy, Unsynced};
