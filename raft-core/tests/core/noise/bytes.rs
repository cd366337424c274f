//! Choices read from bytes, so that whatever makes bytes makes runs: a fuzzer, or a property test.

/// Bytes that are read once, from the front. Behind the last one there are zeroes, so that every run of
/// bytes means something, and fewer bytes mean less.
pub(crate) struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Bytes<'a> {
        Bytes(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    /// A number below `bound`, which is at most 256.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        u64::from(self.byte()) % bound
    }

    /// Whether something is so that is so once in `times`.
    pub(crate) fn once_in(&mut self, times: u64) -> bool {
        self.below(times) + 1 == times
    }

    /// A number near one of the node's own, or an extreme.
    pub(crate) fn number(&mut self, own: u64) -> u64 {
        match self.below(20) {
            0..=4 => own,
            5 | 6 => own.saturating_add(1),
            7 | 8 => own.saturating_sub(1),
            9 => own.saturating_add(self.below(4)),
            10 => own.saturating_sub(self.below(4)),
            11 | 12 => 0,
            13 => 1,
            14 => u64::MAX,
            15 => u64::MAX - 1,
            16 => 1 << 63,
            17 => (1 << 63) - 1,
            18 => own.wrapping_mul(2),
            _ => u64::from_le_bytes([(); 8].map(|()| self.byte())),
        }
    }

    /// Mostly the node's own term, lest every run ends in the last one.
    pub(crate) fn term(&mut self, own: u64) -> u64 {
        match self.below(64) {
            0..=49 => own,
            50..=54 => own.saturating_add(1),
            55..=59 => own.saturating_sub(1),
            60..=62 => own.saturating_add(self.below(8)),
            _ => self.number(own),
        }
    }
}
