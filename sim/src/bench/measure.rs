//! What is measured, in integers.

/// Latencies in order: exact, because all of them are kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Latencies(Vec<u32>);

impl Latencies {
    fn of(mut micros: Vec<u32>) -> Latencies {
        micros.sort_unstable();
        Latencies(micros)
    }

    /// The latency that so many of a thousand do not exceed, in microseconds (nearest rank).
    #[must_use]
    pub fn per_mille(&self, per_mille: u32) -> u32 {
        let rank = (self.0.len() as u64 * u64::from(per_mille)).div_ceil(1_000);
        self.0.get((rank as usize).saturating_sub(1)).copied().unwrap_or(0)
    }

    /// The mean, in microseconds.
    #[must_use]
    pub fn mean(&self) -> u64 {
        let sum: u64 = self.0.iter().map(|micros| u64::from(*micros)).sum();
        sum / (self.0.len() as u64).max(1)
    }

    /// All of them, the shortest first.
    #[must_use]
    pub fn all(&self) -> &[u32] {
        &self.0
    }
}

/// What came of a row under a policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Measured {
    /// How many commands were applied.
    pub commands: u64,
    /// In how many virtual microseconds.
    pub micros: u64,
    /// From a command's arrival until its leader has taken a Ready that knows it committed.
    pub commit: Latencies,
    /// From a command's arrival until its leader has applied it.
    pub apply: Latencies,
    /// How many syncs the hosts of the first machine asked for.
    pub syncs: u64,
    /// How many flushes its disk did.
    pub flushes: u64,
    /// How many bytes they took down.
    pub bytes: u64,
    /// For how many microseconds a leader had committed what its own disk had not synced: the mean
    /// over the groups.
    pub ahead_micros: u64,
}

impl Measured {
    /// Commands in a second.
    #[must_use]
    pub fn per_second(&self) -> u64 {
        self.commands * 1_000_000 / self.micros.max(1)
    }

    /// Tenths of a sync for 1,000 commands, on the first machine.
    #[must_use]
    pub fn syncs_per_10_000(&self) -> u64 {
        self.syncs * 10_000 / self.commands.max(1)
    }

    /// Tenths of a flush for 1,000 commands, on its disk.
    #[must_use]
    pub fn flushes_per_10_000(&self) -> u64 {
        self.flushes * 10_000 / self.commands.max(1)
    }

    /// How many bytes a sync takes down.
    #[must_use]
    pub fn bytes_per_sync(&self) -> u64 {
        self.bytes / self.syncs.max(1)
    }

    /// Syncs in a second.
    #[must_use]
    pub fn syncs_per_second(&self) -> u64 {
        self.syncs * 1_000_000 / self.micros.max(1)
    }

    /// Of a thousand parts of the time, how many a leader was ahead of its own disk.
    #[must_use]
    pub fn ahead_per_mille(&self) -> u64 {
        self.ahead_micros * 1_000 / self.micros.max(1)
    }
}

/// Counts while a row runs. What comes before `begin` is forgotten.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter {
    pub(super) syncs: u64,
    pub(super) bytes: u64,
    pub(super) ahead_micros: u64,
    pub(super) applied: u64,
    commit: Vec<u32>,
    apply: Vec<u32>,
    began: u64,
    /// How many flushes there had been by then.
    flushed: u64,
}

impl Meter {
    /// The warm-up is over, after so many flushes.
    pub(super) fn begin(&mut self, now: u64, flushes: u64) {
        *self = Meter { began: now, flushed: flushes, ..Meter::default() };
    }

    pub(super) fn committed(&mut self, micros: u64) {
        self.commit.push(micros as u32);
    }

    pub(super) fn applied(&mut self, micros: u64) {
        self.applied += 1;
        self.apply.push(micros as u32);
    }

    pub(super) fn end(self, now: u64, flushes: u64, groups: u64) -> Measured {
        Measured {
            commands: self.applied,
            micros: now - self.began,
            commit: Latencies::of(self.commit),
            apply: Latencies::of(self.apply),
            syncs: self.syncs,
            flushes: flushes - self.flushed,
            bytes: self.bytes,
            ahead_micros: self.ahead_micros / groups,
        }
    }
}
