//! Each rule convicts a fault that is planted in a small tidy repository, and nothing else.

use super::scan::{Kind, Scanned};
use super::shape::{CODE_LINES_MAX, README_LINES_MAX};
use super::tree::Tree;
use super::{Rule, check_tree};

const RULES: &str = "raft-core/docs/rules.md";
const ORACLES: &str = "sim/docs/oracles.md";
const ORACLE: &str = "sim/src/oracle/first.rs";
const MUTANTS: &str = "//! Bugs.\npub enum Mutant {\n    /// A bug (R1).\n    F1,\n}\n";
const ROSTER: &str = "scenarios/src/roster.rs";

/// The oracles, none of which a reason is given for.
const LIST: &str = "- [x] O1. A promise.\n- [ ] O2. Another.\n\n- [ ] L1. A hope.\n";

/// A repository with nothing to object to.
pub(super) fn tidy() -> Tree {
    let mut tree = Tree::default();
    let lints = "disallowed_methods = \"deny\"\ndisallowed_types = \"deny\"\n\
                 too_many_lines = \"deny\"\n";
    let members = "\"raft-core\", \"raft-core/wal\",\n\"traces\", \"sim\", \"scenarios\", \"ci\"";
    let root = format!("[workspace]\nmembers = [{members}]\n\n[workspace.lints.clippy]\n{lints}");
    tree.insert("Cargo.toml", &root);
    tree.insert(
        "clippy.toml",
        "# exception: */tests/*: they may.\ntoo-many-lines-threshold = 60\n",
    );
    tree.insert("ci/clippy.toml", "too-many-lines-threshold = 60\n");
    tree.insert("README.md", "# Something\n");
    tree.insert(RULES, &rules("- R1. A rule.\n- R2. Another.\n\n- REC1. A rule of recovery.\n"));
    tree.insert("raft-core/tests/first.rs", "//! R1 and R2.\n#[test]\nfn first() {}\n");
    tree.insert("raft-core/src/mutant.rs", MUTANTS);
    tree.insert(ORACLES, &format!("{LIST}\n## Not ticked, and why\n\n- O2: later.\n- L1: so.\n"));
    tree.insert(ORACLE, "//! O1: the promise, judged by R2.\n");
    tree.insert(ROSTER, "//! The mutants.\npub const ROSTER: [&str; 1] = [\"O1\"];\n");
    for (folder, package, uses) in [
        ("raft-core", "syncline-raft", "bytes = { version = \"1\", optional = true }"),
        ("raft-core/wal", "syncline-wal", "syncline-raft.workspace = true"),
        ("traces", "syncline-traces", "serde.workspace = true"),
        ("sim", "syncline-sim", "syncline-traces = { path = \"../traces\" }"),
        ("scenarios", "syncline-scenarios", "proptest.workspace = true"),
        ("ci", "syncline", "syncline-sim.workspace = true\nclap = \"4\""),
    ] {
        let manifest = manifest(package, &format!("[dependencies]\n{uses}\n"));
        tree.insert(&format!("{folder}/Cargo.toml"), &manifest);
        tree.insert(&format!("{folder}/src/lib.rs"), "//! A library.\n");
    }
    tree
}

/// A list of rules of which only the first has a mutant.
fn rules(list: &str) -> String {
    format!("{list}\n## Rules that no known bug breaks\n\n- R2: it only permits.\n")
}

fn manifest(package: &str, rest: &str) -> String {
    format!("[package]\nname = \"{package}\"\n\n[lints]\nworkspace = true\n\n{rest}")
}

/// Plants one file and demands exactly these findings.
#[track_caller]
pub(super) fn check(path: &str, text: &str, expected: &[(&str, usize, Rule)]) {
    let mut tree = tidy();
    tree.insert(path, text);
    expect(&tree, expected);
}

#[track_caller]
pub(super) fn expect(tree: &Tree, expected: &[(&str, usize, Rule)]) {
    let findings = check_tree(tree);
    let found: Vec<_> = findings.iter().map(|f| (f.file.as_str(), f.line, f.rule)).collect();
    assert_eq!(found, expected, "{findings:#?}");
}

/// As `check`, for a manifest of a room with this in it; the finding is on the last line.
#[track_caller]
fn check_manifest(folder: &str, package: &str, rest: &str) {
    let path = format!("{folder}/Cargo.toml");
    let text = manifest(package, rest);
    let last = text.lines().count();
    check(&path, &text, &[(&path, last, Rule::Rooms)]);
}

fn code(lines: usize) -> String {
    "const X: u8 = 0;\n".repeat(lines)
}

#[test]
fn a_tidy_repository_has_no_findings() {
    expect(&tidy(), &[]);
}

#[test]
fn a_file_that_is_too_long_is_found() {
    let path = "sim/src/long.rs";
    let doc = "//! Long.\n\n";
    check(path, &format!("{doc}{}", code(CODE_LINES_MAX)), &[]);
    let too_long = format!("{doc}{}", code(CODE_LINES_MAX + 1));
    check(path, &too_long, &[(path, 0, Rule::FileSize)]);
    check("sim/src/long/tests.rs", &too_long, &[]);
    check("sim/tests/long.rs", &too_long, &[("sim/tests/long.rs", 0, Rule::FileSize)]);
}

#[test]
fn comments_blank_lines_and_tests_do_not_count() {
    let tests = format!(
        "#[cfg(test)]\n#[expect(dead_code)]\nmod tests {{\n    const C: char = '}}';\n{}}}\n",
        code(30)
    );
    let text = format!("//! Doc.\n\n/* a\n b\n*/\n// c\n{}{tests}{}", code(2), code(1));
    assert_eq!(Scanned::of(&text).code_lines(), 3);
    let declared = "#[cfg(test)]\nmod tests;\nfn after() {\n}\n";
    assert_eq!(Scanned::of(declared).code_lines(), 4);
}

#[test]
fn the_scanner_tells_code_from_comments_and_quotes() {
    for (text, expected) in [
        ("a // b\nc", "a     \nc"),
        ("a /* b /* c */ d */ e", "a                   e"),
        ("a \"b // c\" d", "a          d"),
        ("a \"b \\\" c\" d", "a          d"),
        ("a r#\"b \" c\"# d", "a            d"),
        ("a 'b' c", "a     c"),
        ("a '\\'' c", "a      c"),
        ("a 'é' c", "a      c"),
        ("a '\"' b", "a     b"),
        ("a<'b> c", "a<'b> c"),
        ("r#match", "r#match"),
        ("bar\"b\" c", "bar    c"),
    ] {
        assert_eq!(Scanned::of(text).only(&[Kind::Code]), expected, "in {text}");
    }
    for unfinished in ["\"a", "'", "'\\", "/* a", "r#\"a", "\"\\"] {
        assert_eq!(Scanned::of(unfinished).only(&[]).trim(), "");
    }
}

#[test]
fn a_file_that_does_not_say_what_it_is_is_found() {
    let path = "sim/src/mute.rs";
    check(path, "use std::fmt;\n//! Late.\n", &[(path, 1, Rule::ModuleDoc)]);
    check(path, "", &[(path, 1, Rule::ModuleDoc)]);
}

#[test]
fn a_readme_that_is_missing_or_too_long_is_found() {
    check("README.md", &"line\n".repeat(README_LINES_MAX), &[]);
    let too_long = "line\n".repeat(README_LINES_MAX + 1);
    check("README.md", &too_long, &[("README.md", 0, Rule::Readme)]);
    let mut tree = tidy();
    tree.remove("README.md");
    expect(&tree, &[("README.md", 0, Rule::Readme)]);
}

#[test]
fn a_dependency_on_a_later_room_is_found() {
    check_manifest("traces", "syncline-traces", "[dependencies]\nsyncline-sim.workspace = true");
    check_manifest("traces", "syncline-traces", "[dependencies]\nsyncline-traces.workspace = true");
    let dev = "[dev-dependencies]\nsyncline-sim = { path = \"../sim\" }";
    check_manifest("raft-core", "syncline-raft", dev);
    check_manifest("sim", "syncline-sim", "[dependencies.syncline-scenarios]\npath = \"x\"");
    let target =
        "[target.'cfg(any(unix, x = \"a.b\"))'.dev-dependencies]\nsyncline.workspace = true";
    check_manifest("scenarios", "syncline-scenarios", target);
}

#[test]
fn a_crate_that_the_room_may_not_use_is_found() {
    check_manifest("sim", "syncline-sim", "[dependencies]\nproptest = \"1\"");
    check_manifest("ci", "syncline", "[dependencies]\ntokio.workspace = true");
    check_manifest("sim", "syncline-sim", "[build-dependencies]\nserde = \"1\"");
    check_manifest("sim", "syncline-sim", "[dependencies]\nserde = { package = \"other\" }");
}

#[test]
fn a_required_dependency_of_the_core_is_found() {
    check_manifest("raft-core", "syncline-raft", "[dependencies]\nbytes = \"1\"");
    check_manifest("raft-core", "syncline-raft", "[dependencies]\nbytes.workspace = true");
    let path = "raft-core/Cargo.toml";
    let optional = "[dependencies.bytes]\nversion = \"1\"\noptional = true\n";
    check(path, &manifest("syncline-raft", optional), &[]);
    let dev = "[dev-dependencies]\nproptest = \"1\"\n";
    check(path, &manifest("syncline-raft", dev), &[]);
}

#[test]
fn a_room_that_is_missing_renamed_or_unknown_is_found() {
    let path = "sim/Cargo.toml";
    check(path, &manifest("sim", ""), &[(path, 0, Rule::Rooms)]);
    let mut tree = tidy();
    tree.remove(path);
    expect(&tree, &[(path, 0, Rule::Rooms)]);
    let root = tidy().text("Cargo.toml").unwrap().replace("\"sim\"", "\"sim\", \"extra\"");
    check("Cargo.toml", &root, &[("Cargo.toml", 0, Rule::Rooms)]);
}

#[test]
fn a_package_that_is_no_room_needs_its_own_workspace() {
    let path = "sim/subjects/other/Cargo.toml";
    let other = "[package]\nname = \"other\"\n\n[dependencies]\ntokio = \"1\"\n";
    check(path, other, &[(path, 0, Rule::Rooms)]);
    check(path, &format!("{other}\n[workspace]\n"), &[]);
}

#[test]
fn a_citation_of_nothing_is_found() {
    for path in ["sim/src/cites.rs", "docs.md", "scenarios/sync/cites.scn"] {
        check(path, "//! By R1, R2, REC1, O1, O2 and L1; see O(1), R2D2, FOR3 and R.\n", &[]);
        for (family, number) in [("R", 3), ("REC", 2), ("O", 3), ("L", 2), ("R", 0)] {
            let text = format!("//! Fine.\n// See {family}{number}: it says so.\n");
            check(path, &text, &[(path, 2, Rule::Citation)]);
        }
    }
}

#[test]
fn a_gap_in_a_list_is_found() {
    let gap = format!("- R1. A rule.\n- R{}. Another.\n\n- REC1. One.\n", 3);
    let unproved = (RULES, 2, Rule::Matrix);
    check(RULES, &gap, &[(RULES, 2, Rule::Catalogue), unproved, unproved]);
    let twice = rules("- R1. A rule.\n- R2. One.\n- R2. Two.\n- REC1. One.\n");
    check(RULES, &twice, &[(RULES, 3, Rule::Catalogue), (RULES, 3, Rule::Matrix)]);
    let none = rules("- R1. A rule.\n- R2. One.\n");
    check(RULES, &none, &[(RULES, 0, Rule::Catalogue)]);
}

#[test]
fn an_oracle_without_its_file_or_its_tick_is_found() {
    let ticked = tidy().text(ORACLES).unwrap().replace("[ ] O2", "[x] O2");
    check(ORACLES, &ticked, &[(ORACLES, 2, Rule::Proof), (ORACLES, 8, Rule::Proof)]);
    let path = "sim/src/oracle/second.rs";
    check(path, "//! O2 is the promise here.\n", &[(ORACLES, 2, Rule::Proof)]);
    check(path, "//! O1 once more.\n", &[(path, 1, Rule::Proof)]);
    check(path, "//! What the oracles share, O2 among them.\n", &[]);
}

#[test]
fn an_oracle_without_its_tick_or_a_reason_is_found() {
    check(ORACLES, LIST, &[(ORACLES, 2, Rule::Proof), (ORACLES, 4, Rule::Proof)]);
    let stale = format!("{}- O1: never.\n", tidy().text(ORACLES).unwrap());
    check(ORACLES, &stale, &[(ORACLES, 10, Rule::Proof)]);
}

#[test]
fn an_oracle_that_no_mutant_proves_is_found() {
    let text = "//! The mutants.\n// None for O1 yet.\npub const O12: u8 = 1;\n";
    let mut tree = tidy();
    tree.insert(ORACLES, &format!("{}\n", tidy().text(ORACLES).unwrap()));
    tree.insert(ROSTER, &text.replace("O12", "O"));
    expect(&tree, &[(ORACLES, 1, Rule::Proof)]);
    check(ROSTER, "//! The mutants.\nconst BY: OracleId = OracleId::O1;\n", &[]);
}

#[test]
fn a_path_of_a_machine_is_found() {
    for folder in ["home", "root", "work", "Users"] {
        let leak = format!("see /{folder}/somebody/notes\n");
        check("notes.txt", &leak, &[("notes.txt", 1, Rule::Leak)]);
        check("notes.txt", &format!("see target/{folder}/x and ../{folder}/x\n"), &[]);
    }
}

#[test]
fn the_host_of_a_registry_is_found() {
    let host = ["crates", "io"].join(".");
    check("a.toml", &format!("\nurl = \"https://{host}\"\n"), &[("a.toml", 2, Rule::Leak)]);
    let source =
        |index: &str| format!("source = \"registry+https://github.com/rust-lang/{index}\"");
    check("Cargo.lock", &source(&format!("{host}-index")), &[]);
    check("Cargo.lock", &source("other"), &[("Cargo.lock", 1, Rule::Leak)]);
    let config = ".cargo/config.toml";
    check(config, "[source.mirror]\n", &[(config, 1, Rule::Leak)]);
    check(config, "[alias]\n", &[]);
}

#[test]
fn a_second_word_for_a_cursor_is_found() {
    let path = "raft-core/src/log.rs";
    for word in ["persisted", "last_flushed", "the stable index", "StableIndex"] {
        check(path, &format!("//! A log.\n// {word}\n"), &[(path, 2, Rule::Words)]);
        check("sim/src/log.rs", &format!("//! A log.\n// {word}\n"), &[]);
        check("raft-core/docs/why.md", &format!("They say {word}.\n"), &[]);
    }
}

#[test]
fn an_exception_that_nobody_named_is_found() {
    let lifts = "//! Lifts.\n\n#![expect(clippy::disallowed_methods, reason = \"so\")]\n";
    check("sim/src/env.rs", lifts, &[("sim/src/env.rs", 3, Rule::Lints)]);
    check("sim/tests/env.rs", lifts, &[]);
    check("ci/src/env.rs", lifts, &[]);
    check("sim/src/env.rs", "//! Speaks of clippy::disallowed_methods.\n", &[]);
    let long = lifts.replace("disallowed_methods", "too_many_lines");
    check("ci/src/env.rs", &long, &[("ci/src/env.rs", 3, Rule::Lints)]);
}

#[test]
fn an_exception_without_file_or_reason_is_found() {
    let path = "clippy.toml";
    let config = tidy().text(path).unwrap().to_owned();
    let gone = format!("{config}# exception: sim/src/gone.rs: it may.\n");
    check(path, &gone, &[(path, 3, Rule::Lints)]);
    let mute = format!("{config}# exception: sim/src/lib.rs\n");
    check(path, &mute, &[(path, 3, Rule::Lints)]);
}

#[test]
fn lints_that_are_switched_off_are_found() {
    for path in ["clippy.toml", "ci/clippy.toml"] {
        let text = tidy().text(path).unwrap().replace("60", "600");
        check(path, &text, &[(path, 0, Rule::Lints)]);
    }
    let root = tidy().text("Cargo.toml").unwrap().replace("types = \"deny\"", "types = \"warn\"");
    check("Cargo.toml", &root, &[("Cargo.toml", 0, Rule::Lints)]);
    let room = tidy().text("sim/Cargo.toml").unwrap().replace("workspace = true\n\n", "\n");
    check("sim/Cargo.toml", &room, &[("sim/Cargo.toml", 0, Rule::Lints)]);
    let limit = "too-many-lines-threshold = 60\n";
    check("traces/clippy.toml", limit, &[("traces/clippy.toml", 0, Rule::Lints)]);
}
