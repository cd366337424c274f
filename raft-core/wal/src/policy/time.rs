//! Time as a pace is told of it, and how long syncs have taken.

/// Microseconds: a point in time, counted from whatever the host counts from, or a span.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Micros(pub u64);

impl Micros {
    /// So much later.
    #[must_use]
    pub const fn after(self, span: Micros) -> Micros {
        Micros(self.0.saturating_add(span.0))
    }

    /// How long it is since then; none if that is yet to come.
    #[must_use]
    pub const fn since(self, then: Micros) -> Micros {
        Micros(self.0.saturating_sub(then.0))
    }

    /// A share of a span.
    #[must_use]
    pub const fn percent(self, percent: u32) -> Micros {
        Micros(self.0.saturating_mul(percent as u64) / 100)
    }
}

/// How long the last syncs have taken: a mean that follows them, and how far they are from it.
///
/// As TCP smooths the time of a round trip (RFC 6298, section 2): the mean moves by an eighth of the
/// difference, the deviation by a quarter. Both are kept in eighths of a microsecond.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct SyncTime {
    mean: u64,
    deviation: u64,
    has_any: bool,
}

impl SyncTime {
    /// A sync has taken so long.
    pub fn add(&mut self, took: Micros) {
        let took = took.0.saturating_mul(8);
        if !self.has_any {
            (self.mean, self.deviation, self.has_any) = (took, took / 2, true);
            return;
        }
        let off = self.mean.abs_diff(took);
        self.deviation = self.deviation - self.deviation / 4 + off / 4;
        self.mean = self.mean - self.mean / 8 + took / 8;
    }

    /// The mean; zero if no sync has completed.
    #[must_use]
    pub const fn mean(&self) -> Micros {
        Micros(self.mean / 8)
    }

    /// How far they are from it in the mean.
    #[must_use]
    pub const fn deviation(&self) -> Micros {
        Micros(self.deviation / 8)
    }

    /// Whether they differ by three eighths of what they take in the mean, or more.
    #[must_use]
    pub const fn is_erratic(&self) -> bool {
        self.has_any && self.deviation >= self.mean / 8 * 3
    }
}

/// What a sync takes in the long run: the mean over about a thousand of them, in which stalls have
/// their part that are too rare for [`SyncTime`] to know of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct LongRun {
    /// In thousandths of a microsecond.
    mean: u64,
    /// How many syncs it goes over; the last so many.
    count: u64,
}

impl LongRun {
    const COUNT_MAX: u64 = 1_000;

    /// A sync has taken so long.
    pub(super) fn add(&mut self, took: Micros) {
        self.count = LongRun::COUNT_MAX.min(self.count + 1);
        let took = took.0.saturating_mul(1_000) / self.count;
        self.mean = (self.mean - self.mean / self.count).saturating_add(took);
    }

    /// Whether it goes over enough of them to say anything of what is rare.
    pub(super) const fn is_known(&self) -> bool {
        self.count >= LongRun::COUNT_MAX / 4
    }

    /// The mean; zero if no sync has completed.
    pub(super) const fn mean(&self) -> Micros {
        Micros(self.mean / 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_follows_the_disk_and_the_deviation_goes_when_it_is_steady() {
        let mut time = SyncTime::default();
        assert_eq!((time.mean(), time.is_erratic()), (Micros(0), false));
        time.add(Micros(1_000));
        assert_eq!((time.mean(), time.deviation()), (Micros(1_000), Micros(500)));
        (0..40).for_each(|_| time.add(Micros(1_000)));
        assert_eq!((time.mean(), time.is_erratic()), (Micros(1_000), false));
        assert!(time.deviation() < Micros(10));
        (0..60).for_each(|_| time.add(Micros(9_000)));
        assert!((Micros(8_900)..=Micros(9_000)).contains(&time.mean()), "{time:?}");
        (0..9).for_each(|number| time.add(Micros(number % 2 * 20_000)));
        assert!(time.is_erratic(), "{time:?}");
    }

    #[test]
    fn in_the_long_run_a_rare_stall_counts() {
        let (mut time, mut run) = (SyncTime::default(), LongRun::default());
        for number in 1..=4_000 {
            let took = Micros(if number % 200 == 100 { 251_000 } else { 1_000 });
            time.add(Micros(took.0.min(4_000)));
            run.add(took);
        }
        assert!((Micros(990)..Micros(1_010)).contains(&time.mean()), "{time:?}");
        assert!((Micros(2_000)..Micros(2_500)).contains(&run.mean()), "{run:?}");
        (0..9_000).for_each(|_| run.add(Micros(1_000)));
        assert!((Micros(990)..Micros(1_010)).contains(&run.mean()), "{run:?}");
    }

    #[test]
    fn no_time_is_too_long() {
        let mut run = LongRun::default();
        (0..9).for_each(|_| run.add(Micros(u64::MAX)));
        let mut time = SyncTime::default();
        (0..9).for_each(|_| time.add(Micros(u64::MAX)));
        assert!(time.mean() > Micros(u64::MAX / 16));
        assert_eq!(Micros(9).since(Micros(10)), Micros(0));
        assert_eq!(Micros(u64::MAX).after(Micros(1)).percent(100), Micros(u64::MAX / 100));
    }
}
