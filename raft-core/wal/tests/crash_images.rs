//! Every power cut of every short history: all that a disk may be left with is built and recovered.
//!
//! A history is a sequence of actions of a node and its disk, of which syncs complete when the
//! history says so. After each action the power is cut, in every way that the virtual disk knows. A
//! recovery must find the log as it was after some append, no earlier than what was reported as
//! synced; and whatever it finds, a second recovery after a power cut at any moment of the first
//! must find as well.

mod parts;

use std::fmt;
use std::io::Write;

use parts::config;
use parts::history::{History, STEPS, Tried, explore, wander};
use proptest::collection::vec;
use proptest::prelude::*;
use syncline_wal::{Config, Persistence};

/// Prints a line, even if the test passes: what is written to the stream itself is not captured.
fn report(line: fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(5_000) })]

    /// Long histories, with a power cut now and then after which the node goes on.
    #[test]
    fn a_long_history_is_survived(
        steps in vec((0..STEPS, any::<u64>()), 1..150),
        spares in 0..=2_usize,
        (shows_old_bytes, reorders_names, tears_sectors) in any::<(bool, bool, bool)>(),
    ) {
        let config = Config { segment_bytes: 6 << 10, preallocates: spares > 0, spares, ..config() };
        let persistence = Persistence { shows_old_bytes, reorders_names, tears_sectors };
        prop_assert_eq!(wander(History::new(config, persistence), steps), Ok(()));
    }
}

#[test]
fn every_power_cut_of_every_short_history_leaves_a_legal_log() {
    // A build without optimization does the same, one action less.
    let actions = if cfg!(debug_assertions) { 4 } else { 6 };
    let mut tried = Tried::default();
    // In short segments histories go on to the next one; in long ones more can be torn at once.
    for (kibibytes, preallocates) in [(6, true), (6, false), (16, true)] {
        let config = Config { segment_bytes: kibibytes << 10, preallocates, ..config() };
        let history = History::new(config, Persistence::default());
        explore(&history, actions, 3, &mut tried).expect("every image is legal");
    }
    report(format_args!(
        "{} histories, {} distinct (history, image) pairs, {} more in recoveries, up to {} decisions",
        tried.histories, tried.images, tried.in_recovery, tried.decisions_max
    ));
    if !cfg!(debug_assertions) {
        assert!(tried.images >= 1_000_000, "{} pairs", tried.images);
        assert!(tried.decisions_max >= 8, "{} decisions", tried.decisions_max);
    }
}

/// The same where a file system promises less: what was written within a sector is torn, and names come
/// in any order.
#[test]
fn every_power_cut_on_a_weaker_file_system_leaves_a_legal_log() {
    let actions = if cfg!(debug_assertions) { 3 } else { 4 };
    let mut tried = Tried::default();
    let weak = Persistence { reorders_names: true, tears_sectors: true, ..Persistence::default() };
    for (kibibytes, preallocates) in [(6, true), (6, false)] {
        let config = Config { segment_bytes: kibibytes << 10, preallocates, ..config() };
        explore(&History::new(config, weak), actions, 1, &mut tried).expect("every image is legal");
    }
    report(format_args!(
        "weaker: {} histories, {} distinct pairs, {} more in recoveries",
        tried.histories, tried.images, tried.in_recovery
    ));
}

/// The same with bytes of an earlier life: in the file itself, or where it grows.
#[test]
fn every_power_cut_of_a_log_with_an_earlier_life_leaves_a_legal_log() {
    let actions = if cfg!(debug_assertions) { 3 } else { 5 };
    let mut tried = Tried::default();
    for (preallocates, spares) in [(true, 1), (false, 0)] {
        let config = Config { segment_bytes: 6 << 10, preallocates, spares, ..config() };
        let history = History::aged(
            config,
            Persistence { shows_old_bytes: true, reorders_names: true, tears_sectors: false },
        );
        explore(&history, actions, 3, &mut tried).expect("every image is legal");
    }
    report(format_args!(
        "earlier lives: {} histories, {} distinct pairs, {} more in recoveries",
        tried.histories, tried.images, tried.in_recovery
    ));
    if !cfg!(debug_assertions) {
        assert!(tried.images >= 50_000, "{} pairs", tried.images);
    }
}
