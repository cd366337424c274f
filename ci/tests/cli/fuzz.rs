//! `fuzz`.

use std::fs;

use serde_json::Value;

use super::{Done, arguments, done, folder, program, syncline};

const KEYS: [&str; 10] = [
    "runs",
    "events",
    "steps",
    "seconds",
    "events_per_second",
    "violations",
    "goals",
    "digest",
    "seed",
    "virtual_seconds",
];

#[test]
fn a_campaign_is_the_same_however_it_is_run() {
    let folder = folder("fuzz-same");
    let campaign = "fuzz --runs 40 --seed 1 --json";
    let first = syncline(&folder, campaign).expect(0).json();
    for key in KEYS {
        assert!(first.get(key).is_some(), "the key {key}");
    }
    assert_eq!(first["runs"], 40);
    assert_eq!(first["violations"], 0);
    assert_eq!(first["seed"], "1");
    assert!(first["goals"]["elections"].as_u64() > Some(0));
    let same = ["", "--jobs 1", "--jobs 2", "--jobs 5", "--check-determinism 100%"];
    for options in same {
        let again = syncline(&folder, &format!("{campaign} {options}")).expect(0).json();
        for key in ["runs", "events", "steps", "virtual_seconds", "goals", "digest"] {
            assert_eq!(again[key], first[key], "{key} with '{options}'");
        }
    }
    assert_eq!(fs::read_dir(&folder).expect("it is there").count(), 0, "nothing is written");
}

#[test]
fn listening_changes_nothing_and_prints_virtual_time() {
    let folder = folder("fuzz-listen");
    let campaign = "fuzz --runs 10 --seed 3 --steps 200 --json";
    let quiet = syncline(&folder, campaign).expect(0);
    let loud = syncline(&folder, &format!("{campaign} -v --jobs 2")).expect(0);
    assert_eq!(quiet.json()["digest"], loud.json()["digest"]);
    let ticked = loud.err.lines().find(|line| line.contains("n1 ticked")).expect("an event");
    assert!(ticked.trim_start().starts_with("10.000ms n1 ticked i="), "{ticked}");
    let runs = loud.err.lines().filter(|line| line.starts_with("run of seed ")).count();
    assert_eq!(runs, 10);
    let alone = syncline(&folder, &format!("{campaign} -v --jobs 1")).expect(0);
    let events = |done: &Done| -> Vec<String> {
        let lines = done.err.lines().filter(|line| line.contains("ms n"));
        lines.map(str::to_owned).collect()
    };
    assert!(events(&alone) == events(&loud), "the lines of the runs stand in the same order");
}

#[test]
fn without_a_seed_it_draws_one_and_says_so() {
    let folder = folder("fuzz-time");
    let timed = syncline(&folder, "fuzz --time 300ms --json --jobs 2").expect(0);
    let report = timed.json();
    let (seed, runs) = (report["seed"].as_str().expect("a seed"), &report["runs"]);
    assert!(timed.err.starts_with(&format!("seed {seed}: ")), "{}", timed.err);
    let again = syncline(&folder, &format!("fuzz --seed {seed} --runs {runs} --json")).expect(0);
    assert_eq!(again.json()["digest"], report["digest"], "the time decided how many runs, no more");
}

#[test]
fn people_read_a_summary() {
    let folder = folder("fuzz-words");
    let done = syncline(&folder, "fuzz --runs 25 --seed 1").expect(0);
    assert!(done.out.starts_with("no promise was broken in 25 runs ("), "{}", done.out);
    for word in ["events", "steps", "simulated", "digest", "crashes-of-machine", "elections"] {
        assert!(done.out.contains(word), "{word} in {}", done.out);
    }
}

/// What must be the same when a violation is seen again.
fn identity(violation: &Value) -> [&Value; 3] {
    [&violation["oracle"], &violation["event"], &violation["digest"]]
}

#[test]
fn the_last_line_reproduces_the_violation() {
    let folder = folder("fuzz-last-line");
    let campaign = "fuzz --mutant F4 --seed 1 --json";
    let found = syncline(&folder, campaign).expect(1);
    let report = found.json();
    let violation = &report["found"][0];
    assert_eq!(violation["oracle"], "O6");
    for words in ["a committed entry is synced on a quorum", "signature", "lead to it", "trace"] {
        assert!(found.err.contains(words), "{words} in {}", found.err);
    }
    let last = found.err.lines().last().expect("a last line");
    assert_eq!(violation["reproduce"], last);
    let mut again = program(&folder);
    again.args(arguments(last, env!("CARGO_BIN_EXE_syncline"))).arg("--json");
    let again = done(&mut again).expect(1);
    assert_eq!(identity(&again.json()), identity(violation));
    assert_eq!(again.err.lines().last(), Some(last), "it can be pasted again");
    // Another thread may find another one earlier: it is not the one that is reported.
    for jobs in [1, 2, 4] {
        let same = syncline(&folder, &format!("{campaign} --jobs {jobs}")).expect(1).json();
        assert_eq!(identity(&same["found"][0]), identity(violation));
        assert_eq!((&same["runs"], &same["digest"]), (&report["runs"], &report["digest"]));
    }
    let traces = fs::read_dir(folder.join("out")).expect("the traces").count();
    assert_eq!(traces, 1, "the same run is the same file");
}

#[test]
fn what_came_through_cargo_is_reproduced_through_cargo() {
    let folder = folder("fuzz-cargo");
    let mut fuzz = program(&folder);
    fuzz.env("CARGO", "cargo").args(["fuzz", "--mutant", "F5", "--seed", "1", "--out", "my runs"]);
    let found = done(&mut fuzz).expect(1);
    let last = found.err.lines().last().expect("a last line");
    let expected = "cargo run --release -q -- replay 'my runs/core-F5-O8-";
    assert!(last.starts_with(expected), "{last}");
}

#[test]
fn another_run_with_the_same_name_is_written_beside_it() {
    let folder = folder("fuzz-names");
    let campaign = "fuzz --mutant F5 --seed 1 --profile swarm3 --runs 50 --steps";
    for steps in [100, 101] {
        syncline(&folder, &format!("{campaign} {steps}")).expect(1);
    }
    let mut names: Vec<String> = fs::read_dir(folder.join("out"))
        .expect("the traces")
        .map(|file| file.expect("a file").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort_by_key(String::len);
    assert_eq!(names.len(), 2, "{names:?}");
    let (first, second) = (names[0].trim_end_matches(".jsonl"), &names[1]);
    assert_eq!(*second, format!("{first}-2.jsonl"));
}

#[test]
fn it_goes_on_if_it_is_told_to() {
    let folder = folder("fuzz-on");
    let campaign = "fuzz --mutant F6 --seed 2 --runs 60 --keep-going --json";
    let found = syncline(&folder, campaign).expect(1).json();
    assert_eq!(found["runs"], 60);
    let violations = found["violations"].as_u64().expect("a number");
    let stories = found["found"].as_array().expect("a list");
    assert!(violations > stories.len() as u64, "one story for each signature");
    let alone = syncline(&folder, &format!("{campaign} --jobs 1")).expect(1).json();
    assert_eq!(alone["found"], found["found"]);
    assert_eq!(alone["digest"], found["digest"]);
}

#[test]
fn a_library_that_cannot_be_forked_is_fuzzed_like_any_other() {
    let folder = folder("fuzz-unforkable");
    let campaign = "fuzz --subject unforkable --runs 30 --seed 1 --check-determinism 50 --json";
    let first = syncline(&folder, campaign).expect(0).json();
    let again = syncline(&folder, &format!("{campaign} --jobs 1")).expect(0).json();
    assert_eq!(first["subject"], "unforkable");
    assert_eq!(first["digest"], again["digest"]);
}

#[test]
fn goals_may_be_required() {
    let folder = folder("fuzz-goals");
    let done = syncline(&folder, "fuzz --runs 3 --nodes 1 --seed 1 --require-goals").expect(6);
    let last = done.err.lines().last().expect("a last line");
    assert!(last.starts_with("error: expected every goal to be reached, found none of "), "{last}");
    assert!(last.contains("messages-dropped"), "{last}");
}

#[test]
fn every_profile_runs() {
    let folder = folder("fuzz-profiles");
    for profile in ["swarm", "swarm3", "timed", "everything", "everything-timed"] {
        let line = format!("fuzz --runs 12 --seed 1 --profile {profile} --json");
        assert_eq!(syncline(&folder, &line).expect(0).json()["profile"], profile);
    }
}
