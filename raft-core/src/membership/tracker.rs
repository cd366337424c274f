//! Which membership is active, and which are on their way through the log.

use alloc::collections::VecDeque;
use alloc::sync::Arc;

use super::{Membership, MembershipChange};
use crate::entry::{Entry, Payload};
use crate::types::Index;

/// How many changes are handed out and not applied. Each keeps a whole membership, however little its
/// entry weighs; a leader makes one at a time, so only a faulty one, or a log of long ago, has so many.
const UPCOMING_MAX: usize = 256;

/// The memberships of one node.
///
/// A change passes three places: it lies in the log, it is handed out to be applied, and once
/// applied it is active (R18).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Tracker {
    active: Membership,
    /// Handed out to be applied, oldest first: what becomes active at which applied index.
    upcoming: VecDeque<(Index, Arc<Membership>)>,
    /// In the log and not handed out, oldest first.
    logged: VecDeque<(Index, Arc<MembershipChange>)>,
}

impl Tracker {
    pub(crate) fn new(active: Membership) -> Tracker {
        Tracker { active, upcoming: VecDeque::new(), logged: VecDeque::new() }
    }

    pub(crate) fn active(&self) -> &Membership {
        &self.active
    }

    /// An entry joins the log.
    pub(crate) fn appended(&mut self, entry: &Entry) {
        if let Payload::Membership(change) = &entry.payload {
            self.logged.push_back((entry.index(), Arc::clone(change)));
        }
    }

    /// The log loses everything from here on.
    pub(crate) fn truncated(&mut self, from: Index) {
        while self.logged.back().is_some_and(|(index, _)| *index >= from) {
            self.logged.pop_back();
        }
    }

    /// Up to where entries may be handed out: before the first change for which there is no room.
    pub(crate) fn room(&self) -> Index {
        let next = self.logged.get(UPCOMING_MAX.saturating_sub(self.upcoming.len()));
        next.map_or(Index::BOUND, |(index, _)| index.prev())
    }

    /// Everything up to here is handed out to be applied. What it leads to, if that is something new.
    ///
    /// A change that does not apply to the membership before it changes nothing, on every node alike:
    /// a leader refuses to append one, so only a faulty node can have brought it.
    pub(crate) fn handed_out(&mut self, upto: Index) -> Option<Arc<Membership>> {
        let mut news = None;
        while self.logged.front().is_some_and(|(index, _)| *index <= upto)
            && let Some((index, change)) = self.logged.pop_front()
        {
            let after = match self.upcoming.back() {
                Some((_, before)) => {
                    before.after(&change).map_or_else(|_| Arc::clone(before), Arc::new)
                }
                None => {
                    Arc::new(self.active.after(&change).unwrap_or_else(|_| self.active.clone()))
                }
            };
            self.upcoming.push_back((index, Arc::clone(&after)));
            news = Some(after);
        }
        news
    }

    /// A snapshot takes the place of the whole log.
    pub(crate) fn replaced(&mut self) {
        self.logged.clear();
    }

    /// A snapshot is handed out to the state machine.
    pub(crate) fn installing(&mut self, index: Index, membership: Membership) {
        self.upcoming.push_back((index, Arc::new(membership)));
    }

    /// Everything up to here is applied. Whether another membership is active now.
    pub(crate) fn applied(&mut self, upto: Index) -> bool {
        let mut has_changed = false;
        while self.upcoming.front().is_some_and(|(index, _)| *index <= upto)
            && let Some((_, membership)) = self.upcoming.pop_front()
        {
            self.active = Arc::unwrap_or_clone(membership);
            has_changed = true;
        }
        has_changed
    }

    /// Panics if a change is not where the cursors say that it is (I10).
    pub(crate) fn check(&self, applied: Index, handed_out: Index, last: Index) {
        let upcoming = self.upcoming.front().zip(self.upcoming.back());
        if let Some(((first, _), (end, _))) = upcoming {
            // A snapshot that was asked for may be no newer than what is applied.
            assert!(*first >= applied, "I10: an applied change is not active (R18)");
            assert!(*end <= handed_out, "I10: a change came from nowhere");
        }
        if let Some(((first, _), (end, _))) = self.logged.front().zip(self.logged.back()) {
            assert!(*first > handed_out, "I10: a change was handed out unseen (R18)");
            assert!(*end <= last, "I10: a change lies beyond the log");
        }
    }

    /// A change that is committed and not yet applied: while there is one, this node must not begin an
    /// election, for it does not know yet whom to ask (R18).
    pub(crate) fn committed_but_unapplied(&self, committed: Index) -> Option<Index> {
        let handed_out = self.upcoming.front().map(|(index, _)| *index);
        let logged = self.logged.front().map(|(index, _)| *index);
        handed_out.or(logged.filter(|index| *index <= committed))
    }
}
