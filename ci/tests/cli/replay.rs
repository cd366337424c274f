//! `replay`.

use std::fs;
use std::path::{Path, PathBuf};

use super::{folder, syncline};

/// The trace of a violation.
fn recorded(folder: &Path) -> PathBuf {
    let found = syncline(folder, "fuzz --mutant F4 --seed 1 --json").expect(1).json();
    PathBuf::from(found["found"][0]["trace"].as_str().expect("a path"))
}

/// Writes another text into a file, replays it, and sees that the file stays as it is.
#[track_caller]
fn refused(folder: &Path, text: &str, code: i32) -> String {
    let path = folder.join("edited.jsonl");
    fs::write(&path, text).expect("can be written");
    let line = syncline(folder, "replay edited.jsonl").refusal(code);
    assert_eq!(fs::read_to_string(&path).expect("still there"), text);
    line
}

#[test]
fn a_seed_is_played_again() {
    let folder = folder("replay-seed");
    let passed = syncline(&folder, "replay 12345 --json").expect(0).json();
    assert_eq!((&passed["verdict"], &passed["seed"]), (&"passed".into(), &"12345".into()));
    assert!(passed["oracle"].is_null() && passed["event"].is_null());
    let again = syncline(&folder, "replay 12345").expect(0);
    assert!(again.out.contains(passed["digest"].as_str().expect("a digest")), "{}", again.out);
    let timed = syncline(&folder, "replay 12345 --profile timed --json").expect(0).json();
    assert_ne!(timed["digest"], passed["digest"]);
}

#[test]
fn a_seed_that_breaks_a_promise_leaves_a_trace() {
    let folder = folder("replay-broken");
    let found = syncline(&folder, "fuzz --mutant F4 --seed 1 --json").expect(1).json();
    let seed = found["found"][0]["seed"].as_str().expect("a seed");
    let line = format!("replay {seed} --mutant F4 --out kept --json");
    let again = syncline(&folder, &line).expect(1).json();
    assert_eq!(again["event"], found["found"][0]["event"]);
    assert_eq!(again["digest"], found["found"][0]["digest"]);
    let path = again["trace"].as_str().expect("a path");
    let file = syncline(&folder, &format!("replay {path} --json -v")).expect(1);
    assert_eq!(file.json()["digest"], again["digest"]);
    assert!(file.err.contains(" became leader of t"), "the events are listened to");
}

#[test]
fn an_edited_trace_is_stale_at_the_line_that_differs() {
    let folder = folder("replay-edited");
    let text = fs::read_to_string(folder.join(recorded(&folder))).expect("the trace");
    let lines: Vec<&str> = text.lines().collect();
    // Another digest beside the fortieth event, which is line 41.
    let at = lines[40].rfind("\"digest\":\"").expect("a digest") + 10;
    let digit = if lines[40].as_bytes()[at] == b'0' { '1' } else { '0' };
    let mut line = lines[40].to_owned();
    line.replace_range(at..=at, &digit.to_string());
    let said = refused(&folder, &text.replace(lines[40], &line), 5);
    assert!(said.starts_with("edited.jsonl: line 41: expected digest "), "{said}");
    // Another verdict.
    let said = refused(&folder, &text.replace("\"oracle\":\"O6\"", "\"oracle\":\"O5\""), 5);
    let last = lines.len();
    assert!(said.starts_with(&format!("edited.jsonl: line {last}: expected ")), "{said}");
    // Another event, of the right form.
    let changed = text.replacen("{\"ticked\":{\"node\":1}}", "{\"ticked\":{\"node\":2}}", 1);
    assert_ne!(changed, text);
    let said = refused(&folder, &changed, 5);
    assert!(said.contains("expected 'n2 ticked', found 'n1 ticked'"), "{said}");
    // Another choice, which is not on offer: there is no such node.
    let changed = text.replacen("\"choice\":\"tick 1\"", "\"choice\":\"restart 9\"", 1);
    assert_ne!(changed, text);
    let said = refused(&folder, &changed, 5);
    let expected = "expected 'restart 9', found that the world does not offer it";
    assert!(said.ends_with(expected), "{said}");
    let stale = syncline(&folder, "replay edited.jsonl --json").expect(5).json();
    assert_eq!(stale["verdict"], "stale");
}

#[test]
fn what_is_no_whole_trace_is_refused() {
    let folder = folder("replay-refused");
    let text = fs::read_to_string(folder.join(recorded(&folder))).expect("the trace");
    let begun: String = text.split_inclusive('\n').take(31).collect();
    let said = refused(&folder, &begun, 2);
    let expected = "error: edited.jsonl: line 32: expected an event or the end line, found the end";
    assert!(said.starts_with(expected), "{said}");
    let torn = &text[..begun.len() - 20];
    let said = refused(&folder, torn, 2);
    assert!(said.starts_with("error: edited.jsonl: line 31: expected an event line"), "{said}");
    let said = refused(&folder, &text.replace("syncline-trace/1", "syncline-trace/9"), 2);
    let expected = "error: edited.jsonl: line 1: expected format syncline-trace/1, found ";
    assert!(said.starts_with(&format!("{expected}syncline-trace/9")), "{said}");
    let said = refused(&folder, &text.replacen("\"F4\"", "\"F99\"", 1), 2);
    assert!(said.starts_with("error: edited.jsonl: line 1: expected a mutant (B1, "), "{said}");
    let said = refused(&folder, &text.replacen("\"core\"", "\"etcd\"", 1), 2);
    let expected =
        "error: edited.jsonl: line 1: expected a subject (core, unforkable), found 'etcd'";
    assert_eq!(said, expected);
    refused(&folder, "", 2);
    refused(&folder, "no trace\n", 2);
}

#[test]
fn a_trace_of_another_mutant_is_stale() {
    let folder = folder("replay-mutant");
    let text = fs::read_to_string(folder.join(recorded(&folder))).expect("the trace");
    // The run goes on as recorded until the bug makes a difference.
    let said = refused(&folder, &text.replacen("\"F4\"", "\"F6\"", 1), 5);
    assert!(said.starts_with("edited.jsonl: line "), "{said}");
}

#[test]
fn what_is_asked_for_must_be_there() {
    let folder = folder("replay-asked");
    let said = syncline(&folder, "replay nothing").refusal(2);
    let expected =
        "error: expected a trace or the seed of a run (a decimal number), found 'nothing'";
    assert_eq!(said, expected);
    let said = syncline(&folder, "replay out/no.jsonl").refusal(2);
    assert!(said.starts_with("error: out/no.jsonl: expected a file that can be read"), "{said}");
    let said = syncline(&folder, "replay 99999999999999999999").refusal(2);
    assert!(said.starts_with("error: expected a seed (a decimal number from 0 to "), "{said}");
    let path = recorded(&folder);
    let said = syncline(&folder, &format!("replay {} --profile timed", path.display())).refusal(2);
    assert!(said.ends_with("expected a seed with --profile, found a file"), "{said}");
    let said = syncline(&folder, &format!("replay {} --subject unforkable", path.display()));
    assert!(said.refusal(2).ends_with("line 1: expected subject unforkable, found 'core'"));
}
