//! What a log is made of.

use alloc::collections::vec_deque::Iter;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};
use core::mem;
use core::ops::Deref;

use crate::membership::MembershipChange;
use crate::types::{Index, LogId, NodeId, Term};

/// One entry of the log.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Entry {
    /// Its term and index.
    pub id: LogId,
    /// What it says.
    pub payload: Payload,
}

/// What an entry says.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Payload {
    /// Nothing: the entry with which a leader begins its term (Raft paper, section 8).
    Noop,
    /// A command of the application, which the core never reads.
    Command(Arc<[u8]>),
    /// A change of the membership, which is active once it is applied (R18).
    Membership(Arc<MembershipChange>),
}

impl Payload {
    /// What it weighs in a message, in bytes: its own, and a fixed cost for the rest.
    #[must_use]
    pub fn weight_bytes(&self) -> usize {
        let own = match self {
            Payload::Noop => 0,
            Payload::Command(bytes) => bytes.len(),
            Payload::Membership(change) => match &**change {
                MembershipChange::Leave => 0,
                MembershipChange::Enter { changes, .. } => 9 * changes.len(),
            },
        };
        own + 24
    }

    /// Whether it changes more about the membership than any node would propose.
    pub(crate) fn is_too_long(&self) -> bool {
        matches!(self, Payload::Membership(change) if change.excess().is_some())
    }
}

impl Entry {
    /// Where the entry lies.
    #[must_use]
    pub fn index(&self) -> Index {
        self.id.index
    }

    /// The term in which it was appended.
    #[must_use]
    pub fn term(&self) -> Term {
        self.id.term
    }

    /// The entry; what is left has no payload.
    fn take(&mut self) -> Entry {
        Entry { id: self.id, payload: mem::replace(&mut self.payload, Payload::Noop) }
    }

    /// The bytes of the command, if it is one.
    #[must_use]
    pub fn command(&self) -> Option<&[u8]> {
        match &self.payload {
            Payload::Command(bytes) => Some(bytes),
            Payload::Noop | Payload::Membership(_) => None,
        }
    }

    /// The change of the membership, if it is one.
    #[must_use]
    pub fn membership_change(&self) -> Option<&MembershipChange> {
        match &self.payload {
            Payload::Membership(change) => Some(change),
            Payload::Noop | Payload::Command(_) => None,
        }
    }

    /// What the entry weighs in a message, in bytes: its payload, and a fixed cost for the rest. All limits
    /// of [`Config`](crate::Config) count so, and so should who answers a [`Fetch`](crate::Fetch).
    #[must_use]
    pub fn weight_bytes(&self) -> usize {
        self.payload.weight_bytes()
    }
}

/// Some entries that follow each other, cheap to clone: a leader hands the same ones to its disk and
/// to each of its followers. It derefs to a slice.
#[derive(Clone, Debug, Default)]
pub struct Entries(Repr);

#[derive(Clone, Debug, Default)]
enum Repr {
    #[default]
    None,
    /// A lone entry needs no allocation.
    One([Entry; 1]),
    Many(Arc<[Entry]>),
}

impl Deref for Entries {
    type Target = [Entry];

    fn deref(&self) -> &[Entry] {
        match &self.0 {
            Repr::None => &[],
            Repr::One(one) => one,
            Repr::Many(many) => many,
        }
    }
}

impl From<Entry> for Entries {
    fn from(entry: Entry) -> Entries {
        Entries(Repr::One([entry]))
    }
}

impl From<Vec<Entry>> for Entries {
    fn from(mut entries: Vec<Entry>) -> Entries {
        match entries.len() {
            0 => Entries::default(),
            1 => entries.pop().map(Entries::from).unwrap_or_default(),
            _ => Entries(Repr::Many(entries.into())),
        }
    }
}

impl FromIterator<Entry> for Entries {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Entries {
        entries.into_iter().collect::<Vec<Entry>>().into()
    }
}

impl Entries {
    /// A copy of entries that lie elsewhere, with one allocation at most.
    pub(crate) fn copy_of(mut entries: Iter<'_, Entry>) -> Entries {
        Entries(match entries.len() {
            0 => Repr::None,
            1 => entries.next().map_or(Repr::None, |entry| Repr::One([entry.clone()])),
            _ => Repr::Many(entries.cloned().collect()),
        })
    }

    /// Appends them to others. Those that nobody else holds are moved, and not cloned.
    pub fn append_to(self, others: &mut Vec<Entry>) {
        match self.0 {
            Repr::None => {}
            Repr::One(one) => others.extend(one),
            Repr::Many(mut many) => match Arc::get_mut(&mut many) {
                Some(own) => others.extend(own.iter_mut().map(Entry::take)),
                None => others.extend_from_slice(&many),
            },
        }
    }
}

impl<'a> IntoIterator for &'a Entries {
    type Item = &'a Entry;
    type IntoIter = core::slice::Iter<'a, Entry>;

    fn into_iter(self) -> core::slice::Iter<'a, Entry> {
        self.iter()
    }
}

impl PartialEq for Entries {
    fn eq(&self, other: &Entries) -> bool {
        **self == **other
    }
}

impl Eq for Entries {}

impl Hash for Entries {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

/// The small part of a node's durable state: its term, its vote, and a hint of what is committed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct HardState {
    /// The latest term the node has seen.
    pub term: Term,
    /// For whom it voted in that term.
    pub vote: Option<NodeId>,
    /// What it knows to be committed. Never above the last entry written with or before it (R3).
    pub commit: Index,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    /// Of several entries, those that somebody else holds stay as they are.
    #[test]
    fn entries_that_are_appended_to_others_leave_clones_alone() {
        let command = |index| Entry {
            id: LogId { term: Term(1), index: Index(index) },
            payload: Payload::Command([7].as_slice().into()),
        };
        for count in 0..4 {
            let all: Vec<Entry> = (1..=count).map(command).collect();
            let entries = Entries::from_iter(all.clone());
            let (clone, mut others) = (entries.clone(), vec![command(0)]);
            entries.append_to(&mut others);
            assert_eq!((&others[1..], &*clone), (&*all, &*all));
            clone.append_to(&mut others);
            assert_eq!(others.len(), 1 + 2 * all.len());
            assert_eq!(&others[1 + all.len()..], &*all);
        }
    }
}
