//! The small generator behind the election jitter.
//!
//! It is part of the node's state: seeded by the configuration, cloned and fingerprinted with the
//! node. It is SplitMix64 (Steele, Lea and Flood, 2014), which suffices to keep timers apart.

/// A stream of numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Jitter(u64);

impl Jitter {
    pub(crate) fn new(seed: u64) -> Jitter {
        Jitter(seed)
    }

    /// A number below `bound`, which is not zero.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        assert!(bound > 0);
        // Multiply and shift: the high half is uniform enough for a timer, and free of a division.
        ((u64::from(self.bits() as u32) * u64::from(bound)) >> 32) as u32
    }

    /// Any number.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
