//! `scenario`.

use std::fs;

use super::{folder, syncline};

const SCRIPT: &str = "\
# One node is elected by itself.
nodes 1

campaign 1
  | n1 was told to campaign
  | n1 became candidate of t1, log up to 0@t0
  | n1 withholds a promise
";

#[test]
fn the_scripts_that_are_built_in_do_what_they_show() {
    let folder = folder("scenario");
    let report = syncline(&folder, "scenario --json").expect(0).json();
    assert_eq!(report["failed"], 0);
    assert_eq!(report["passed"], report["total"]);
    assert!(report["total"].as_u64() > Some(10));
}

#[test]
fn a_difference_is_named_and_blessed() {
    let folder = folder("scenario-bless");
    let path = folder.join("own.scn");
    fs::write(&path, SCRIPT).expect("can be written");
    syncline(&folder, "scenario own.scn").expect(0);
    let wrong = SCRIPT.replace("candidate of t1", "candidate of t7");
    fs::write(&path, &wrong).expect("can be written");
    let done = syncline(&folder, "scenario .").expect(1);
    assert!(done.out.contains("FAILED"), "{}", done.out);
    let said = done.err.lines().last().expect("an error");
    let place = said.contains("own.scn:6: expected 'n1 became candidate of t7,");
    assert!(place && said.contains("found 'n1 became candidate of t1,"), "{said}");
    assert_eq!(fs::read_to_string(&path).expect("there"), wrong, "only --bless writes");
    let blessed = syncline(&folder, "scenario own.scn --bless").expect(0);
    assert!(blessed.out.starts_with("rewritten"), "{}", blessed.out);
    assert_eq!(fs::read_to_string(&path).expect("there"), SCRIPT);
}

#[test]
fn a_typo_is_named_and_nothing_is_written() {
    let folder = folder("scenario-typo");
    let text = SCRIPT.replace("campaign 1\n", "campain 1\n");
    fs::write(folder.join("typo.scn"), &text).expect("can be written");
    for options in ["", "--bless", "--json"] {
        let done = syncline(&folder, &format!("scenario typo.scn {options}")).expect(2);
        let said = done.err.lines().last().expect("an error");
        assert!(said.starts_with("typo.scn:4: expected a command ("), "{said}");
        assert!(said.ends_with("found 'campain'"), "{said}");
        assert_eq!(fs::read_to_string(folder.join("typo.scn")).expect("there"), text);
    }
    let said = syncline(&folder, "scenario no-such.scn").refusal(2);
    assert!(
        said.starts_with("error: no-such.scn: expected a script, found no such file"),
        "{said}"
    );
    syncline(&folder, "scenario --bless").expect(2);
}
