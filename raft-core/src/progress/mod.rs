//! What a leader knows of one follower (Raft paper, figure 2: `nextIndex` and `matchIndex`).

mod inflights;

use inflights::Inflights;

use crate::types::{Index, NodeId};

/// Whether the leader knows where the follower's log meets its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Pace {
    /// It does not: one message, then wait for the answer or the next heartbeat.
    Probe { waiting: bool },
    /// It does: messages follow each other without waiting.
    Replicate,
}

/// One follower, as its leader sees it.
///
/// **Invariant** (I4): `matched < next`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Progress {
    pub(crate) id: NodeId,
    /// Up to here the follower has acknowledged this leader's log.
    pub(crate) matched: Index,
    /// The first entry to send next.
    pub(crate) next: Index,
    pace: Pace,
    inflights: Inflights,
    /// The highest commit index that an append has told it.
    commit_told: Index,
    /// An append is due although there is nothing new: the follower may have lost one.
    nudge: bool,
}

impl Progress {
    pub(crate) fn new(id: NodeId, next: Index, inflight_messages_max: u32) -> Progress {
        Progress {
            id,
            matched: Index::ZERO,
            next,
            pace: Pace::Probe { waiting: false },
            inflights: Inflights::new(inflight_messages_max),
            commit_told: Index::ZERO,
            nudge: false,
        }
    }

    /// Whether an append should leave now.
    pub(crate) fn wants_append(&self, last: Index, commit: Index) -> bool {
        match self.pace {
            Pace::Probe { waiting } => !waiting,
            Pace::Replicate => {
                self.nudge || commit > self.commit_told || (self.next <= last && self.has_room())
            }
        }
    }

    /// Whether a message with entries may leave.
    pub(crate) fn has_room(&self) -> bool {
        !self.inflights.is_full()
    }

    /// An append leaves with entries up to `last` (`next - 1` if it has none).
    pub(crate) fn sent(&mut self, last: Index, commit: Index) {
        assert!(last >= self.next.prev());
        self.nudge = false;
        self.commit_told = self.commit_told.max(commit);
        match &mut self.pace {
            Pace::Probe { waiting } => *waiting = true,
            Pace::Replicate if last >= self.next => {
                self.inflights.add(last);
                self.next = last.next();
            }
            Pace::Replicate => {}
        }
    }

    /// The follower has acknowledged everything up to `last`. Whether that is news.
    pub(crate) fn accepted(&mut self, last: Index) -> bool {
        self.inflights.free_up_to(last);
        if matches!(self.pace, Pace::Probe { .. }) && last >= self.matched {
            self.pace = Pace::Replicate;
            self.next = last.next();
        }
        self.next = self.next.max(last.next());
        let news = last > self.matched;
        self.matched = self.matched.max(last);
        assert!(self.matched < self.next, "I4: a follower cannot match what comes next");
        news
    }

    /// The follower does not have `prev`; the logs may meet at `meet`. A stale refusal is ignored.
    pub(crate) fn rejected(&mut self, prev: Index, meet: Index) {
        match self.pace {
            Pace::Replicate if prev > self.matched => self.next = self.matched.next(),
            Pace::Probe { .. } if prev == self.next.prev() => {
                self.next = prev.min(meet.next()).max(self.matched.next());
            }
            _ => return,
        }
        self.pace = Pace::Probe { waiting: false };
        self.inflights.clear();
    }

    /// The follower lives: whatever it has not answered by now may be lost.
    pub(crate) fn answered_heartbeat(&mut self, last: Index) {
        match &mut self.pace {
            Pace::Probe { waiting } => *waiting = false,
            Pace::Replicate => {
                if self.inflights.is_full() {
                    self.inflights.free_oldest();
                }
                self.nudge = self.matched < last;
            }
        }
    }
}

#[cfg(test)]
mod tests;
