//! The state machine of a host: how far it is, and which membership that means.

use std::sync::Arc;

use syncline_raft::{Committed, Index, Membership, Payload, Snapshot};

use super::words::voters;

/// What is durable as one unit: the applied index and the membership (R18).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Machine {
    pub(crate) applied: Index,
    pub(crate) membership: Membership,
}

/// What a state machine is handed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Work {
    Apply(Committed),
    Install(Arc<Snapshot>),
}

impl Work {
    pub(crate) fn last(&self) -> Index {
        match self {
            Work::Apply(apply) => apply.last(),
            Work::Install(snapshot) => snapshot.last.index,
        }
    }
}

impl Machine {
    /// That of a new node of a cluster of nodes 1 to `last`.
    pub(crate) fn of(last: u64) -> Machine {
        Machine { applied: Index::ZERO, membership: voters(last) }
    }

    /// Does a piece of work, which must follow what was done before.
    pub(crate) fn check_and_do(&mut self, work: &Work) {
        match work {
            Work::Install(snapshot) => self.membership = snapshot.membership.clone(),
            Work::Apply(apply) => self.apply(apply),
        }
        self.applied = work.last();
    }

    fn apply(&mut self, apply: &Committed) {
        assert!(!apply.entries.is_empty());
        let mut has_changed = false;
        for entry in &apply.entries {
            assert_eq!(entry.index(), self.applied.next(), "applied with a gap");
            self.applied = entry.index();
            if let Payload::Membership(change) = &entry.payload {
                has_changed = true;
                // One that does not apply changes nothing.
                self.membership = self.membership.after(change).unwrap_or(self.membership.clone());
            }
        }
        let expected = has_changed.then_some(&self.membership);
        assert_eq!(apply.membership.as_deref(), expected, "the membership after the batch (R18)");
    }
}
