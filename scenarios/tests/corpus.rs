//! The corpus of recorded runs: every one must go on as it went.
//!
//! `UPDATE=1 cargo test -p syncline-scenarios --test corpus` records anew whatever is missing or
//! stale. Read the change as you would read code: a golden run that moved means that the core, or
//! the simulator, behaves differently now.

use std::fs;
use std::path::{Path, PathBuf};

use syncline_scenarios::corpus::{
    record_conviction, record_golden, record_seed, verify_golden, verify_mutant, verify_seed,
};
use syncline_scenarios::roster::{Difficulty, Row, roster};
use syncline_sim::{OracleId, Profile, RaftCore, Source, record, seed_of_run};
use syncline_traces::store::{self, SeedRecord};
use syncline_traces::{Seed, Trace};

/// How many choices a golden run has at most: enough for an election or two and some crashes.
const GOLDEN_STEPS: u32 = 150;
const GOLDEN: [(Profile, u64); 8] = [
    (Profile::Swarm, 0),
    (Profile::Swarm, 1),
    (Profile::Swarm, 2),
    (Profile::Swarm, 3),
    (Profile::Swarm3, 0),
    (Profile::Swarm3, 1),
    (Profile::Timed, 0),
    (Profile::Timed, 1),
];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../traces/corpus").join(name)
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the test asks it to record anew")]
fn update() -> bool {
    std::env::var_os("UPDATE").is_some_and(|value| value == "1")
}

fn replace(path: &Path, trace: &Trace) {
    fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("can be made");
    if path.exists() {
        fs::remove_file(path).expect("the old recording can be removed");
    }
    store::write_new(path, trace).expect("the new recording can be written");
}

/// How many lines a recorded conviction has at most. What takes more, nobody reads.
const LINES_MAX: usize = 2_000;

/// Whether the conviction of a mutant is recorded. L1 puts up with hundreds of elections, and then one
/// line of a script says more than a file of thousands.
fn is_recorded(row: &&Row) -> bool {
    row.convicted_by != OracleId::L1
}

/// The recorded conviction of a mutant: by fuzzing if that finds it soon, else by its script. What only
/// a guided search finds is not looked for, and neither is what a calm has to wait for: no random run
/// that comes to that is as short as a script.
fn conviction(row: &Row) -> Trace {
    let is_rare = row.difficulty == Difficulty::Guided || row.convicted_by.is_liveness();
    let runs = if is_rare { 0 } else { row.difficulty.budget().runs_max.min(2_000) };
    record_conviction(row.mutant, row.convicted_by, runs).unwrap_or_else(|| {
        let script = row.script.script().expect("the roster's scripts are well formed");
        let played = script.run(Some(row.mutant)).expect("the roster's scripts can be played");
        let source = Source { seed: None, plan: played.plan, mutant: Some(row.mutant) };
        record::<RaftCore>(&source, &played.choices).expect("the choices are the run's own")
    })
}

#[test]
fn every_mutant_still_fails_its_recorded_run() {
    for row in roster().iter().filter(is_recorded) {
        let path = folder("mutants").join(format!("{}.jsonl", row.mutant));
        let verify = || verify_mutant(&path, row.mutant, row.convicted_by);
        if update() && verify().is_err() {
            replace(&path, &conviction(row));
        }
        verify().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}

#[test]
fn what_is_too_long_to_be_read_is_not_recorded_and_nothing_else() {
    for row in roster() {
        let path = folder("mutants").join(format!("{}.jsonl", row.mutant));
        let trace = store::read(&path).unwrap_or_else(|_| conviction(row));
        assert_eq!(trace.lines.len() <= LINES_MAX, is_recorded(&row), "{}", row.mutant);
    }
}

#[test]
fn every_golden_run_still_passes_event_for_event() {
    for (profile, number) in GOLDEN {
        let path = folder("golden").join(format!("{profile}-{number}.jsonl"));
        if update() && verify_golden(&path).is_err() {
            replace(&path, &record_golden(profile, number, GOLDEN_STEPS));
        }
        verify_golden(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}

#[test]
fn no_recording_lies_in_the_corpus_that_nobody_plays() {
    let mutants = roster().iter().filter(is_recorded).map(|row| format!("{}.jsonl", row.mutant));
    let golden = GOLDEN.map(|(profile, number)| format!("{profile}-{number}.jsonl"));
    for (name, known) in [("mutants", mutants.collect()), ("golden", golden.to_vec())] {
        let known: Vec<String> = known;
        for file in fs::read_dir(folder(name)).expect("the folder is there") {
            let file = file.expect("can be listed").file_name();
            let file = file.to_string_lossy().into_owned();
            assert!(known.contains(&file), "{name}/{file} is played by no test");
        }
    }
}

/// The seeds that are recorded: some of the correct core, and one failure of each easy mutant.
fn seeds() -> Vec<SeedRecord> {
    let mut seeds = Vec::new();
    for (profile, count) in [(Profile::Swarm, 80), (Profile::Swarm3, 20), (Profile::Timed, 20)] {
        let drawn = (0..count).map(|number| seed_of_run(Seed(2), number));
        seeds.extend(drawn.map(|seed| record_seed(seed, profile, None)));
    }
    for row in roster().iter().filter(is_recorded) {
        let conviction = conviction(row);
        if let Some(seed) = conviction.header.seed {
            seeds.push(record_seed(seed, Profile::Swarm, Some(row.mutant)));
        }
    }
    seeds
}

#[test]
fn every_recorded_seed_leads_where_it_led() {
    let path = folder("seeds.jsonl");
    let stale = || -> Vec<String> {
        let seeds = store::read_seeds(&path).unwrap_or_else(|error| panic!("{error}"));
        assert!(seeds.len() > 100, "only {} seeds are recorded", seeds.len());
        let checked = seeds.iter().zip(1..).map(|(seed, line)| (line, verify_seed(seed)));
        let failed = checked.filter_map(|(line, result)| Some((line, result.err()?)));
        failed.map(|(line, error)| format!("{}: line {line}: {error}", path.display())).collect()
    };
    if update() && (!path.exists() || !stale().is_empty()) {
        fs::write(&path, store::seeds_to_text(&seeds())).expect("the seeds can be written");
    }
    let stale = stale();
    assert!(stale.is_empty(), "{}", stale.join("\n"));
}

#[test]
fn a_seed_whose_run_moved_is_stale_and_never_passes() {
    let good = record_seed(Seed(5), Profile::Swarm, None);
    verify_seed(&good).expect("just recorded");
    let other = record_seed(Seed(6), Profile::Swarm, None);
    let moved = SeedRecord { digest: other.digest, ..good.clone() };
    assert!(verify_seed(&moved).is_err());
    let moved = SeedRecord { plan: other.plan, ..good.clone() };
    assert!(verify_seed(&moved).is_err());
    let moved = SeedRecord { mutant: Some("F99".to_owned()), ..good };
    assert!(verify_seed(&moved).is_err());
}
