//! What a host remembers of its syncs, for a pace that adapts.

use super::time::{LongRun, Micros, SyncTime};

/// How long syncs take, alone and beside others, and whether writes come in bursts.
///
/// Clients that wait for their answers are set free by one sync all together, and come back close
/// upon each other: a sync that begins with the first of them makes all others wait for two. Where
/// commands come whenever they like, few of them follow so closely.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct History {
    alone: SyncTime,
    beside: SyncTime,
    /// What one takes alone in the long run, with its stalls and without.
    long: LongRun,
    usual: LongRun,
    /// How many syncs have ended.
    count: u32,
    /// When something was last written.
    wrote: Micros,
    /// When a sync ended last.
    ended: Micros,
    /// How many Readys with entries are being written, and whether the last of them was taken closely
    /// upon a write.
    at_work: u32,
    is_close: bool,
    /// How many syncs are under way.
    under_way: u32,
    /// Bytes lately written; those of them that followed closely upon others; those that came soon
    /// after the end of a sync; and those that came while one was under way.
    written: u64,
    followed: u64,
    echoed: u64,
    met: u64,
}

/// What comes within so much of the mean time of a sync follows closely.
pub(super) const CLOSE_PERCENT: u32 = 12;
/// For so much of that time at most more is waited for.
const PATIENCE_PERCENT: u32 = 50;
/// Of a hundred bytes so many must follow closely for more to be waited for.
const BURST_PERCENT: u64 = 75;
/// And of a hundred bytes so many must have come soon after the end of a sync, for the next sync to
/// wait for those that an end sets free.
const ECHO_PERCENT: u64 = 90;
/// Of a hundred bytes so many must be written while a sync is under way for there to be others.
const MET_PERCENT: u64 = 30;
/// For so much of the mean time a write then waits.
const ERRATIC_PERCENT: u32 = 70;
/// The time of one sync counts as no more than so many times the mean: a stall is no measure of the
/// next sync.
const STALL_FACTOR: u64 = 4;
/// For the long run it counts as no more than so many times the mean: after an hour a node is not to
/// wait for as long.
const LONG_STALL_FACTOR: u64 = 256;
/// A disk stalls if in the long run its syncs take so many percent of what they would without.
const STALLS_PERCENT: u32 = 150;
/// On such a disk, one in so many syncs waits until everybody is there.
const GATHER_EVERY: u32 = 4;
/// One in so many syncs is begun beside another to see how long it takes.
const PROBE_EVERY: u32 = 64;

impl History {
    /// A Ready with entries has been taken, and is about to be written.
    pub fn took(&mut self, now: Micros) {
        self.at_work += 1;
        self.is_close = now.since(self.wrote) <= self.mean().percent(CLOSE_PERCENT);
    }

    /// It has been written, with so many bytes.
    pub fn wrote(&mut self, now: Micros, bytes: u64) {
        self.at_work = self.at_work.saturating_sub(1);
        self.written = self.written.saturating_add(bytes);
        if self.is_close {
            self.followed = self.followed.saturating_add(bytes);
        }
        if now.since(self.ended) <= self.patience() {
            self.echoed = self.echoed.saturating_add(bytes);
        }
        if self.under_way > 0 {
            self.met = self.met.saturating_add(bytes);
        }
        self.wrote = now;
    }

    /// A sync has begun.
    pub fn began(&mut self) {
        self.under_way += 1;
    }

    /// A sync has ended that began then, while so many others were under way.
    pub fn ended(&mut self, now: Micros, began: Micros, others: u32) {
        let kind = if others == 0 { &mut self.alone } else { &mut self.beside };
        let took = now.since(began);
        let mean = kind.mean();
        let at_most = |factor: u64| match mean.0.saturating_mul(factor) {
            0 => took,
            most => Micros(took.0.min(most)),
        };
        kind.add(at_most(STALL_FACTOR));
        if others == 0 {
            self.long.add(at_most(LONG_STALL_FACTOR));
            self.usual.add(at_most(STALL_FACTOR));
        }
        self.under_way = self.under_way.saturating_sub(1);
        self.ended = now;
        self.count = self.count.wrapping_add(1).max(1);
        self.written -= self.written / 16;
        self.followed -= self.followed / 16;
        self.echoed -= self.echoed / 16;
        self.met -= self.met / 16;
    }

    /// The mean time of a sync that was alone; zero if none has ended.
    #[must_use]
    pub const fn mean(&self) -> Micros {
        self.alone.mean()
    }

    /// Whether now and then a sync takes so much longer that it weighs as much as many others.
    fn stalls(&self) -> bool {
        self.long.is_known() && self.long.mean() > self.usual.mean().percent(STALLS_PERCENT)
    }

    /// What one more sync costs those who wait: its time, and its part of the stalls.
    fn cost(&self) -> Micros {
        if self.stalls() { self.long.mean() } else { self.mean() }
    }

    fn patience(&self) -> Micros {
        self.cost().percent(PATIENCE_PERCENT)
    }

    fn share(&self, bytes: u64) -> u64 {
        bytes.saturating_mul(100) / self.written.max(1)
    }

    /// Until when to wait for what is about to follow; no later than `since` if nothing is.
    pub(super) fn quiet(&self, since: Micros) -> Micros {
        if self.share(self.followed) <= BURST_PERCENT {
            // Each sync of a disk whose times differ much may be the one that stalls everybody. Fewer of
            // them are worth a wait, but only if there is anybody else to wait for.
            let is_shared = self.share(self.met) >= MET_PERCENT;
            let differs = self.alone.is_erratic() || self.stalls();
            let waits = is_shared && differs && !self.is_parallel();
            return if waits { since.after(self.cost().percent(ERRATIC_PERCENT)) } else { since };
        }
        // Clients in two cohorts, each of which waits for the other's sync, take two syncs for one turn
        // of all. Once they have come together, what is quiet after a burst keeps them so.
        if self.stalls() && self.count.is_multiple_of(GATHER_EVERY) {
            return since.after(self.cost());
        }
        let echo = self.ended.after(self.patience());
        if self.wrote < self.ended && self.share(self.echoed) >= ECHO_PERCENT {
            return echo;
        }
        let latest = Micros(echo.0.max(since.after(self.patience()).0));
        if self.at_work > 0 {
            return latest;
        }
        let quiet = self.wrote.after(self.mean().percent(CLOSE_PERCENT));
        Micros(quiet.0.min(latest.0))
    }

    /// Whether the disk does several syncs in about the time of one, as far as is known.
    pub(super) fn is_parallel(&self) -> bool {
        let (alone, beside) = (self.alone.mean().0, self.beside.mean().0);
        beside > 0 && beside <= alone.saturating_add(alone / 4)
    }

    /// Whether it is time to find that out.
    pub(super) fn probes(&self) -> bool {
        self.count > 0 && self.count.is_multiple_of(PROBE_EVERY)
    }
}
