//! A Raft core in which the application decides when to fsync.
//!
//! Other Raft libraries make their user sync once for each `Ready`. Here the application takes as
//! many Readys as it likes, writes them, and syncs when it likes; it says what it did with
//! [`RawNode::advance`] and [`RawNode::synced`]. A quorum of followers may commit an entry before
//! the leader has synced it; the leader hands it out to be applied only once it has.
//!
//! ```
//! use syncline_raft::{Config, NodeId, RawNode, Restored};
//!
//! let id = NodeId::new(1).expect("not zero");
//! let mut node = RawNode::new(Config::new(id, 7), Restored::new_cluster([id]))?;
//! node.campaign()?;
//! while let Some(ready) = node.ready() {
//!     // Send `ready.messages` and apply `ready.apply`, both at once ...
//!     if let Some(apply) = ready.apply {
//!         node.applied(apply.last())?;
//!     }
//!     // ... append `ready.write` to the log, and sync it now or many Readys later.
//!     if let Some(write) = ready.write {
//!         node.advance(write.seq)?;
//!         node.synced(write.seq)?;
//!     }
//! }
//! node.propose(b"hello".as_slice().into())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! No promise leaves before its sync, and no driver can get that wrong: a vote, a vote request or
//! an acknowledgement stays inside the node until the write that carries what it promises is
//! synced, and appears in a later [`Ready`] (the [`docs`] say why).
//!
//! The core deliberately has no I/O, clock, thread, global or ambient randomness.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod docs;

mod config;
mod election;
mod entry;
mod error;
mod install;
mod invariant;
mod jitter;
mod log;
mod membership;
mod message;
mod mutant;
mod node;
mod outbox;
mod outstanding;
mod progress;
mod quorum;
mod read_index;
mod ready;
mod restored;
mod role;
mod snapshot;
mod status;
mod step;
mod sync;
mod types;

pub use config::{Config, ConfigError, NewError, ReadMode};
pub use entry::{Entries, Entry, HardState, Payload};
pub use error::{
    AdvanceError, AppliedError, CampaignError, CompactError, FetchedError, ForgetError,
    ProposeChangeError, ProposeError, ReadError, SendSnapshotError, SnapshotRequestError,
    StepError, SyncedError, TransferError,
};
pub use membership::{
    Change, ChangeError, Leave, MEMBERS_MAX, Membership, MembershipChange, MembershipError,
    Transition,
};
pub use message::{Body, Candidacy, Message};
pub use mutant::{Mutant, UnknownMutant};
pub use node::RawNode;
pub use progress::{Fetch, InflightLimits, SnapshotOutcome};
pub use read_index::ReadOutcome;
pub use ready::{Committed, Ready, Write};
pub use restored::{RestoreError, Restored};
pub use role::{Peer, PeerPace, Proposed, SnapshotWanted};
pub use snapshot::Snapshot;
pub use status::{RoleKind, Status};
pub use sync::{Poisoned, SyncWanted};
pub use types::{CommitGroup, Index, LogId, NodeId, ReadId, Round, Term, WriteSeq};
