//! Snapshots that arrive, and the log that is compacted (Raft paper, section 7).
//!
//! An install passes four places: the node accepts the snapshot and its log begins anew behind it; a
//! write hands it to the storage; once that write is synced a Ready hands it to the state machine
//! (R15); and it is over when the application says that it is applied.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::error::{CompactError, SnapshotRequestError, StepError};
use crate::message::{Body, Message};
use crate::mutant::Mutant;
use crate::node::RawNode;
use crate::role::Role;
use crate::snapshot::Snapshot;
use crate::types::{Index, NodeId};

/// A snapshot that the state machine has not applied yet.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Install {
    snapshot: Arc<Snapshot>,
    /// The write that stores it. The synced cursor would not do: a snapshot that was asked for may end
    /// where this node's log is synced already.
    stored_by: u64,
    is_handed_out: bool,
}

/// The snapshots that are not applied yet: the newest, and at most one before it that the state
/// machine is busy with.
pub(crate) type Installs = Vec<Install>;

/// The snapshot that a node restarts with.
pub(crate) fn restored(snapshot: Option<Arc<Snapshot>>) -> Installs {
    let install = |snapshot| Install { snapshot, stored_by: 0, is_handed_out: false };
    snapshot.map(install).into_iter().collect()
}

/// Whether at most one snapshot waits, behind at most one older one that the state machine is busy
/// with (I8).
pub(crate) fn is_in_order(installs: &Installs) -> bool {
    let mut older = installs.iter().rev().skip(1);
    let busy = older.next().is_none_or(|older| {
        let newest = installs.last().is_some_and(|newest| !newest.is_handed_out);
        newest && older.is_handed_out
    });
    busy && older.next().is_none()
}

impl RawNode {
    /// Takes a snapshot from the leader of the current term.
    pub(crate) fn on_snapshot(
        &mut self,
        leader: NodeId,
        snapshot: Arc<Snapshot>,
    ) -> Result<(), StepError> {
        self.heed(leader)?;
        let (last, committed) = (snapshot.last, self.log.cursors.committed);
        let is_requested = self.requested_snapshot.is_some_and(|least| last.index >= least);
        if last.index <= committed && !is_requested {
            self.say(leader, Body::AppendAccepted { last: committed });
            return Ok(());
        }
        if self.requested_snapshot.is_some() && (!is_requested || self.active.is(Mutant::N12)) {
            return Ok(());
        }
        let keeps = !is_requested && !self.active.is(Mutant::N14);
        if keeps && self.log.id_at(last.index) == Some(last) {
            // R14: the log has all that the snapshot stands for, and perhaps more.
            self.learn_commit(last.index);
            self.say(leader, Body::AppendAccepted { last: last.index });
            return Ok(());
        }
        self.install(snapshot);
        self.say(leader, Body::AppendAccepted { last: last.index });
        Ok(())
    }

    /// The snapshot takes the place of the whole log (R13).
    fn install(&mut self, snapshot: Arc<Snapshot>) {
        let committed = self.log.cursors.committed;
        self.requested_snapshot = None;
        if self.active.is(Mutant::N7) {
            self.term = snapshot.last.term;
            self.writes.hard_changed();
        }
        let rewritten = if self.active.is(Mutant::F19) { snapshot.last.index } else { committed };
        self.writes.log_replaced(rewritten, Arc::clone(&snapshot));
        self.memberships.replaced();
        self.log.replace(snapshot.last);
        self.installs.retain(|install| install.is_handed_out);
        let stored_by = self.writes.issued + 1;
        self.installs.push(Install { snapshot, stored_by, is_handed_out: false });
    }

    /// The snapshot that is to be applied before anything else is.
    pub(crate) fn pending_install(&self) -> Option<Index> {
        self.installs.last().map(|install| install.snapshot.last.index)
    }

    /// Whether a snapshot waits here for a sync.
    pub(crate) fn has_unsynced_install(&self) -> bool {
        self.installs.last().is_some_and(|install| install.stored_by > self.writes.synced)
    }

    /// Whether a snapshot can be handed to the state machine: it is synced here (R15), and the state
    /// machine is not busy with one before it.
    pub(crate) fn has_install(&self) -> bool {
        let cursors = &self.log.cursors;
        self.installs.first().is_some_and(|next| {
            let index = next.snapshot.last.index;
            // One that was asked for may end where a batch does that is being applied, and then
            // `applied` could mean either.
            let is_free = index > cursors.handed_out || cursors.applied == cursors.handed_out;
            let is_synced = next.stored_by <= self.writes.synced || self.active.is(Mutant::F41);
            !next.is_handed_out && is_synced && is_free
        })
    }

    pub(crate) fn hand_out_install(&mut self) -> Option<Arc<Snapshot>> {
        if !self.has_install() {
            return None;
        }
        let install = self.installs.first_mut()?;
        install.is_handed_out = true;
        let snapshot = Arc::clone(&install.snapshot);
        if !self.active.is(Mutant::M12) {
            self.memberships.installing(snapshot.last.index, snapshot.membership.clone());
        }
        self.log.cursors.handed_out = snapshot.last.index;
        Some(snapshot)
    }

    /// Everything up to here is applied, snapshots included.
    pub(crate) fn installed(&mut self, applied: Index) {
        self.installs
            .retain(|install| !install.is_handed_out || install.snapshot.last.index > applied);
    }

    /// Asks the leader for a snapshot, because the application cannot go on with what it has. Until
    /// it is there this node takes no entries (R14).
    ///
    /// # Errors
    /// If there is nobody to ask, or a snapshot is on its way into the state machine.
    pub fn request_snapshot(&mut self) -> Result<(), SnapshotRequestError> {
        let Role::Follower { leader: Some(leader) } = self.role else {
            return Err(SnapshotRequestError::NoLeader);
        };
        if let Some(snapshot) = self.pending_install() {
            return Err(SnapshotRequestError::Installing { snapshot });
        }
        let at_least = self.log.last().index.max(Index(1));
        self.requested_snapshot = Some(at_least);
        let (from, term, body) = (self.id, self.term, Body::SnapshotRequest { at_least });
        self.outbox.add_question(Message { from, to: leader, term, body });
        self.check_all();
        Ok(())
    }

    /// Reminds the leader of the snapshot that this node waits for, if it does.
    pub(crate) fn ask_for_the_snapshot(&mut self, leader: NodeId) -> bool {
        let Some(at_least) = self.requested_snapshot else {
            return false;
        };
        self.say(leader, Body::SnapshotRequest { at_least });
        true
    }

    /// Lets go of the log up to here: members that need it will be sent a snapshot instead. The
    /// application may delete those entries from its storage after this call, not before.
    ///
    /// By calling it the application says that a state of its machine at or above that index is
    /// *durable* (R16).
    ///
    /// # Errors
    /// If that is more than is applied and synced here.
    pub fn compact(&mut self, upto: Index) -> Result<(), CompactError> {
        let cursors = &self.log.cursors;
        let (applied, synced) = (cursors.applied, cursors.synced);
        if upto > applied || upto > synced {
            return Err(CompactError::NotDurable { found: upto, applied, synced });
        }
        if upto <= self.log.base().index {
            return Ok(());
        }
        self.log.compact(upto);
        self.check_all();
        Ok(())
    }
}
