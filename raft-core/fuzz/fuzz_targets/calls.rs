//! Any calls in any order, read from bytes: `cargo +nightly fuzz run calls` in `raft-core`.
//!
//! It shares every line with the property test of `tests/core/hostile_model.rs`, which runs the same
//! calls on bytes drawn at random; here the coverage of the core leads the way. Bytes that fail
//! belong into that test as a case of their own.
#![no_main]

#[path = "../../tests/core/noise/mod.rs"]
mod noise;
#[expect(
    dead_code,
    unused_imports,
    reason = "the words of all tests of the core, of which these calls need some"
)]
#[path = "../../tests/core/util/mod.rs"]
mod util;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| noise::run(bytes));
