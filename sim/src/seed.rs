//! Where randomness comes from: one seed, and a stream of its own for each consumer.
//!
//! The streams are ChaCha8 (RFC 8439's cipher with 8 rounds), whose output is the same in every
//! release and on every machine. The samplers are our own, since a library may change how it turns
//! bits into a range. Adding a draw in one consumer moves nothing in another.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use syncline_traces::{Mixer, Seed};

/// The seed of the `number`-th run of the campaign that has this seed.
#[must_use]
pub fn seed_of_run(campaign: Seed, number: u64) -> Seed {
    Seed(Mixer::digest_of(&(campaign.0, number)).0 as u64)
}

/// A stream of draws.
#[derive(Clone, Debug)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of one consumer.
    #[must_use]
    pub fn of(seed: Seed, consumer: &str) -> Stream {
        let key = Mixer::digest_of(&(seed.0, consumer)).0.to_le_bytes();
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(&key);
        Stream(ChaCha8Rng::from_seed(bytes))
    }

    /// A number below `bound`, which is not zero: multiply and shift, with a bias below 2^-32.
    #[inline]
    pub fn below(&mut self, bound: u32) -> u32 {
        assert!(bound > 0);
        ((u64::from(self.0.next_u32()) * u64::from(bound)) >> 32) as u32
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u32, high: u32) -> u32 {
        assert!(low <= high);
        low + self.below(high - low + 1)
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u32) as usize]
    }

    /// True so many times out of a thousand.
    pub fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1000) < per_mille
    }

    /// 32 bits.
    pub fn bits(&mut self) -> u32 {
        self.0.next_u32()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_pinned_and_do_not_meet() {
        let draw = |seed, name| {
            let mut stream = Stream::of(Seed(seed), name);
            [stream.bits(), stream.below(10), stream.between(5, 6)]
        };
        assert_eq!(draw(1, "plan"), draw(1, "plan"));
        assert_ne!(draw(1, "plan"), draw(1, "schedule"));
        assert_ne!(draw(1, "plan"), draw(2, "plan"));
        assert_eq!(draw(1, "plan")[0], 4_123_841_395);
    }

    #[test]
    fn a_range_reaches_both_ends_and_no_further() {
        let mut stream = Stream::of(Seed(3), "range");
        let mut seen = [0_u32; 4];
        for _ in 0..4_000 {
            seen[stream.between(0, 3) as usize] += 1;
        }
        assert!(seen.iter().all(|count| (800..1_200).contains(count)), "{seen:?}");
    }
}
