//! The shape of files: how long they are, and that each says what it is.
//!
//! Why 400 lines: a file holds one concept, and a reader holds that much in mind. Only code counts,
//! so that nobody saves on comments or on tests.

use super::scan::Scanned;
use super::tree::Tree;
use super::{Finding, Rule};

/// The most lines of code that a source file may have.
pub(super) const CODE_LINES_MAX: usize = 400;
/// The most lines that the README may have.
pub(super) const README_LINES_MAX: usize = 150;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = readme(tree);
    for (path, text) in tree.ending(&[".rs"]) {
        findings.extend(size(path, text));
        findings.extend(module_doc(path, text));
    }
    findings
}

fn size(path: &str, text: &str) -> Option<Finding> {
    let is_tests = path == "tests.rs" || path.ends_with("/tests.rs");
    let lines = Scanned::of(text).code_lines();
    (!is_tests && lines > CODE_LINES_MAX).then(|| {
        let text = format!("{lines} lines of code, at most {CODE_LINES_MAX} are allowed");
        Finding::new(path, 0, Rule::FileSize, text)
    })
}

fn module_doc(path: &str, text: &str) -> Option<Finding> {
    let begins_well = text.lines().next().is_some_and(|line| line.starts_with("//! "));
    (!begins_well).then(|| {
        let text = "the first line must say what this file is: `//! ...`";
        Finding::new(path, 1, Rule::ModuleDoc, text)
    })
}

fn readme(tree: &Tree) -> Vec<Finding> {
    const PATH: &str = "README.md";
    let Some(text) = tree.text(PATH) else {
        return vec![Finding::new(PATH, 0, Rule::Readme, "there is no README")];
    };
    let lines = text.lines().count();
    if lines <= README_LINES_MAX {
        return Vec::new();
    }
    let text = format!("{lines} lines, at most {README_LINES_MAX} are allowed");
    vec![Finding::new(PATH, 0, Rule::Readme, text)]
}
