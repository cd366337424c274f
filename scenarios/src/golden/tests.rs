//! A rewrite changes the output and nothing else, and a difference is shown where it is.

use super::*;
#[cfg(feature = "mutants")]
use crate::library::bundled;

const SCRIPT: &str = "\
# One node.

nodes 1
campaign 1
  | n1 was told to campaign
  | n1 became candidate of t1, log up to 0@t0
  | n1 withholds a promise
## More prose, with  odd   blanks.
tick  1   x3
  | n1 ticked, 3 times
expect 1 candidate t1

quietly settle
  | 17 events
";

fn rewritten(text: &str) -> String {
    Script::parse("test.scn", text).unwrap().rewritten().unwrap()
}

#[track_caller]
fn check(text: &str, error: &str) {
    let found = Script::parse("test.scn", text).unwrap().check().unwrap_err();
    assert_eq!(found.to_string(), error);
}

#[test]
fn output_is_written_anew_wherever_it_was() {
    assert_eq!(rewritten(SCRIPT), SCRIPT);
    let without: String =
        SCRIPT.split_inclusive('\n').filter(|line| !line.starts_with(OUTPUT)).collect();
    assert_eq!(rewritten(&without), SCRIPT);
    let garbled = SCRIPT.replace("expect 1 candidate t1\n", "expect 1 candidate t1\n  | what?\n");
    assert_eq!(rewritten(&garbled), SCRIPT);
    let garbled = SCRIPT.replace("n1 ticked, 3 times\n", "n1\n\n  | n2\n  |\n");
    assert_eq!(rewritten(&garbled), SCRIPT.replace("3 times\n", "3 times\n\n"));
    assert_eq!(rewritten(without.trim_end()), SCRIPT, "the last command had no line break");
}

#[test]
fn lines_that_end_as_on_another_system_stay_so() {
    let text = "# Prose.\r\nnodes 1\r\ncampaign 1\r\n  | n1 ticked\r\n# More.\r\n";
    let once = rewritten(text);
    let output = "  | n1 was told to campaign\n  | n1 became candidate of t1, log up to 0@t0\n  \
                  | n1 withholds a promise\n";
    assert_eq!(once, format!("# Prose.\r\nnodes 1\r\ncampaign 1\r\n{output}# More.\r\n"));
    assert_eq!(rewritten(&once), once);
}

#[test]
fn a_difference_is_shown_where_it_is() {
    assert!(Script::parse("test.scn", SCRIPT).unwrap().check().is_ok());
    check(
        &SCRIPT.replace("3 times", "4 times"),
        "test.scn:10: expected 'n1 ticked, 4 times', found 'n1 ticked, 3 times'",
    );
    check(
        &SCRIPT.replace("  | n1 ticked, 3 times\n", ""),
        "test.scn:10: expected the end of the output, found 'n1 ticked, 3 times'",
    );
    check(
        &SCRIPT.replace("expect 1 candidate t1\n", "expect 1 candidate t1\n  | surplus\n"),
        "test.scn:12: expected 'surplus', found the end of the output",
    );
}

#[test]
fn a_path_without_scripts_is_named() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let error = scripts_below(&folder.join("src")).unwrap_err().to_string();
    assert!(error.ends_with("src: expected a script (*.scn) here or below, found none"), "{error}");
    let error = check_file(&folder.join("sync/missing.scn")).unwrap_err().to_string();
    let missing = "missing.scn: expected a script, found no such file or folder";
    assert!(error.ends_with(missing), "{error}");
    let error = scripts_below(&folder.join("nowhere")).unwrap_err().to_string();
    assert!(error.ends_with("nowhere: expected a script, found no such file or folder"), "{error}");
}

#[cfg(feature = "mutants")]
#[test]
fn every_bundled_script_is_its_own_rewrite() {
    for bundled in bundled() {
        assert_eq!(rewritten(bundled.text), bundled.text, "{}", bundled.name);
    }
}

#[cfg(feature = "mutants")]
#[test]
fn a_proof_that_fails_is_named() {
    let proved = "nodes 1\nproves F4 by O6\n  | at 'settle': n1 committed i1; synced on 0 of 1 \
                  needed (nobody)\nquietly campaign 1\n  | 3 events\nhold 1 write\nhold 1 sync\n";
    check(
        &format!("{proved}campaign 1\n"),
        "test.scn:2: expected O6 to convict F4, found no promise broken",
    );
    check(
        "nodes 3\nproves F1 by O6\nquietly campaign 1\nready 1\n",
        "test.scn:2: expected O6 to convict F1, found O8 'n1 asked for votes in t1 with a log \
         up to 0@t0, its disk has synced t0 and the log up to 0@t0'",
    );
}
