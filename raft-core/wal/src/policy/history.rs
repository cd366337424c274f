//! What a host remembers of its syncs, for a pace that adapts.

use super::time::{Micros, SyncTime};

/// How long syncs take, alone and beside others; how much waits at most; and whether what is written
/// answers to what was synced.
///
/// The last is what tells a closed loop from an open one. Clients that wait for their answers come
/// back soon after a sync has set them free, all at once. Where commands come whenever they like, a
/// part of them comes in that time by chance.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct History {
    alone: SyncTime,
    beside: SyncTime,
    /// When a sync ended last.
    ended: Micros,
    /// How many have.
    count: u32,
    /// Bytes lately written, and those of them that came soon after the end of a sync.
    written: u64,
    soon: u64,
    /// The most bytes that were unsynced at once lately.
    most: u64,
}

/// Up to so much of the mean time of a sync after its end, a write counts as its echo.
const SOON_PERCENT: u32 = 75;
/// By how much the time of one sync may change the mean: a stall is no measure of the next.
const STALL_FACTOR: u64 = 4;
/// One in so many syncs is begun beside another to see how long it takes.
pub(super) const PROBE_EVERY: u32 = 64;

impl History {
    /// So many bytes have been written; with them so many are unsynced.
    pub fn wrote(&mut self, now: Micros, bytes: u64, unsynced: u64) {
        let is_soon = self.count > 0 && now.since(self.ended) <= self.patience();
        self.written = self.written.saturating_add(bytes);
        if is_soon {
            self.soon = self.soon.saturating_add(bytes);
        }
        self.most = self.most.max(unsynced);
    }

    /// A sync has ended that began then, while so many others were under way.
    pub fn ended(&mut self, now: Micros, began: Micros, others: u32) {
        let kind = if others == 0 { &mut self.alone } else { &mut self.beside };
        let took = now.since(began);
        let most = kind.mean().0.saturating_mul(STALL_FACTOR);
        kind.add(if most > 0 { Micros(took.0.min(most)) } else { took });
        self.ended = now;
        self.count = self.count.wrapping_add(1).max(1);
        self.written -= self.written / 16;
        self.soon -= self.soon / 16;
        self.most -= self.most / 32;
    }

    /// The mean time of a sync that was alone; zero if none has ended.
    #[must_use]
    pub const fn mean(&self) -> Micros {
        self.alone.mean()
    }

    /// How long to wait for an echo.
    pub(super) fn patience(&self) -> Micros {
        self.mean().percent(SOON_PERCENT)
    }

    /// Until when the echo of the last sync is to come, if there is to be one and it is not complete.
    pub(super) fn echo_until(&self, unsynced: u64) -> Option<Micros> {
        let echoes = self.soon > self.written / 8 * 7;
        let is_short = unsynced < self.most - self.most / 8;
        (echoes && is_short).then(|| self.ended.after(self.patience()))
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
