//! What makes no sense is refused in one line that says what was expected.

use std::fs;
use std::io::Read;
use std::process::Stdio;

use syncline_sim::Profile;

use super::{folder, program, syncline};

#[test]
fn a_bad_value_is_refused_with_what_was_expected() {
    let folder = folder("usage-values");
    let cases = [
        ("fuzz --mutant F99", "expected a mutant (B1, "),
        (
            "fuzz --profile storm",
            "expected a profile (swarm, swarm3, timed, everything, everything-timed, disk, \
             disk-uniform, disk-timed, lying-disk), found 'storm'",
        ),
        ("fuzz --subject etcd", "expected a subject (core, unforkable), found 'etcd'"),
        ("fuzz --seed x", "expected a seed (a decimal number from 0 to "),
        ("fuzz --seed -1", "unexpected argument '-1'"),
        ("fuzz --nodes 10", "expected a number of nodes (1 to 9), found '10'"),
        ("fuzz --time 10", "expected a time such as 500ms, 10s, 5m or 8h, found '10'"),
        ("fuzz --jobs 0", "expected a number of threads (1 to 1024) or auto, found '0'"),
        ("fuzz --check-determinism 200", "expected a percentage (0 to 100), found '200'"),
        ("fuzz --runs many", "expected a number of runs, found 'many'"),
        ("fuzz --runs 0", "expected at least one run, for none shows nothing, found '0'"),
        ("fuzz --time 0s", "expected a time above zero, for no run fits in none, found '0s'"),
        ("soak --time 0h --out x", "expected a time above zero, for no run fits in none"),
        ("replay 1 --mutant F99", "expected a mutant (B1, "),
        ("soak --time soon --out x", "expected a time such as "),
    ];
    for (line, expected) in cases {
        let done = syncline(&folder, line).expect(2);
        assert_eq!(done.out, "");
        let first = done.err.lines().next().expect("it says something");
        assert!(first.contains(expected), "{line}: {first}");
    }
    assert_eq!(fs::read_dir(&folder).expect("it is there").count(), 0, "nothing is written");
}

#[test]
fn an_unknown_verb_is_a_usage_error() {
    let folder = folder("usage-verb");
    let done = syncline(&folder, "fuzzz").expect(2);
    assert!(done.err.contains("unrecognized subcommand 'fuzzz'"), "{}", done.err);
    syncline(&folder, "soak --time 1s").expect(2);
    syncline(&folder, "replay").expect(2);
}

#[test]
fn help_and_version_are_no_errors() {
    let folder = folder("usage-help");
    let help = syncline(&folder, "--help").expect(0);
    for verb in ["fuzz", "replay", "mutants", "scenario", "soak", "Exit codes:\n  0 fine\n  1 "] {
        assert!(help.out.contains(verb), "{verb} in {}", help.out);
    }
    assert!(help.out.contains("\n  3 a promise of liveness was broken"), "{}", help.out);
    assert!(syncline(&folder, "--version").expect(0).out.starts_with("syncline "));
    let help = syncline(&folder, "fuzz --help").expect(0);
    for profile in Profile::ALL {
        assert!(help.out.contains(&format!(" {profile} (")), "{profile} in {}", help.out);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = folder("usage-pipe");
    let mut fuzz = program(&folder);
    fuzz.args(["fuzz", "--runs", "40", "--seed", "1"]);
    let mut child =
        fuzz.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    drop(child.stdout.take());
    let mut err = String::new();
    let pipe = child.stderr.as_mut().expect("it is piped");
    pipe.read_to_string(&mut err).expect("UTF-8");
    assert_eq!(child.wait().expect("it ends").code(), Some(0), "{err}");
    assert!(!err.contains("panicked"), "{err}");
}
