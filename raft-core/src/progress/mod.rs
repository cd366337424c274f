//! What a leader knows of one other member (Raft paper, figure 2: `nextIndex` and `matchIndex`).

mod fetching;
mod inflights;

pub use fetching::Fetch;
pub(crate) use fetching::Fetching;
pub use inflights::InflightLimits;
use inflights::Inflights;

use crate::types::{Index, LogId, NodeId, Round};

/// Whether the leader knows where the member's log meets its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Pace {
    /// It does not: one message, then wait for the answer or the next heartbeat.
    Probe { waiting: bool },
    /// It does: messages follow each other without waiting.
    Replicate,
    /// The member needs entries that the leader does not have any more.
    Snapshot(Stage),
}

/// How far the snapshot for a member has come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Stage {
    /// The application is to be asked for one.
    Wanted { at_least: Index },
    /// It has been asked.
    Asked { at_least: Index },
    /// One that ends here is under way.
    Sent { last: Index },
    /// The last attempt failed; the next one begins when the member shows a sign of life.
    Failed { at_least: Index },
}

/// One member, as its leader sees it.
///
/// **Invariant** (I4): `matched < next`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Progress {
    pub(crate) id: NodeId,
    /// Up to here the member has acknowledged this leader's log.
    pub(crate) matched: Index,
    /// The first entry to send next.
    pub(crate) next: Index,
    pub(crate) pace: Pace,
    pub(crate) inflights: Inflights,
    /// The highest commit index that it has been told and could take over.
    commit_told: Index,
    /// An append is due although there is nothing new: the member may have lost one.
    nudge: bool,
    /// The newest round of heartbeats that it has answered.
    pub(crate) answered: Round,
    /// It has said something since the quorum was last checked.
    pub(crate) is_active: bool,
    pub(crate) fetching: Fetching,
}

/// How far the leader's own log has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeaderLog {
    pub(crate) base: LogId,
    pub(crate) last: Index,
    pub(crate) committed: Index,
}

impl Progress {
    pub(crate) fn new(id: NodeId, next: Index) -> Progress {
        Progress {
            id,
            matched: Index::ZERO,
            next,
            pace: Pace::Probe { waiting: false },
            inflights: Inflights::default(),
            commit_told: Index::ZERO,
            nudge: false,
            answered: Round::default(),
            is_active: true,
            fetching: Fetching::Nothing,
        }
    }

    /// Panics if the invariant I4 does not hold, where the leader's log ends at `last`.
    pub(crate) fn check(&self, last: Index) {
        assert!(self.matched < self.next, "I4: a member cannot match what comes next");
        assert!(self.next <= last.next(), "I4: a member is not sent what does not exist");
        let is_quiet = self.pace == Pace::Replicate || self.inflights.len() == 0;
        assert!(is_quiet, "I4: entries are under way to a member that is not sent any");
    }

    /// Whether an append should leave now.
    pub(crate) fn wants_append(&self, log: LeaderLog, limits: InflightLimits) -> bool {
        if self.fetching.is_busy() {
            return false;
        }
        match self.pace {
            Pace::Probe { waiting } => !waiting,
            Pace::Replicate => {
                self.nudge || (self.next <= log.last && !self.inflights.is_full(limits))
            }
            Pace::Snapshot(_) => false,
        }
    }

    /// The commit index that is news to the member, as far as it has acknowledged the log (R7).
    pub(crate) fn commit_news(&self, committed: Index) -> Option<Index> {
        let commit = committed.min(self.matched);
        (commit > self.commit_told && self.pace == Pace::Replicate).then_some(commit)
    }

    /// The member has been told that the log is committed up to here.
    pub(crate) fn told(&mut self, commit: Index) {
        self.commit_told = self.commit_told.max(commit);
    }

    /// Whether a message with entries may leave.
    pub(crate) fn has_room(&self, limits: InflightLimits) -> bool {
        !self.inflights.is_full(limits)
    }

    pub(crate) fn inflight_messages(&self) -> usize {
        self.inflights.len()
    }

    /// An append leaves with entries up to `last` (`next - 1` if it has none).
    pub(crate) fn sent(&mut self, last: Index, bytes: usize, commit: Index) {
        assert!(last >= self.next.prev());
        self.nudge = false;
        self.told(commit.min(last));
        match &mut self.pace {
            Pace::Probe { waiting } => *waiting = true,
            Pace::Replicate if last >= self.next => {
                self.inflights.add(last, bytes);
                self.next = last.next();
            }
            Pace::Replicate | Pace::Snapshot(_) => {}
        }
    }

    /// The member has acknowledged everything up to `last`. Whether that is news.
    pub(crate) fn accepted(&mut self, last: Index, base: Index) -> bool {
        self.is_active = true;
        self.inflights.free_up_to(last);
        let resumes = match self.pace {
            Pace::Probe { .. } => last >= self.matched,
            // Whatever brought the member here, its log meets what the leader still has. A late answer
            // brings nobody anywhere: a member that asked for a snapshot may have acknowledged more.
            Pace::Snapshot(_) => last >= base && last >= self.matched,
            Pace::Replicate => false,
        };
        if resumes {
            self.pace = Pace::Replicate;
            // A member that asked for a snapshot may have acknowledged more before, and this late.
            self.next = self.matched.max(last).next();
            self.inflights.clear();
        }
        self.next = self.next.max(last.next());
        let news = last > self.matched;
        self.matched = self.matched.max(last);
        assert!(self.matched < self.next, "I4: a member cannot match what comes next");
        news
    }

    /// The member does not have `prev`; the logs may meet at `meet`. A stale refusal is ignored.
    pub(crate) fn rejected(&mut self, prev: Index, meet: Index) {
        self.is_active = true;
        match self.pace {
            Pace::Replicate if prev > self.matched => self.next = self.matched.next(),
            Pace::Probe { .. } if prev == self.next.prev() => {
                self.next = prev.min(meet.next()).max(self.matched.next());
            }
            _ => return,
        }
        self.probe();
    }

    fn probe(&mut self) {
        self.pace = Pace::Probe { waiting: false };
        self.fetching = Fetching::Nothing;
        self.inflights.clear();
    }

    /// The member lives: whatever it has not answered by now may be lost.
    pub(crate) fn answered_heartbeat(&mut self, round: Round, last: Index, limits: InflightLimits) {
        self.is_active = true;
        self.answered = self.answered.max(round);
        self.fetching.retry();
        match &mut self.pace {
            Pace::Probe { waiting } => *waiting = false,
            Pace::Replicate => {
                if self.inflights.is_full(limits) {
                    self.inflights.free_oldest();
                }
                self.nudge = self.matched < last;
            }
            Pace::Snapshot(stage) => {
                if let Stage::Failed { at_least } = *stage {
                    *stage = Stage::Wanted { at_least };
                }
            }
        }
    }

    /// Gives back the room that an idle member has no use for.
    pub(crate) fn rest(&mut self) {
        self.inflights.rest();
    }

    /// Messages to the member do not arrive: what is under way is lost.
    pub(crate) fn unreachable(&mut self) {
        if self.pace == Pace::Replicate {
            self.next = self.matched.next();
            self.probe();
        }
    }

    /// Nothing that the leader still has will do.
    pub(crate) fn need_snapshot(&mut self, at_least: Index) {
        self.pace = Pace::Snapshot(Stage::Wanted { at_least });
        self.fetching = Fetching::Nothing;
        self.inflights.clear();
    }

    /// The member asks for a snapshot.
    pub(crate) fn snapshot_requested(&mut self, at_least: Index) {
        self.is_active = true;
        match self.pace {
            Pace::Snapshot(Stage::Wanted { .. } | Stage::Asked { .. }) => {}
            Pace::Snapshot(Stage::Sent { last }) if last >= at_least => {}
            _ => self.need_snapshot(at_least),
        }
    }

    /// The snapshot under way has arrived or is lost, as far as its sender knows.
    pub(crate) fn snapshot_ended(&mut self, outcome: SnapshotOutcome) {
        let Pace::Snapshot(stage) = self.pace else {
            return;
        };
        match (stage, outcome) {
            (Stage::Sent { last }, SnapshotOutcome::Delivered) => {
                self.next = self.matched.max(last).next();
                self.pace = Pace::Probe { waiting: true };
            }
            (
                Stage::Sent { last: at_least } | Stage::Asked { at_least },
                SnapshotOutcome::Failed,
            ) => {
                self.pace = Pace::Snapshot(Stage::Failed { at_least });
            }
            _ => {}
        }
    }
}

/// What became of a snapshot that was sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SnapshotOutcome {
    /// It was handed to the receiver, who may have taken it or not.
    Delivered,
    /// It was not, or could not be made.
    Failed,
}

#[cfg(test)]
mod tests;
