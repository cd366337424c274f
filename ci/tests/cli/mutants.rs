//! `mutants`.

use super::{folder, syncline};

#[test]
fn easy_bugs_are_killed_at_once() {
    let folder = folder("mutants");
    let done = syncline(&folder, "mutants --only F4,F5,F6 --seed 1 --json").expect(0);
    let report = done.json();
    assert_eq!((&report["killed"], &report["total"]), (&3.into(), &3.into()));
    let mutants = report["mutants"].as_array().expect("a list");
    let expected = [("F4", "O6"), ("F5", "O8"), ("F6", "O7")];
    for (mutant, (id, by)) in mutants.iter().zip(expected) {
        assert_eq!((&mutant["id"], &mutant["by"]), (&id.into(), &by.into()));
        assert_eq!((&mutant["killed"], &mutant["how"]), (&true.into(), &"fuzz".into()));
        assert!(mutant["runs"].as_u64() > Some(0) && mutant["events"].as_u64() > Some(0));
        assert!(mutant["seconds"].as_f64() < Some(1.0), "{mutant}");
    }
    let again = syncline(&folder, "mutants --only F4,F5,F6 --seed 1 --json --jobs 1").expect(0);
    for (a, b) in mutants.iter().zip(again.json()["mutants"].as_array().expect("a list")) {
        assert_eq!((&a["runs"], &a["events"]), (&b["runs"], &b["events"]));
    }
}

#[test]
fn a_hard_bug_falls_back_on_its_script() {
    let folder = folder("mutants-script");
    let line = "mutants --only F8 --seed 1 --budget 100ms --json";
    let report = syncline(&folder, line).expect(0).json();
    let mutant = &report["mutants"][0];
    assert_eq!((&mutant["killed"], &mutant["by"]), (&true.into(), &"O7".into()));
    assert_eq!(mutant["how"], "script");
}

#[test]
fn the_roster_is_listed() {
    let folder = folder("mutants-list");
    let list = syncline(&folder, "mutants --list").expect(0);
    assert!(list.out.lines().any(|line| line.starts_with("F4 ") && line.contains(" O6 ")));
    let json = syncline(&folder, "mutants --list --json --only F5").expect(0).json();
    assert_eq!(json["mutants"][0]["expected"], "O8");
}

#[test]
fn an_unknown_bug_is_refused() {
    let said = syncline(&folder("mutants-unknown"), "mutants --only F4,F99").refusal(2);
    assert!(said.contains("expected a mutant (B1, ") && said.ends_with("found 'F99'"), "{said}");
}
