//! Entries that a member needs and that have left the memory.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::entry::{Entries, Entry};
use crate::types::{Index, NodeId};

/// Entries that the application is asked to read back from its storage, for a follower that lags.
///
/// It answers each with [`RawNode::fetched`](crate::RawNode::fetched) or
/// [`RawNode::fetch_failed`](crate::RawNode::fetch_failed), at once or much later; until then that
/// follower alone waits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Fetch {
    /// For whom.
    pub to: NodeId,
    /// The entries after this one,
    pub after: Index,
    /// up to this one at most.
    pub last: Index,
    /// What they may [weigh](Entry::weight_bytes) together, in bytes; one entry is welcome even if it
    /// weighs more. Whatever follows what fits is dropped and asked for again.
    pub bytes_max: usize,
}

impl Fetch {
    /// As many of the entries as fit, and the first one: what answers it, of entries that lie in a list.
    #[must_use]
    pub fn page(&self, mut entries: Vec<Entry>) -> Vec<Entry> {
        let mut bytes = 0_usize;
        let fits = |entry: &&Entry| {
            bytes = bytes.saturating_add(entry.weight_bytes());
            bytes <= self.bytes_max
        };
        let fitting = entries.iter().take_while(fits).count();
        entries.truncate(fitting.max(1));
        entries
    }
}

/// What has become of the entries that one member needs. Most members need none, so that whatever
/// there is to say lies elsewhere.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Fetching {
    /// None are needed, or have been asked for.
    Nothing,
    /// The application was asked.
    Asked(Box<Fetch>),
    /// They are here, to be sent after this entry.
    Here(Box<(Index, Entries)>),
    /// The application could not; it is asked again when the member shows a sign of life.
    Failed,
}

impl Fetching {
    /// Whether nothing can be sent before the application has done something.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self, Fetching::Asked(_) | Fetching::Failed)
    }

    pub(crate) fn asks_for(&self, fetch: Fetch) -> bool {
        matches!(self, Fetching::Asked(asked) if **asked == fetch)
    }

    /// The entries that are here, if they are to be sent after this one. Others are of no use any
    /// more.
    pub(crate) fn take(&mut self, before: Index) -> Option<Entries> {
        match core::mem::replace(self, Fetching::Nothing) {
            Fetching::Here(here) if here.0 == before => Some(here.1),
            _ => None,
        }
    }

    pub(crate) fn retry(&mut self) {
        if *self == Fetching::Failed {
            *self = Fetching::Nothing;
        }
    }
}
