//! What a leader sends to its followers, composed when a Ready is taken, so that everything
//! proposed since the last one travels together.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::super::Role;
use super::Leader;
use crate::entry::Entries;
use crate::error::{FetchedError, SendSnapshotError};
use crate::log::Log;
use crate::message::{Body, Message, follows};
use crate::mutant::Mutant;
use crate::node::RawNode;
use crate::progress::{Fetch, Fetching, InflightLimits, LeaderLog, Pace, Progress, Stage};
use crate::snapshot::Snapshot;
use crate::types::{Index, LogId, NodeId};

/// A member that lags behind the log needs a snapshot. The application answers with
/// [`RawNode::send_snapshot`], at once or much later, or with [`RawNode::report_snapshot`] if it
/// cannot.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SnapshotWanted {
    /// For whom.
    pub to: NodeId,
    /// The lowest index that will do.
    pub at_least: Index,
}

/// What a leader asks of its application.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Wants {
    pub(crate) fetches: Vec<Fetch>,
    pub(crate) snapshots: Vec<SnapshotWanted>,
}

impl Leader {
    fn wants_append(&self, log: LeaderLog, limits: InflightLimits) -> bool {
        self.peers.iter().any(|progress| {
            progress.wants_append(log, limits)
                || progress.commit_news(log.committed).is_some()
                || matches!(progress.pace, Pace::Snapshot(Stage::Wanted { .. }))
        })
    }
}

impl RawNode {
    /// Whether something would leave for a follower with the next Ready.
    pub(crate) fn has_appends(&self) -> bool {
        let Role::Leader(leader) = &self.role else {
            return false;
        };
        leader.wants_append(self.leader_log(), self.config.inflight_limits()) || self.wants_round()
    }

    /// Puts into the outbox whatever the followers should be sent now. Entries leave unsynced
    /// (thesis, section 10.2.1): a copy that is only replicated counts nowhere.
    pub(crate) fn compose_appends(&mut self) -> Wants {
        let mut wants = Wants::default();
        let log = self.leader_log();
        let Role::Leader(leader) = &mut self.role else {
            return wants;
        };
        let (from, term) = (self.id, self.term);
        let limits = self.config.inflight_limits();
        let is_boundless = self.active.is(Mutant::B5);
        let bytes_max = if is_boundless { usize::MAX } else { self.config.message_bytes_max };
        for progress in &mut leader.peers {
            let to = progress.id;
            while progress.wants_append(log, limits) {
                let log = &mut self.log;
                match compose(progress, log, bytes_max, limits) {
                    Composed::Message(body) => {
                        self.outbox.add(Message { from, to, term, body });
                    }
                    Composed::Fetch(fetch) => wants.fetches.push(fetch),
                    Composed::Snapshot => progress.need_snapshot(log.base().index),
                }
            }
            if let Pace::Snapshot(Stage::Wanted { at_least }) = progress.pace {
                progress.pace = Pace::Snapshot(Stage::Asked { at_least });
                wants.snapshots.push(SnapshotWanted { to, at_least });
            }
            if let Some(commit) = progress.commit_news(log.committed) {
                progress.told(commit);
                let body = Body::Commit { commit };
                self.outbox.add(Message { from, to, term, body });
            }
        }
        wants
    }

    /// The entries that a [`Fetch`] asked for. An answer that nobody waits for any more is ignored. Of
    /// entries that weigh more than was asked for, those that follow are dropped and asked for again
    /// (R27).
    ///
    /// # Errors
    /// If they are not those entries of this log. The fetch is still open then.
    pub fn fetched(
        &mut self,
        fetch: Fetch,
        entries: Vec<crate::Entry>,
    ) -> Result<(), FetchedError> {
        let Role::Leader(leader) = &mut self.role else {
            return Ok(());
        };
        let Some(progress) = leader.peer(fetch.to) else {
            return Ok(());
        };
        if !progress.fetching.asks_for(fetch) {
            return Ok(());
        }
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
            return Err(FetchedError::Empty);
        };
        if last.index() > fetch.last {
            return Err(FetchedError::TooFar { found: last.index(), last: fetch.last });
        }
        let before = LogId { index: fetch.after, ..LogId::default() };
        let stray = entries.iter().find(|entry| {
            let known = self.log.term_at(entry.index());
            known.is_some_and(|term| term != entry.term())
        });
        if let Some(stray) = stray {
            return Err(FetchedError::NotOfThisLog { found: stray.id });
        }
        if !follows(before, &entries) {
            return Err(FetchedError::NotContiguous { after: fetch.after, first: first.index() });
        }
        progress.fetching = Fetching::Here(Box::new((fetch.after, fetch.page(entries).into())));
        Ok(())
    }

    /// The entries that a [`Fetch`] asked for cannot be read back now. The application is asked again
    /// when the follower shows a sign of life.
    pub fn fetch_failed(&mut self, fetch: Fetch) {
        if let Role::Leader(leader) = &mut self.role
            && let Some(progress) = leader.peer(fetch.to)
            && progress.fetching.asks_for(fetch)
        {
            progress.fetching = Fetching::Failed;
        }
    }

    /// Sends a member the snapshot that it needs. Its data may be the state itself, or say where the
    /// receiver's application finds it. How that ends must be reported with
    /// [`RawNode::report_snapshot`].
    ///
    /// # Errors
    /// If no snapshot was asked for, or this is not one that helps.
    pub fn send_snapshot(
        &mut self,
        member: NodeId,
        snapshot: Arc<Snapshot>,
    ) -> Result<(), SendSnapshotError> {
        let applied = self.log.cursors.applied;
        let Role::Leader(leader) = &mut self.role else {
            return Err(SendSnapshotError::NotLeader);
        };
        let Some(progress) = leader.peer(member) else {
            return Err(SendSnapshotError::NotAsked { member });
        };
        let Pace::Snapshot(Stage::Asked { at_least }) = progress.pace else {
            return Err(SendSnapshotError::NotAsked { member });
        };
        let LogId { index, term } = snapshot.last;
        if index < at_least || index == Index::ZERO {
            return Err(SendSnapshotError::TooOld { found: index, at_least });
        }
        // A snapshot stands for what is applied here, or came from here (R16).
        let is_known = index <= applied && self.log.term_at(index).is_none_or(|own| own == term);
        if !is_known {
            return Err(SendSnapshotError::NotApplied { found: snapshot.last, applied });
        }
        progress.pace = Pace::Snapshot(Stage::Sent { last: index });
        self.say(member, Body::Snapshot(snapshot));
        self.check_all();
        Ok(())
    }
}

enum Composed {
    Message(Body),
    Fetch(Fetch),
    Snapshot,
}

/// The next append for a member, or what is missing for it.
fn compose(
    progress: &mut Progress,
    log: &mut Log,
    bytes_max: usize,
    limits: InflightLimits,
) -> Composed {
    let before = progress.next.prev();
    let Some(prev) = log.id_at(before) else {
        return Composed::Snapshot;
    };
    let commit = log.cursors.committed;
    let last = log.last().index;
    let (entries, bytes) = if !progress.has_room(limits) || before == last {
        (Entries::default(), 0)
    } else if let Some(entries) = progress.fetching.take(before) {
        let bytes = entries.iter().map(crate::Entry::weight_bytes).sum();
        (entries, bytes)
    } else if progress.next < log.first_in_memory() {
        let fetch = Fetch {
            to: progress.id,
            after: before,
            last: last.min(log.first_in_memory().prev()),
            bytes_max,
        };
        progress.fetching = Fetching::Asked(Box::new(fetch));
        return Composed::Fetch(fetch);
    } else {
        log.page(before, last, bytes_max)
    };
    progress.sent(entries.last().map_or(before, crate::Entry::index), bytes, commit);
    Composed::Message(Body::Append { prev, entries, commit })
}
