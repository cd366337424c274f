//! How the properties are tested.

use proptest::test_runner::{Config, RngSeed};

/// The same cases each time, and no file written. `PROPTEST_RNG_SEED` and `PROPTEST_CASES` ask for
/// others.
pub(crate) fn cases(cases: u32) -> Config {
    let asked = Config::default();
    let rng_seed = match asked.rng_seed {
        RngSeed::Random => RngSeed::Fixed(12257),
        fixed @ RngSeed::Fixed(_) => fixed,
    };
    let usual = asked.cases == 256;
    let cases = if usual { cases } else { asked.cases };
    Config { cases, rng_seed, failure_persistence: None, ..asked }
}
