//! How long a flush, a message or a pause takes: laws in integers.
//!
//! A law is drawn from by its inverse distribution function, read off a table (`tables.rs`) with
//! straight lines between its points. No float and no function of a mathematical library has a part
//! in it, so that every machine draws the same.

mod tables;

use crate::seed::Stream;
use tables::{CONSUMER_NVME, EXPONENTIAL, LOGNORMAL};

/// The unit in which a law that is scaled has its quantiles.
pub(crate) const UNIT: u64 = 10_000;

/// A law by its quantiles: at 128 even steps, and at each halving of what is left beyond.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quantiles {
    /// At i / 128.
    pub(crate) body: [u32; 128],
    /// At 1 - 2^-(7 + j).
    pub(crate) tail: [u32; 18],
}

impl Quantiles {
    /// The law of what was measured: the quantiles of a sample of times in microseconds.
    ///
    /// Each is the time that so large a part of the sample does not exceed, so the tail ends with the
    /// longest of them. A sample of none has no time.
    #[must_use]
    pub fn of(mut sample: Vec<u32>) -> Quantiles {
        sample.sort_unstable();
        let len = sample.len() as u64;
        let below = |part: u64, whole: u64| {
            let rank = (len * part).div_ceil(whole).max(1) - 1;
            sample.get(rank as usize).copied().unwrap_or(0)
        };
        Quantiles {
            body: std::array::from_fn(|step| below(step as u64, 128)),
            tail: std::array::from_fn(|step| below((128 << step) - 1, 128 << step)),
        }
    }

    /// One draw. The 32 bits are a point in the unit interval.
    pub(crate) fn at(&self, bits: u32) -> u64 {
        let (low, high, share) = if bits >> 25 < 127 {
            let step = (bits >> 25) as usize;
            (self.body[step], self.body[step + 1], bits << 7)
        } else {
            // The point lies beyond 1 - 2^-ones, and not beyond the next halving.
            let ones = bits.leading_ones().min(23);
            let place = ones as usize - 7;
            (self.tail[place], self.tail[place + 1], bits << ones << 1)
        };
        u64::from(low) + ((u64::from(high - low) * u64::from(share)) >> 32)
    }
}

/// The usual part of a latency. Times are in virtual microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Law {
    /// From the first to the second, evenly.
    Uniform(u32, u32),
    /// Exponential, by its mean.
    Exponential(u32),
    /// Lognormal with sigma 0.6, by its median.
    LogNormal(u32),
    /// The published quantiles of a consumer NVMe drive.
    ConsumerNvme,
    /// What was measured, in microseconds.
    Measured(&'static Quantiles),
}

impl Law {
    /// One draw, in microseconds.
    pub(crate) fn draw(&self, stream: &mut Stream) -> u32 {
        let scaled = |quantiles: &Quantiles, unit: u32, bits: u32| {
            (quantiles.at(bits) * u64::from(unit) / UNIT) as u32
        };
        match *self {
            Law::Uniform(low, high) => stream.between(low, high),
            Law::Exponential(mean) => scaled(&EXPONENTIAL, mean, stream.bits()),
            Law::LogNormal(median) => scaled(&LOGNORMAL, median, stream.bits()),
            Law::ConsumerNvme => CONSUMER_NVME.at(stream.bits()) as u32,
            Law::Measured(quantiles) => quantiles.at(stream.bits()) as u32,
        }
    }
}

/// What happens to some draws besides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stall {
    /// Of each run of so many draws it happens to one, which may be any of them.
    pub every: u32,
    /// How much longer that takes, in microseconds.
    pub micros: u32,
}

/// How long something takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Latency {
    /// As a rule.
    pub law: Law,
    /// And now and then.
    pub stall: Option<Stall>,
}

impl Latency {
    /// A latency that follows a law and never stalls.
    #[must_use]
    pub const fn of(law: Law) -> Latency {
        Latency { law, stall: None }
    }

    /// The same, but one in so many draws takes so much longer.
    #[must_use]
    pub const fn stalling(self, every: u32, micros: u32) -> Latency {
        Latency { stall: Some(Stall { every, micros }), ..self }
    }
}

/// A latency that is drawn from.
///
/// Stalls are counted out, and only where they fall is drawn: by chance alone one policy would meet
/// three of them and another one, and the table would show their luck.
#[derive(Clone, Debug)]
pub(crate) struct Draws {
    latency: Latency,
    stream: Stream,
    /// How many draws of this run have been made, and which of them stalls.
    made: u32,
    stalls: u32,
}

impl Draws {
    pub(crate) const fn new(latency: Latency, stream: Stream) -> Draws {
        Draws { latency, stream, made: 0, stalls: 0 }
    }

    /// One draw, in microseconds.
    pub(crate) fn next(&mut self) -> u32 {
        let usual = self.latency.law.draw(&mut self.stream);
        let Some(stall) = self.latency.stall else {
            return usual;
        };
        if self.made == 0 {
            self.stalls = self.stream.below(stall.every);
        }
        let stalls = self.made == self.stalls;
        self.made = (self.made + 1) % stall.every;
        usual + if stalls { stall.micros } else { 0 }
    }
}

/// Exponential gaps of a mean that need not be a whole number of microseconds.
pub(crate) fn exponential_gap(stream: &mut Stream, per_second: u32) -> u64 {
    EXPONENTIAL.at(stream.bits()) * 1_000_000 / u64::from(per_second)
}

#[cfg(test)]
mod tests {
    use syncline_traces::Seed;

    use super::*;

    /// The mean of many draws, in microseconds.
    fn mean(latency: Latency) -> u64 {
        let mut draws = Draws::new(latency, Stream::of(Seed(1), "test"));
        (0..200_000).map(|_| u64::from(draws.next())).sum::<u64>() / 200_000
    }

    #[test]
    fn laws_have_the_means_that_they_are_called_by() {
        let cases = [
            (Law::Uniform(100, 300), 195..=205),
            (Law::Exponential(10_000), 9_900..=10_100),
            (Law::LogNormal(10_000), 11_850..=12_100),
            (Law::ConsumerNvme, 1_310..=1_350),
        ];
        for (law, means) in cases {
            let mean = mean(Latency::of(law));
            assert!(means.contains(&mean), "{law:?}: {mean}");
        }
        assert_eq!(mean(Latency::of(Law::Uniform(100, 100)).stalling(100, 20_000)), 300);
    }

    #[test]
    fn one_draw_of_each_run_stalls_and_it_may_be_any() {
        let latency = Latency::of(Law::Uniform(1, 1)).stalling(8, 100);
        let mut draws = Draws::new(latency, Stream::of(Seed(3), "test"));
        let places: Vec<Option<usize>> = (0..200)
            .map(|_| {
                let run: Vec<u32> = (0..8).map(|_| draws.next()).collect();
                assert_eq!(run.iter().filter(|took| **took == 101).count(), 1);
                run.iter().position(|took| *took == 101)
            })
            .collect();
        assert!((0..8).all(|place| places.contains(&Some(place))));
    }

    #[test]
    fn what_was_measured_is_drawn_as_often_as_it_was_met() {
        // 900 times about 100 microseconds, 90 times 1,000 and 10 times 5,000.
        let mut sample: Vec<u32> = (0..900).map(|number| 90 + number % 20).collect();
        sample.extend([1_000; 90].iter().chain(&[5_000; 10]));
        let quantiles = Quantiles::of(sample);
        assert_eq!((quantiles.at(0), quantiles.at(u32::MAX)), (90, 5_000));
        let mean = mean(Latency::of(Law::Measured(Box::leak(Box::new(quantiles)))));
        assert!((225..=240).contains(&mean), "{mean}");
    }

    #[test]
    fn quantiles_never_fall_and_reach_both_ends() {
        for quantiles in [EXPONENTIAL, LOGNORMAL, CONSUMER_NVME] {
            assert_eq!(quantiles.at(0), u64::from(quantiles.body[0]));
            let points = (0..4_096).map(|step| quantiles.at(step << 20 | 0xf_ffff));
            let points: Vec<u64> = points.collect();
            assert!(points.is_sorted());
            assert!(quantiles.at(u32::MAX) <= u64::from(quantiles.tail[17]));
            assert!(quantiles.at(u32::MAX) >= u64::from(quantiles.tail[16]));
        }
    }
}
