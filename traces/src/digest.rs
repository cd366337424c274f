//! The one hash of the project: fast, the same on every machine, and not meant to resist an enemy.
//!
//! Every digest, fingerprint and chain is made with it. It never depends on the width of `usize`,
//! on byte order or on addresses.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use syncline_raft::Payload;

const KEYS: [u64; 4] =
    [0x9e37_79b9_7f4a_7c15, 0xd1b5_4a32_d192_ed03, 0x8cb9_2ba7_2f3d_8dd7, 0xaef1_7502_108e_f2d9];

/// Multiplies and folds the double-width product: one instruction, all bits mixed.
const fn fold(a: u64, b: u64) -> u64 {
    let product = (a as u128) * (b as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

/// A hasher with 128 bits of state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mixer {
    low: u64,
    high: u64,
}

impl Default for Mixer {
    fn default() -> Mixer {
        Mixer { low: KEYS[0], high: KEYS[2] }
    }
}

impl Mixer {
    /// The digest of one value.
    #[must_use]
    pub fn digest_of<T: Hash + ?Sized>(value: &T) -> Digest {
        let mut mixer = Mixer::default();
        value.hash(&mut mixer);
        mixer.digest()
    }

    /// The digest of everything fed so far.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let low = fold(self.low ^ KEYS[1], self.high ^ KEYS[3]);
        let high = fold(self.high ^ KEYS[0], self.low ^ low);
        Digest((u128::from(high) << 64) | u128::from(low))
    }
}

impl Hasher for Mixer {
    /// For each word a permutation of the state, so that nothing fed before is forgotten; and two
    /// words that differ leave states that differ.
    #[inline]
    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.low ^ word) * u128::from(KEYS[0]);
        self.low = self.high ^ (product >> 64) as u64;
        self.high = product as u64;
    }

    fn write(&mut self, bytes: &[u8]) {
        self.write_u64(bytes.len() as u64);
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.write_u64(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    #[inline]
    fn write_u8(&mut self, word: u8) {
        self.write_u64(u64::from(word));
    }

    #[inline]
    fn write_u16(&mut self, word: u16) {
        self.write_u64(u64::from(word));
    }

    #[inline]
    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    #[inline]
    fn write_u128(&mut self, word: u128) {
        self.write_u64(word as u64);
        self.write_u64((word >> 64) as u64);
    }

    #[inline]
    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    #[inline]
    fn write_isize(&mut self, word: isize) {
        self.write_u64(word as i64 as u64);
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.digest().0 as u64
    }
}

/// What a run, a state or a plan amounts to, in 128 bits. Written as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Digest(pub u128);

impl Digest {
    /// Combines digests so that their order does not matter: for runs that many threads share.
    #[must_use]
    pub fn plus(self, other: Digest) -> Digest {
        Digest(self.0.wrapping_add(other.0))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The log up to and including an entry, in 64 bits: equal chains mean equal prefixes. Written as
/// 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Chain(pub u64);

impl Chain {
    /// The chain of a log that is one entry longer.
    #[must_use]
    pub fn then(self, entry: &syncline_raft::Entry) -> Chain {
        let mut mixer = Mixer::default();
        mixer.write_u64(self.0);
        mixer.write_u64(entry.term().0);
        match &entry.payload {
            Payload::Noop => mixer.write_u64(u64::MAX),
            Payload::Command(bytes) => mixer.write(bytes),
            Payload::Membership(change) => {
                mixer.write_u64(u64::MAX - 1);
                change.hash(&mut mixer);
            }
        }
        Chain(mixer.finish())
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A text is not the hexadecimal number that was expected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotHexadecimal {
    /// How many digits were expected.
    pub digits: usize,
}

impl fmt::Display for NotHexadecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {} hexadecimal digits", self.digits)
    }
}

impl std::error::Error for NotHexadecimal {}

fn parse_hex(text: &str, digits: usize) -> Result<u128, NotHexadecimal> {
    let lower = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    if text.len() != digits || !text.bytes().all(lower) {
        return Err(NotHexadecimal { digits });
    }
    u128::from_str_radix(text, 16).map_err(|_| NotHexadecimal { digits })
}

impl FromStr for Digest {
    type Err = NotHexadecimal;

    fn from_str(text: &str) -> Result<Digest, NotHexadecimal> {
        parse_hex(text, 32).map(Digest)
    }
}

impl FromStr for Chain {
    type Err = NotHexadecimal;

    fn from_str(text: &str) -> Result<Chain, NotHexadecimal> {
        parse_hex(text, 16).map(|number| Chain(number as u64))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for Chain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Chain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Chain, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_pinned() {
        // A change here invalidates every recorded trace: it needs a new version of the format.
        assert_eq!(Mixer::digest_of(&0_u64).to_string(), "4af34b0fb1d2feb13678e392c827d59c");
        let text = Mixer::digest_of("syncline").to_string();
        assert_eq!(text.parse::<Digest>().unwrap(), Mixer::digest_of("syncline"));
    }

    #[test]
    fn a_digit_too_few_or_many_is_refused() {
        assert!("0123".parse::<Chain>().is_err());
        assert!("0123456789abcdeg".parse::<Chain>().is_err());
        assert!("0123456789ABCDEF".parse::<Chain>().is_err());
        assert_eq!("0123456789abcdef".parse::<Chain>(), Ok(Chain(0x0123_4567_89ab_cdef)));
    }
}
