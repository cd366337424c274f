//! The table of `docs/cases.md` has every case, and what it names exists.

use std::fs;
use std::path::{Path, PathBuf};

const CASES: usize = 45;

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What stands between backquotes.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// `FILE::TEST` names a test in a file of the tests: by its attribute, or as a property, which lies in
/// a macro.
fn exists(name: &str) -> bool {
    let Some((file, test)) = name.split_once("::") else {
        return false;
    };
    let file: PathBuf = package().join("tests").join(format!("{file}.rs"));
    let text = fs::read_to_string(file).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let begins = |line: &&str| line.trim_start().starts_with(&format!("fn {test}("));
    let Some(at) = lines.iter().position(begins) else {
        return false;
    };
    let before = lines[..at].iter().rev().take_while(|line| !line.trim().is_empty());
    lines[at].starts_with(' ') || before.into_iter().any(|line| line.trim() == "#[test]")
}

#[test]
fn every_case_has_a_test_or_says_where_it_belongs() {
    let table = fs::read_to_string(package().join("docs/cases.md")).expect("it is there");
    let rows = table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| #"));
    let mut next = 1;
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [number, _, outcome, tests] = cells[..] else { panic!("four cells: {row}") };
        assert_eq!(number.parse(), Ok(next), "{row}");
        let missing: Vec<&str> = quoted(tests).filter(|name| !exists(name)).collect();
        assert!(missing.is_empty(), "case {number} names {missing:?}");
        let is_elsewhere = outcome == "the simulator's";
        assert_eq!(
            quoted(tests).next().is_none(),
            is_elsewhere,
            "case {number}: a test or a place"
        );
        next += 1;
    }
    assert_eq!(next, CASES + 1);
}
