//! What one pace is asked about: the log of one machine, or of one group on it.

use std::collections::VecDeque;

use syncline_raft::SyncWanted;
use syncline_traces::WriteNo;
use syncline_wal::{Advice, Begin, History, Intake, Micros, Pace, Pending};

/// What a sync is of: which group, and up to which of its writes.
pub(super) type Covered = (u32, WriteNo);

/// A sync under way.
#[derive(Clone, Debug)]
pub(super) struct Sync {
    /// The number of the request.
    pub(super) no: u32,
    pub(super) covers: Vec<Covered>,
    bytes: u64,
    began: Micros,
    /// How many others were under way then.
    others: u32,
    is_done: bool,
}

/// What a host knows of a log when it asks its pace.
///
/// A write without entries holds a commit index only, which a restart can do without: nobody waits
/// for it, so it is not counted. The next sync covers it too.
#[derive(Clone, Debug)]
pub(super) struct Pacer {
    pace: Option<Pace>,
    bytes: u64,
    readys: u32,
    since: Micros,
    history: History,
    /// The groups that have written something since the last sync began.
    pub(super) unsynced: Vec<u32>,
    under_way: VecDeque<Sync>,
    /// The groups that would take a Ready, but are not to.
    pub(super) waiting: Vec<u32>,
    /// When somebody asks again at the latest.
    pub(super) alarm: Option<Micros>,
}

impl Pacer {
    pub(super) fn new(pace: Option<Pace>) -> Pacer {
        Pacer {
            pace,
            bytes: 0,
            readys: 0,
            since: Micros(0),
            history: History::default(),
            unsynced: Vec::new(),
            under_way: VecDeque::new(),
            waiting: Vec::new(),
            alarm: None,
        }
    }

    /// A loop has taken a Ready with entries.
    pub(super) fn took(&mut self, now: Micros) {
        self.history.took(now);
    }

    /// A group has written a Ready. `bytes` are those of its entries; none if it has none.
    pub(super) fn written(&mut self, group: u32, bytes: u64, now: Micros) {
        if !self.unsynced.contains(&group) {
            self.unsynced.push(group);
        }
        if bytes == 0 {
            return;
        }
        if self.readys == 0 {
            self.since = now;
        }
        self.readys += 1;
        self.bytes += bytes;
        self.history.wrote(now, bytes);
    }

    fn pending(&self, now: Micros) -> Pending {
        Pending {
            now,
            bytes: self.bytes,
            readys: self.readys,
            since: self.since,
            syncs: self.under_way.len() as u32,
            bytes_under_way: self.under_way.iter().map(|sync| sync.bytes).sum(),
            history: self.history,
            wanted: (self.readys > 0).then_some(SyncWanted::Gated),
        }
    }

    /// What to do now. Who never syncs never waits.
    pub(super) fn advise(&self, now: Micros) -> Advice {
        let free = Advice { begin: Begin::Later, intake: Intake::Open };
        self.pace.map_or(free, |pace| pace.advise(&self.pending(now)))
    }

    /// The time has come for which somebody was to ask again.
    pub(super) fn rings(&mut self, now: Micros) {
        if self.alarm.is_some_and(|alarm| alarm <= now) {
            self.alarm = None;
        }
    }

    pub(super) fn never_syncs(&self) -> bool {
        self.pace.is_none()
    }

    /// A sync begins, of everything written so far. Returns its bytes.
    pub(super) fn begin(&mut self, no: u32, covers: Vec<Covered>, now: Micros) -> u64 {
        let bytes = std::mem::take(&mut self.bytes);
        self.readys = 0;
        let others = self.under_way.len() as u32;
        self.history.began();
        self.under_way.push_back(Sync { no, covers, bytes, began: now, others, is_done: false });
        bytes
    }

    /// The disk is done with a sync: what it covers, and the syncs that may be reported now.
    ///
    /// A sync counts when all that began before it are done too, as in the log on disk: a completion
    /// vouches for its own writes only.
    pub(super) fn end(&mut self, no: u32, now: Micros) -> (Vec<Covered>, Vec<Sync>) {
        let ended = self.under_way.iter_mut().find(|sync| sync.no == no);
        let sync = ended.expect("a sync ends once");
        sync.is_done = true;
        let covers = sync.covers.clone();
        self.history.ended(now, sync.began, sync.others);
        let mut reported = Vec::new();
        while self.under_way.front().is_some_and(|sync| sync.is_done) {
            reported.extend(self.under_way.pop_front());
        }
        (covers, reported)
    }
}
