//! `soak`.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{folder, program, syncline};

fn lines(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("soak/state.jsonl")).expect("a state");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// Runs that were claimed, and those of them that were done, in the order of the file.
fn batches(lines: &[Value]) -> Vec<(u64, u64)> {
    let number = |value: &Value| value.as_u64().expect("a number");
    let mut batches: Vec<(u64, u64)> = Vec::new();
    for line in lines {
        if let Some(claimed) = line.get("claimed") {
            batches.push((number(&claimed["first"]), number(&claimed["end"])));
        } else if let Some(done) = line.get("done") {
            batches.last_mut().expect("what is done was claimed").1 = number(&done["next"]);
        }
    }
    batches
}

/// Starts a soak, and kills it when it has done something.
fn kill_in_the_middle(folder: &Path, line: &str) {
    let mut soak = program(folder);
    soak.args(line.split_whitespace()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = soak.spawn().expect("the program starts");
    let patience = Instant::now() + Duration::from_secs(30);
    let state = folder.join("soak/state.jsonl");
    let has_done = || fs::read_to_string(&state).is_ok_and(|text| text.contains("{\"done\""));
    while !has_done() {
        assert!(Instant::now() < patience, "a batch is done in half a minute");
        thread::sleep(Duration::from_millis(20));
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it is dead");
}

#[test]
fn a_soak_that_was_killed_goes_on() {
    let folder = folder("soak-killed");
    kill_in_the_middle(&folder, "soak --time 1h --out soak --seed 7");
    // As if the kill had come in the middle of a line.
    let state = folder.join("soak/state.jsonl");
    let mut torn = fs::read_to_string(&state).expect("a state");
    torn.push_str("{\"done\":{\"next\":99");
    fs::write(&state, torn).expect("can be written");
    let before = lines_whole(&state);
    let millis: u64 = before.iter().filter_map(|line| line["done"]["millis"].as_u64()).sum();
    let line = format!("soak --time {}ms --out soak --json", millis + 900);
    let report = syncline(&folder, &line).expect(0).json();
    let after = lines(&folder);
    assert_eq!(after[..before.len()], before[..], "what was there is still there");
    assert_eq!((&report["sessions"], &report["seed"]), (&2.into(), &"7".into()));
    let batches = batches(&after);
    let follows = |pair: &[(u64, u64)]| pair[0].1 == pair[1].0;
    assert_eq!(batches[0].0, 0);
    assert!(batches.windows(2).all(follows), "no gap, no run twice: {batches:?}");
    let number = |key: &str| report[key].as_u64().expect("a number");
    let all = number("runs") + number("canary_runs") + number("lost_runs");
    assert_eq!(all, batches.last().expect("a batch").1);
    let seconds = report["seconds"].as_f64().expect("seconds");
    assert!(seconds * 1000.0 >= (millis + 900) as f64 - 10.0, "the time of both counts");
    let summary = fs::read_to_string(folder.join("soak/summary.json")).expect("a summary");
    assert_eq!(serde_json::from_str::<Value>(&summary).expect("JSON"), report);
    // It is over. Once more changes nothing but the number of sessions.
    let again = syncline(&folder, &line).expect(0).json();
    assert_eq!((&again["runs"], &again["digest"]), (&report["runs"], &report["digest"]));
}

/// The lines of a file whose last line is torn, without that line.
fn lines_whole(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("a state");
    let whole = &text[..text.rfind('\n').expect("a line") + 1];
    whole.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

#[test]
fn the_runs_of_a_soak_are_those_of_a_campaign() {
    let folder = folder("soak-campaign");
    let report = syncline(&folder, "soak --time 700ms --out soak --seed 3 --json").expect(0).json();
    assert_eq!(report["violations"], 0);
    assert!(report["runs"].as_u64() > Some(0) && report["goals"]["elections"].as_u64() > Some(0));
    assert_eq!(report["canary_every"], 64);
    let done = lines(&folder).iter().filter(|line| line.get("done").is_some()).count();
    assert!(done > 0);
    assert!(!folder.join("soak/lock").exists());
}

#[test]
fn one_soak_per_folder() {
    let folder = folder("soak-lock");
    let mut first = program(&folder);
    first.args("soak --time 1h --out soak --jobs 1".split(' '));
    let mut first =
        first.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    let patience = Instant::now() + Duration::from_secs(30);
    while !folder.join("soak/state.jsonl").exists() && Instant::now() < patience {
        thread::sleep(Duration::from_millis(10));
    }
    let second = syncline(&folder, "soak --time 1s --out soak");
    first.kill().expect("it can be killed");
    first.wait().expect("it is dead");
    let said = second.refusal(2);
    assert!(said.starts_with("error: soak/lock: expected "), "{said}");
}

#[test]
fn violations_are_kept_a_few_of_each_signature() {
    let folder = folder("soak-violations");
    let soak = "soak --time 1500ms --out soak --mutant F6 --seed 1 --json";
    let done = syncline(&folder, soak).expect(1);
    let report = done.json();
    let violations = report["violations"].as_u64().expect("a number");
    let signatures = report["signatures"].as_object().expect("a map");
    assert_eq!(signatures.values().filter_map(Value::as_u64).sum::<u64>(), violations);
    let traces = report["found"].as_array().expect("a list").len() as u64;
    let files = fs::read_dir(folder.join("soak")).expect("the folder");
    let names = files.map(|file| file.expect("a file").file_name());
    let jsonl = names.filter(|name| name.to_string_lossy().starts_with("core-F6-O7-")).count();
    assert_eq!(jsonl as u64, traces);
    let most: u64 = signatures.values().filter_map(Value::as_u64).map(|count| count.min(3)).sum();
    assert_eq!(traces, most);
    let last = done.err.lines().last().expect("a last line");
    assert!(last.contains(" replay soak/core-F6-O7-"), "{last}");
}

#[test]
fn a_folder_of_another_soak_is_left_alone() {
    let folder = folder("soak-other");
    syncline(&folder, "soak --time 100ms --out soak --seed 1").expect(0);
    let state = folder.join("soak/state.jsonl");
    let refused = |line: &str, expected: &str| {
        let text = fs::read_to_string(&state).expect("a state");
        let said = syncline(&folder, line).refusal(2);
        assert!(said.starts_with(&format!("error: soak/state.jsonl: line {expected}")), "{said}");
        assert_eq!(fs::read_to_string(&state).expect("a state"), text);
    };
    refused("soak --time 1s --out soak --seed 2", "1: expected the soak {");
    refused("soak --time 1s --out soak --profile timed", "1: expected the soak {");
    let text = fs::read_to_string(&state).expect("a state");
    fs::write(&state, text.replacen("{\"opened\"", "{\"open\"", 1)).expect("can be written");
    refused("soak --time 1s --out soak", "2: expected a line of a soak's state, found another");
    fs::write(&state, text.replacen("\"version\":1", "\"version\":9", 1)).expect("can be written");
    refused("soak --time 1s --out soak", "1: expected version 1, found 9");
    fs::write(&state, "my notes, without a line break").expect("can be written");
    refused("soak --time 1s --out soak", "1: expected a line of a soak's state, found another");
}

#[test]
fn no_time_for_a_run_is_refused() {
    let folder = folder("soak-moment");
    let said = syncline(&folder, "soak --time 10ms --out soak").refusal(2);
    assert!(said.starts_with("error: expected more than 10ms, "), "{said}");
    assert!(!folder.join("soak").exists(), "nothing is written");
}
