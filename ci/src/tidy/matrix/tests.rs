//! What fills a cell of the matrix and what does not, on a small tidy repository.

use super::super::Rule;
use super::super::tests::{check, expect, tidy};
use super::super::tree::Tree;
use super::{Matrix, RULES};

const TEST: &str = "raft-core/tests/first.rs";
const MUTANTS: &str = "raft-core/src/mutant.rs";
const ROSTER: &str = "scenarios/src/roster.rs";
/// The line of the reason in the small repository.
const REASON: usize = 8;

/// The repository with one more file, or with another one in its place.
fn with(path: &str, text: &str) -> Tree {
    let mut tree = tidy();
    tree.insert(path, text);
    tree
}

/// The repository with other rules, made from its own.
fn with_rules(from: &str, to: &str) -> Tree {
    let rules = tidy().text(RULES).unwrap().to_owned();
    assert!(rules.contains(from), "{from:?} in {rules}");
    with(RULES, &rules.replace(from, to))
}

/// What a line of the matrix says, with single blanks between the words.
#[track_caller]
fn row(tree: &Tree, rule: &str, expected: &str) {
    let matrix = Matrix::of(tree).to_string();
    let lines = matrix.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let found: Vec<String> = lines.filter(|line| line.split(' ').next() == Some(rule)).collect();
    assert_eq!(found, [expected], "in\n{matrix}");
}

#[test]
fn the_matrix_of_a_tidy_repository_is_full() {
    row(&tidy(), "R1", "R1 raft-core/tests/first.rs - F1");
    row(&tidy(), "R2", "R2 raft-core/tests/first.rs O1 none: it only permits.");
    let matrix = Matrix::of(&tidy()).to_string();
    assert_eq!(matrix.lines().count(), 3, "a head and two rules, none of recovery:\n{matrix}");
}

#[test]
fn a_rule_that_no_test_cites_is_found() {
    for text in [
        "//! R1 by example.\n#[test]\nfn first() {}\n",
        "//! R1.\n#[test]\nfn first() { let R2 = 0; }\n",
        "//! R1, for R2x is no number.\n#[test]\nfn first() {}\n",
    ] {
        check(TEST, text, &[(RULES, 2, Rule::Matrix)]);
    }
    let shared = "//! R1 and R2, for other tests to use.\nfn first() {}\n";
    check(TEST, shared, &[(RULES, 1, Rule::Matrix), (RULES, 2, Rule::Matrix)]);
}

#[test]
fn a_citation_in_a_test_or_in_the_prose_of_a_scenario_counts() {
    let inline = "//! A log.\n// R2.\n#[cfg(test)]\nmod tests {\n    // R2.\n    #[test]\n    \
                  fn f() {}\n}\n";
    for (path, text, counts) in [
        ("sim/src/net/tests.rs", "//! R2.\n#[test]\nfn f() {}\n", true),
        ("sim/tests/world.rs", "//! A world.\n#[test]\nfn f() { panic!(\"R2\") }\n", true),
        ("sim/src/log.rs", inline, true),
        ("sim/src/log.rs", &inline.replace("    // R2.\n", ""), false),
        ("scenarios/sync/late.scn", "# Late (R2).\nnodes 3\n", true),
        ("scenarios/sync/late.scn", "# Late.\nnodes 3\n  | by R2\n", false),
        ("sim/src/log.rs", "//! R2.\n", false),
        ("ci/src/tests.rs", "//! R2.\n#[test]\nfn f() {}\n", false),
    ] {
        let mut tree = with(TEST, "//! R1.\n#[test]\nfn first() {}\n");
        tree.insert(path, text);
        let missing: &[_] = if counts { &[] } else { &[(RULES, 2, Rule::Matrix)] };
        expect(&tree, missing);
        let test = if counts { path } else { "-" };
        row(&tree, "R2", &format!("R2 {test} O1 none: it only permits."));
    }
}

#[test]
fn a_rule_without_a_mutant_needs_its_reason() {
    for without in ["", "- R2:", "- R2 it only permits."] {
        let tree = with_rules("- R2: it only permits.", without);
        expect(&tree, &[(RULES, 2, Rule::Matrix)]);
    }
    let elsewhere = with_rules("## Rules that", "## Other rules that");
    expect(&elsewhere, &[(RULES, 2, Rule::Matrix)]);
    let ended = with_rules("breaks\n", "breaks\n\n## The next section\n");
    expect(&ended, &[(RULES, 2, Rule::Matrix)]);
    let long = with_rules("only permits.", "only\n  permits.\n\n  Not this.");
    row(&long, "R2", "R2 raft-core/tests/first.rs O1 none: it only permits.");
}

#[test]
fn a_reason_that_is_stale_is_found() {
    let both = "//! Bugs.\npub enum Mutant {\n    /// R1, R2.\n    F1,\n}\n";
    check(MUTANTS, both, &[(RULES, REASON, Rule::Matrix)]);
    let recovery = with_rules("- R2: it", "- R2: it only permits.\n- REC1: it");
    expect(&recovery, &[(RULES, REASON + 1, Rule::Matrix)]);
}

#[test]
fn a_mutant_says_in_its_comment_what_it_breaks() {
    let more = |comment: &str| {
        format!("//! Bugs.\npub enum Mutant {{\n    /// R1.\n    F1,\n{comment}    F2,\n}}\n")
    };
    let names_nothing = [(MUTANTS, 5, Rule::Matrix)];
    check(MUTANTS, &more(""), &names_nothing);
    let said = "    /// A bug.\n";
    check(MUTANTS, &more(said), &[(MUTANTS, 6, Rule::Matrix)]);
    check(MUTANTS, &more("    // R1.\n"), &[(MUTANTS, 6, Rule::Matrix)]);
    check(MUTANTS, &more("    /// It breaks R1\n    #[allow(x)]\n"), &[]);
    check(MUTANTS, &more("    /// It breaks REC1.\n"), &[]);
    check(MUTANTS, &more("    /// Votes twice (Raft\n    /// paper, section 5.2).\n"), &[]);
    let tree = with(MUTANTS, &more("    /// Raft paper.\n"));
    row(&tree, "-", "- Raft paper - F2");
}

#[test]
fn the_mutants_of_all_rooms_are_found_and_their_union_is_none() {
    let union = "//! All.\n/// Of the host.\npub enum HostMutant {\n    /// R1.\n    NoSync,\n}\n\
                 /// All.\npub enum Mutant {\n    /// In the core.\n    Core(raft::Mutant),\n    \
                 /// Here.\n    Host(HostMutant),\n}\npub enum Other {\n    F9,\n}\n";
    let mut tree = with("sim/src/mutant.rs", union);
    tree.insert("raft-core/wal/src/mutant/disk.rs", "//! R2.\npub enum M {\n    A,\n}\n");
    expect(&tree, &[]);
    row(&tree, "R1", "R1 raft-core/tests/first.rs - F1 NoSync");
}

#[test]
fn an_oracle_judges_what_its_mutants_break() {
    let roster =
        "//! The mutants, F1 by O2.\nconst A: Row = row(Core::F1, \"O2\", OracleId::O1);\n";
    let tree = with(ROSTER, roster);
    row(&tree, "R1", "R1 raft-core/tests/first.rs O1 F1");
}

#[test]
fn an_oracle_judges_what_either_list_links_it_with() {
    let linked = with_rules("- R1. A rule.", "- R1. A rule, which\n  O1 judges and O2 will.");
    row(&linked, "R1", "R1 raft-core/tests/first.rs O1 F1");
    let mut tree = tidy();
    let list = "- [x] O1. A promise,\n  by R1.\n- [ ] O2. R1.\n\nR2.\n\n- [ ] L1. A hope.\n";
    tree.insert("sim/docs/oracles.md", list);
    tree.insert("sim/src/oracle/first.rs", "//! O1: the promise.\n");
    row(&tree, "R1", "R1 raft-core/tests/first.rs O1 F1");
    row(&tree, "R2", "R2 raft-core/tests/first.rs - none: it only permits.");
}
