//! How a host paces its syncs: what it is told, and what it answers.
//!
//! A pace knows no clock and draws nothing. Whoever asks says what time it is, in microseconds from
//! any beginning, and what is unsynced; the answer says whether to begin a sync now or when to ask
//! again, and whether to take more Readys meanwhile. Equal questions have equal answers.
//!
//! The etcd issue 12257 is about the difference between two of these: to write and sync each Ready
//! before the next one is taken, or to take Readys while a sync is under way. [`Pace::Pause`] is the
//! alternative that was named there: fewer syncs, at the price of a node that stands still.

use syncline_raft::SyncWanted;

use super::history::History;
use super::time::Micros;

/// When to sync, and whether to take Readys.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Pace {
    /// Each Ready is written and synced before the next one is taken.
    Coupled,
    /// Readys are taken until so much is unsynced or has waited so long. Then none is taken until a
    /// sync has completed.
    Pause {
        /// The longest that a write waits for its sync to begin.
        delay: Micros,
        /// The most bytes that wait.
        bytes: u64,
    },
    /// Readys are always taken. A sync begins when something has waited so long or so much does, and
    /// so many may be under way.
    Decoupled {
        /// The longest that a write waits for its sync to begin; zero for at once.
        delay: Micros,
        /// So many bytes do not wait for the delay.
        bytes: u64,
        /// So many Readys do not wait for the delay.
        readys: u32,
        /// So many syncs may be under way; at least one.
        depth: u32,
    },
    /// As decoupled, with a delay that follows the disk and the load (see [`History`]): none for a
    /// command that comes alone; until a burst has come in; and for a part of a sync's time where
    /// those times differ much. Where the disk turns out to do several syncs in the time of one, it is
    /// given several.
    Adaptive {
        /// While a sync is under way the next one waits for so much of the mean time, in percent.
        percent: u32,
        /// The most syncs under way, on a disk that is found to be parallel.
        depth: u32,
        /// So many bytes unsynced, those under way included, are the most: beyond that no Readys are
        /// taken.
        bytes_max: u64,
    },
    /// The application begins every sync by itself.
    Driven,
}

/// What a pace is told.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Pending {
    /// What time it is.
    pub now: Micros,
    /// How many bytes have been written since the last sync began.
    pub bytes: u64,
    /// How many Readys they came in.
    pub readys: u32,
    /// When the oldest of them was written; anything if there is none.
    pub since: Micros,
    /// How many syncs are under way.
    pub syncs: u32,
    /// How many bytes they cover.
    pub bytes_under_way: u64,
    /// What is remembered of earlier syncs; only the adaptive pace asks.
    pub history: History,
    /// For whose sake to sync; `None` if for nobody's.
    pub wanted: Option<SyncWanted>,
}

/// When to begin the next sync.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Begin {
    /// Now.
    Now,
    /// At that time, unless a later question is answered otherwise.
    At(Micros),
    /// Not before something else happens: a write, or the end of a sync.
    Later,
}

/// Whether to take Readys.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Intake {
    /// Take them.
    Open,
    /// Take none until a sync has completed.
    Shut,
}

/// The answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Advice {
    /// When to begin the next sync.
    pub begin: Begin,
    /// Whether to take Readys meanwhile.
    pub intake: Intake,
}

impl Pace {
    /// What to do now.
    #[must_use]
    pub fn advise(&self, pending: &Pending) -> Advice {
        Advice { begin: self.begin(pending), intake: self.intake(pending) }
    }

    fn begin(&self, pending: &Pending) -> Begin {
        if *self == Pace::Driven || pending.readys == 0 || pending.wanted.is_none() {
            return Begin::Later;
        }
        if pending.syncs >= self.depth(pending) {
            return Begin::Later;
        }
        let is_due = match *self {
            // An election stands still for as long as a vote waits (R25).
            _ if pending.wanted == Some(SyncWanted::Vote) => true,
            Pace::Coupled => true,
            Pace::Pause { bytes, .. } => pending.bytes >= bytes,
            Pace::Decoupled { bytes, readys, .. } => {
                pending.bytes >= bytes || pending.readys >= readys
            }
            Pace::Adaptive { bytes_max, .. } => {
                pending.bytes.saturating_add(pending.bytes_under_way) >= bytes_max
            }
            Pace::Driven => false,
        };
        let at = self.ripe(pending);
        if is_due || at <= pending.now { Begin::Now } else { Begin::At(at) }
    }

    /// When the oldest write has waited long enough.
    fn ripe(&self, pending: &Pending) -> Micros {
        match *self {
            Pace::Pause { delay, .. } | Pace::Decoupled { delay, .. } => pending.since.after(delay),
            Pace::Adaptive { percent, .. } if pending.syncs > 0 => {
                pending.since.after(pending.history.mean().percent(percent))
            }
            Pace::Adaptive { .. } => pending.history.quiet(pending.since),
            Pace::Coupled | Pace::Driven => pending.since,
        }
    }

    /// How many syncs may be under way now.
    fn depth(&self, pending: &Pending) -> u32 {
        match *self {
            Pace::Decoupled { depth, .. } => depth.max(1),
            // Where the disk does one after the other, a second one under way only takes the place of a
            // larger one after it.
            Pace::Adaptive { depth, .. } if pending.history.is_parallel() => depth.max(1),
            Pace::Adaptive { depth, .. } if pending.history.probes() => depth.clamp(1, 2),
            _ => 1,
        }
    }

    fn intake(&self, pending: &Pending) -> Intake {
        let is_unsynced = pending.readys > 0 && pending.wanted.is_some();
        let is_shut = match *self {
            Pace::Coupled => pending.syncs > 0 || is_unsynced,
            Pace::Pause { .. } => pending.syncs > 0 || self.begin(pending) == Begin::Now,
            Pace::Adaptive { bytes_max, .. } => {
                pending.bytes.saturating_add(pending.bytes_under_way) >= bytes_max
            }
            Pace::Decoupled { .. } | Pace::Driven => false,
        };
        if is_shut { Intake::Shut } else { Intake::Open }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One Ready of a hundred bytes that was written at 1,000 and is asked about so much later.
    fn written(age: u64) -> Pending {
        Pending {
            now: Micros(1_000 + age),
            bytes: 100,
            readys: 1,
            since: Micros(1_000),
            wanted: Some(SyncWanted::Gated),
            ..Pending::default()
        }
    }

    const EVERY: [Pace; 5] = [
        Pace::Coupled,
        Pace::Pause { delay: Micros(50), bytes: 1_000 },
        Pace::Decoupled { delay: Micros(50), bytes: 1_000, readys: 4, depth: 2 },
        Pace::Adaptive { percent: 50, depth: 4, bytes_max: 1_000 },
        Pace::Driven,
    ];

    #[test]
    fn nothing_is_synced_for_nobody() {
        for pace in EVERY {
            for pending in [
                Pending { wanted: None, ..written(999) },
                Pending { readys: 0, bytes: 0, ..written(999) },
            ] {
                let open = Advice { begin: Begin::Later, intake: Intake::Open };
                assert_eq!(pace.advise(&pending), open, "{pace:?}");
            }
        }
    }

    #[test]
    fn a_vote_waits_for_no_delay() {
        for pace in EVERY {
            let vote = Pending { wanted: Some(SyncWanted::Vote), ..written(0) };
            let begins = pace.advise(&vote).begin == Begin::Now;
            assert_eq!(begins, pace != Pace::Driven, "{pace:?}");
        }
    }

    #[test]
    fn a_coupled_node_takes_one_ready_at_a_time() {
        let shut = Advice { begin: Begin::Now, intake: Intake::Shut };
        assert_eq!(Pace::Coupled.advise(&written(0)), shut);
        let waiting = Pending { syncs: 1, ..Pending::default() };
        let shut = Advice { begin: Begin::Later, intake: Intake::Shut };
        assert_eq!(Pace::Coupled.advise(&waiting), shut);
    }

    #[test]
    fn a_node_that_pauses_takes_readys_until_it_syncs() {
        let pace = Pace::Pause { delay: Micros(50), bytes: 1_000 };
        let open = Advice { begin: Begin::At(Micros(1_050)), intake: Intake::Open };
        let shut = Advice { begin: Begin::Now, intake: Intake::Shut };
        assert_eq!(pace.advise(&written(49)), open);
        assert_eq!(pace.advise(&written(50)), shut);
        assert_eq!(pace.advise(&Pending { bytes: 1_000, ..written(0) }), shut);
        let shut = Advice { begin: Begin::Later, intake: Intake::Shut };
        assert_eq!(pace.advise(&Pending { syncs: 1, ..Pending::default() }), shut);
        // With nothing to wait for, it is the coupled one.
        let none = Pace::Pause { delay: Micros(0), bytes: 0 };
        for pending in [written(0), written(9), Pending { syncs: 1, ..written(0) }] {
            assert_eq!(none.advise(&pending), Pace::Coupled.advise(&pending));
        }
    }

    #[test]
    fn a_decoupled_node_goes_on_and_has_so_many_syncs_under_way() {
        let pace = Pace::Decoupled { delay: Micros(50), bytes: 1_000, readys: 4, depth: 2 };
        let begin = |pending| {
            let advice = pace.advise(&pending);
            assert_eq!(advice.intake, Intake::Open);
            advice.begin
        };
        assert_eq!(begin(written(10)), Begin::At(Micros(1_050)));
        assert_eq!(begin(Pending { readys: 4, ..written(10) }), Begin::Now);
        assert_eq!(begin(Pending { bytes: 1_000, ..written(10) }), Begin::Now);
        assert_eq!(begin(Pending { syncs: 1, ..written(50) }), Begin::Now);
        assert_eq!(begin(Pending { syncs: 2, ..written(50) }), Begin::Later);
    }

    const ADAPTIVE: Pace = Pace::Adaptive { percent: 50, depth: 4, bytes_max: 1_000 };

    /// What is remembered of so many syncs that took these times in turn, alone and beside others.
    fn remembered(alone: &[u64], beside: &[u64]) -> History {
        let mut history = History::default();
        for round in 0..63 {
            for (times, others) in [(alone, 0), (beside, 1)] {
                if !times.is_empty() {
                    history.began();
                    history.ended(Micros(times[round % times.len()]), Micros(0), others);
                }
            }
        }
        history
    }

    #[test]
    fn an_adaptive_node_gives_a_parallel_disk_several_syncs() {
        let busy = |history| Pending { syncs: 1, history, ..written(0) };
        let serial = busy(remembered(&[400], &[800]));
        assert_eq!(ADAPTIVE.advise(&serial).begin, Begin::Later);
        let parallel = busy(remembered(&[400], &[420]));
        let half = Begin::At(Micros(1_200));
        assert_eq!(ADAPTIVE.advise(&parallel).begin, half, "half the mean later");
        let full = Pending { bytes_under_way: 900, ..parallel };
        let shut = Advice { begin: Begin::Now, intake: Intake::Shut };
        assert_eq!(ADAPTIVE.advise(&full), shut);
    }

    #[test]
    fn an_adaptive_node_syncs_a_lone_command_at_once() {
        for times in [&[400][..], &[100, 2_000]] {
            let alone = Pending { history: remembered(times, &[]), ..written(0) };
            assert_eq!(ADAPTIVE.advise(&alone).begin, Begin::Now);
        }
    }

    /// The same after a hundred writes that followed closely upon each other, from 100,000 on.
    fn in_a_burst(mut history: History) -> History {
        for number in 0..100 {
            history.took(Micros(100_000 + number * 50));
            history.wrote(Micros(100_010 + number * 50), 10);
        }
        history
    }

    #[test]
    fn an_adaptive_node_gathers_all_where_now_and_then_a_sync_stalls() {
        let mut history = History::default();
        let mut waits = Vec::new();
        for number in 0..400 {
            history.began();
            history.ended(Micros(if number % 200 == 9 { 251_000 } else { 1_000 }), Micros(0), 0);
            let last = 100_010 + 99 * 50;
            let pending = Pending {
                now: Micros(last),
                since: Micros(last),
                history: in_a_burst(history),
                ..written(0)
            };
            let Begin::At(at) = ADAPTIVE.advise(&pending).begin else {
                panic!("it waits for the end of the burst");
            };
            waits.push(at.since(Micros(last)).0);
        }
        let last = &waits[300..];
        assert!(last.iter().all(|wait| *wait < 150 || *wait > 2_000), "{last:?}");
        assert_eq!(last.iter().filter(|wait| **wait > 2_000).count(), 25, "one in four");
    }

    #[test]
    fn an_adaptive_node_waits_for_what_follows_closely() {
        let history = in_a_burst(remembered(&[1_000], &[]));
        let last = 100_010 + 99 * 50;
        let burst = |now| Pending { now: Micros(now), since: Micros(last), history, ..written(0) };
        let quiet = history.mean().percent(super::super::history::CLOSE_PERCENT);
        let until = Micros(last).after(quiet);
        assert_eq!(ADAPTIVE.advise(&burst(last)).begin, Begin::At(until));
        assert_eq!(ADAPTIVE.advise(&burst(until.0)).begin, Begin::Now);
    }
}
