//! The core through its public interface, one file per concern.
//!
//! A test begins with the story that it tells, and reaches its states by public steps only: nothing
//! here pokes a field. The files are one program, because that builds and links once.

mod cases;
mod noise;
mod util;

mod apply;
mod check_quorum;
mod commit;
mod compaction;
mod fetches;
mod flow;
mod group_commit;
mod hostile;
mod hostile_model;
mod leadership;
mod lease;
mod membership;
mod pre_vote;
mod priority;
mod reads;
mod removal;
mod replication;
mod restart;
mod safe_index;
mod safe_index_model;
mod single_voter;
mod snapshots;
mod snapshots_sent;
mod stall;
mod sync_contract;
mod sync_wanted;
mod transfer;
mod waiting;
mod withheld;
