//! How long a flush, a message or a pause takes: laws in integers.
//!
//! A law is drawn from by its inverse distribution function, read off a table (`tables.rs`) with
//! straight lines between its points. No float and no function of a mathematical library has a part
//! in it, so that every machine draws the same.

use crate::seed::Stream;

use super::tables::{CONSUMER_NVME, EXPONENTIAL, LOGNORMAL};

/// The unit in which a law that is scaled has its quantiles.
pub(super) const UNIT: u64 = 10_000;

/// A law by its quantiles: at 128 even steps, and at each halving of what is left beyond.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quantiles {
    /// At i / 128.
    pub(super) body: [u32; 128],
    /// At 1 - 2^-(7 + j).
    pub(super) tail: [u32; 18],
}

impl Quantiles {
    /// One draw. The 32 bits are a point in the unit interval.
    pub(super) fn at(&self, bits: u32) -> u64 {
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
}

/// What happens to some draws besides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stall {
    /// How many of ten thousand draws it happens to.
    pub per_ten_thousand: u32,
    /// How much longer they take, in microseconds.
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

    /// The same, but some draws take so much longer.
    #[must_use]
    pub const fn stalling(self, per_ten_thousand: u32, micros: u32) -> Latency {
        Latency { stall: Some(Stall { per_ten_thousand, micros }), ..self }
    }

    /// One draw, in microseconds.
    pub fn draw(&self, stream: &mut Stream) -> u32 {
        let scaled = |quantiles: &Quantiles, unit: u32, bits: u32| {
            (quantiles.at(bits) * u64::from(unit) / UNIT) as u32
        };
        let usual = match self.law {
            Law::Uniform(low, high) => stream.between(low, high),
            Law::Exponential(mean) => scaled(&EXPONENTIAL, mean, stream.bits()),
            Law::LogNormal(median) => scaled(&LOGNORMAL, median, stream.bits()),
            Law::ConsumerNvme => CONSUMER_NVME.at(stream.bits()) as u32,
        };
        let mut stalls = |stall: Stall| stream.below(10_000) < stall.per_ten_thousand;
        let longer = self.stall.filter(|stall| stalls(*stall)).map_or(0, |stall| stall.micros);
        usual + longer
    }
}

/// Exponential gaps of a mean that need not be a whole number of microseconds.
pub(super) fn exponential_gap(stream: &mut Stream, per_second: u32) -> u64 {
    EXPONENTIAL.at(stream.bits()) * 1_000_000 / u64::from(per_second)
}

#[cfg(test)]
mod tests {
    use syncline_traces::Seed;

    use super::*;

    /// The mean of many draws, in microseconds.
    fn mean(latency: Latency) -> u64 {
        let mut stream = Stream::of(Seed(1), "test");
        (0..200_000).map(|_| u64::from(latency.draw(&mut stream))).sum::<u64>() / 200_000
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
        let stalls = mean(Latency::of(Law::Uniform(100, 100)).stalling(100, 20_000));
        assert!((280..=320).contains(&stalls), "{stalls}");
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
