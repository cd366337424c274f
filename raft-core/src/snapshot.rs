//! A state machine in place of the log that led to it (Raft paper, section 7).

use alloc::sync::Arc;

use crate::membership::Membership;
use crate::types::LogId;

/// The state of a state machine after one entry. The core never reads its data, which may as well be
/// the name of a file that travels another way.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Snapshot {
    /// The last entry that it stands for, committed and applied.
    pub last: LogId,
    /// The membership after that entry.
    pub membership: Membership,
    /// The state.
    pub data: Arc<[u8]>,
}
