//! A disk in memory: what was written can be read back, and what was synced survives a power cut.

use std::sync::Arc;

use syncline_raft::{Entry, Fetch, HardState, LogId, Membership, Restored, Snapshot, Write};

use super::Machine;

/// A log, and a state of the state machine with which it begins.
#[derive(Clone, Default)]
struct Image {
    hard_state: HardState,
    snapshot: Option<Arc<Snapshot>>,
    base: LogId,
    log: Vec<Entry>,
}

/// The disk of one node.
#[derive(Default)]
pub(crate) struct Disk {
    now: Image,
    synced: Image,
    pub(crate) syncs: u64,
}

impl Disk {
    /// Carries a write out. It is whole, or it is not there: nothing here can fail in between (R2).
    pub(crate) fn write(&mut self, write: &Write) {
        self.now.hard_state = write.hard_state;
        if let Some(snapshot) = &write.snapshot {
            self.now.log.clear();
            self.now.snapshot = Some(Arc::clone(snapshot));
            self.now.base = snapshot.last;
        }
        if let Some(from) = write.truncate_from {
            self.now.log.retain(|entry| entry.index() < from);
        }
        self.now.log.extend_from_slice(&write.entries);
    }

    /// Everything written so far survives a power cut from now on.
    pub(crate) fn sync(&mut self) {
        self.synced = self.now.clone();
        self.syncs += 1;
    }

    /// Keeps a state of the state machine, in a file of its own that is synced at once.
    pub(crate) fn keep(&mut self, snapshot: Arc<Snapshot>) {
        self.syncs += 1;
        self.synced.snapshot = Some(Arc::clone(&snapshot));
        self.now.snapshot = Some(snapshot);
    }

    /// Marks that the log begins behind the state, and then removes what is older (R17).
    pub(crate) fn forget_what_is_kept(&mut self) {
        self.now.base = self.now.snapshot.as_ref().map_or(LogId::default(), |kept| kept.last);
        self.now.log.retain(|entry| entry.index() > self.now.base.index);
    }

    /// Where the log begins.
    pub(crate) fn base(&self) -> LogId {
        self.now.base
    }

    /// Reads entries back; none if they are not there any more.
    pub(crate) fn read(&self, fetch: Fetch) -> Vec<Entry> {
        let wanted = |entry: &&Entry| fetch.after < entry.index() && entry.index() <= fetch.last;
        fetch.page(self.now.log.iter().filter(wanted).cloned().collect())
    }

    /// The power is cut, and this is what a restart reads: a state machine, and the log. What it reads
    /// here is synced; with files it would sync them first (R23).
    pub(crate) fn power_cut(&mut self, founders: &Membership) -> (Machine, Restored) {
        self.now = self.synced.clone();
        let Image { hard_state, snapshot, base, log } = self.now.clone();
        let founder = || Machine { membership: founders.clone(), ..Machine::default() };
        let machine = snapshot.map_or_else(founder, |snapshot| Machine::of(&snapshot));
        let restored = Restored {
            hard_state,
            base,
            entries: log,
            applied: machine.applied.index,
            membership: machine.membership.clone(),
            ..Restored::default()
        };
        (machine, restored)
    }
}
