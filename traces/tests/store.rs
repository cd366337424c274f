//! That files are found as they were left, and what is said of those that are not what was expected.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use syncline_raft::NodeId;
use syncline_traces::store::{
    SeedRecord, SeedVerdict, StoreError, read, read_seeds, seeds_to_text, write_new,
};
use syncline_traces::{
    Choice, Digest, End, Event, FORMAT, Header, Line, Mixer, Seed, Trace, Verdict,
};

/// A folder of one test, empty.
fn folder(test: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("store").join(test);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a folder for the test");
    path
}

fn trace(subject: &str) -> Trace {
    let node = NodeId::new(1).expect("not zero");
    let digest = Mixer::digest_of(subject);
    let line = Line {
        i: 1,
        step: 1,
        t: 0,
        choice: Choice::Tick(node),
        event: Event::Ticked { node },
        why: Vec::new(),
        digest,
    };
    Trace {
        header: Header {
            format: FORMAT.to_owned(),
            subject: subject.to_owned(),
            mutant: None,
            seed: Some(Seed(1)),
            plan: serde_json::Value::Null,
        },
        lines: vec![line],
        end: Some(End { verdict: Verdict::Passed, steps: 1, events: 1, digest }),
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder of the test");
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
    entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect()
}

#[track_caller]
fn check_error<T: fmt::Debug>(result: Result<T, StoreError>, path: &Path, message: &str) {
    let error = result.expect_err("a bad file").to_string();
    assert_eq!(error.strip_prefix(&path.display().to_string()), Some(message), "{error}");
    assert_eq!(error.lines().count(), 1);
}

#[test]
fn a_trace_is_written_once_and_never_overwritten() {
    let folder = folder("written-once");
    let path = folder.join("a.jsonl");
    write_new(&path, &trace("core")).unwrap();
    write_new(&path, &trace("core")).unwrap();
    check_error(
        write_new(&path, &trace("other")),
        &path,
        ": line 1: expected no file or one with the same bytes, found other bytes; it was not \
         overwritten",
    );
    let mut longer = trace("core");
    longer.end = None;
    let error = write_new(&path, &longer).unwrap_err();
    assert!(matches!(error, StoreError::Occupied { line: 3, .. }), "{error}");
    assert_eq!(read(&path).unwrap(), trace("core"));
    assert_eq!(names(&folder), ["a.jsonl"], "no draft stays behind");
}

#[test]
fn a_draft_that_a_crash_left_is_in_nobodys_way() {
    let folder = folder("draft");
    let path = folder.join("a.jsonl");
    let text = trace("core").to_text();
    let draft = folder.join("a.jsonl.draft-0");
    fs::write(&draft, "half").unwrap();
    write_new(&path, &trace("core")).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    // It may as well belong to a writer that is still at work.
    assert_eq!(fs::read_to_string(&draft).unwrap(), "half");
    assert_eq!(names(&folder).len(), 2);
}

#[test]
fn what_could_not_be_read_back_is_not_written() {
    let folder = folder("not-written");
    let path = folder.join("a.jsonl");
    let mut gap = trace("core");
    gap.lines[0].i = 2;
    check_error(write_new(&path, &gap), &path, ": line 2: expected event number 1, found 2");
    let nowhere = folder.join("missing/a.jsonl");
    let error = write_new(&nowhere, &trace("core")).unwrap_err();
    assert!(matches!(error, StoreError::Write { .. }), "{error}");
    assert_eq!(names(&folder), [""; 0]);
}

#[test]
fn a_bad_file_is_named_with_its_line() {
    let folder = folder("bad");
    let path = folder.join("a.jsonl");
    let error = read(&path).unwrap_err();
    assert!(matches!(error, StoreError::Read { .. }), "{error}");
    fs::write(&path, trace("core").to_text().replace("trace/1", "trace/9")).unwrap();
    check_error(
        read(&path),
        &path,
        ": line 1: expected format syncline-trace/1, found syncline-trace/9",
    );
    fs::write(&path, b"{}\n\xff\n").unwrap();
    check_error(read(&path), &path, ": line 2: expected text in UTF-8, found other bytes");
}

fn records() -> Vec<SeedRecord> {
    let passed = SeedRecord {
        seed: Seed(u64::MAX),
        plan: Digest(1),
        mutant: None,
        profile: "swarm".to_owned(),
        digest: Digest(2),
        verdict: SeedVerdict::Passed,
    };
    let failed = SeedRecord {
        seed: Seed(0),
        mutant: Some("F4".to_owned()),
        verdict: SeedVerdict::Violation("O6".to_owned()),
        ..passed.clone()
    };
    vec![passed, failed]
}

#[test]
fn recorded_seeds_are_read_back() {
    let path = folder("seeds").join("seeds.jsonl");
    let text = seeds_to_text(&records());
    let first = r#"{"seed":"18446744073709551615","plan":"00000000000000000000000000000001","mutant":null,"profile":"swarm","digest":"00000000000000000000000000000002","verdict":"passed"}"#;
    assert_eq!(text.lines().next(), Some(first));
    fs::write(&path, &text).unwrap();
    assert_eq!(read_seeds(&path).unwrap(), records());
    fs::write(&path, "").unwrap();
    assert_eq!(read_seeds(&path).unwrap(), []);
}

#[test]
fn a_bad_record_is_named_with_its_line() {
    let path = folder("bad-seeds").join("seeds.jsonl");
    let expect = |text: &str, begin: &str, end: &str| {
        fs::write(&path, text).unwrap();
        let error = read_seeds(&path).unwrap_err().to_string();
        let error = error.strip_prefix(&format!("{}: ", path.display())).unwrap();
        assert!(error.starts_with(begin) && error.ends_with(end), "{error}");
    };
    let text = seeds_to_text(&records());
    let line = "expected a seed line (a JSON object with seed, plan, mutant, profile, digest, \
                verdict), found {";
    let verdict = "expected passed, or the number of an oracle such as O6)";
    expect(&text.replace("\"passed\"", "\"pased\""), &format!("line 1: {line}"), verdict);
    expect(&text.replace("\"O6\"", "\"6\""), &format!("line 2: {line}"), verdict);
    let number = "expected a seed (a decimal number from 0 to 18446744073709551615))";
    expect(&text.replace("\"0\",\"plan", "\"-1\",\"plan"), &format!("line 2: {line}"), number);
    expect(text.trim_end(), "line 2: expected a line break after the last line", "found nothing");
    let unmutated = text.replace("\"mutant\":null,", "");
    expect(&unmutated, "line 1: expected the line as a recording spells it", "(column 75)");
}
