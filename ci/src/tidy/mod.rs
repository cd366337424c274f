//! The style of this repository as a test: what a reader may rely on in every file.
//!
//! Why so: a rule that nobody checks is a rule for newcomers only. Each file in this folder checks
//! one kind of promise, on the text of the repository alone, and says where it is broken. The test
//! in `tests/tidy.rs` runs them all inside `cargo test`.
//!
//! Deliberately absent: whatever the compiler, rustfmt or clippy check better. The length of
//! functions is clippy's business (`too_many_lines`); what is checked here is that nobody has
//! switched that lint off.

use std::fmt;
use std::io;
use std::path::Path;

mod bans;
mod cites;
mod leaks;
mod manifest;
mod matrix;
mod proofs;
mod reasons;
mod rooms;
mod scan;
mod shape;
#[cfg(test)]
mod tests;
mod tree;
mod words;

pub use matrix::Matrix;
use tree::Tree;

/// One place where the repository breaks one of its own rules.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, relative to the root, with `/` between its parts.
    pub file: String,
    /// The line, counted from 1; 0 where the file as a whole is meant.
    pub line: usize,
    /// The rule that is broken.
    pub rule: Rule,
    /// What was found, and what was expected.
    pub text: String,
}

impl Finding {
    fn new(file: &str, line: usize, rule: Rule, text: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, rule, text: text.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {:?}: {}", self.file, self.line, self.rule, self.text)
    }
}

/// The rules that the repository keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A source file has at most 400 lines of code.
    FileSize,
    /// A source file begins by saying what it is.
    ModuleDoc,
    /// The README exists and fits in 150 lines.
    Readme,
    /// The lints that hold function length and determinism are on, and exceptions are named.
    Lints,
    /// A package depends only on rooms above its own, and on the crates that its room may use.
    Rooms,
    /// A rule or oracle that is cited exists.
    Citation,
    /// The numbered lists of rules and oracles have no gaps.
    Catalogue,
    /// An oracle that is called implemented has its file and a known bug that proves it.
    Proof,
    /// Each rule is cited by a test and broken by a known bug, or has a reason why by none.
    Matrix,
    /// No file names a path of somebody's machine or the host of a registry.
    Leak,
    /// The six cursors have six words, and no others.
    Words,
}

/// Checks the repository at `root` and returns what is wrong with it, in the order of its files.
///
/// # Errors
/// If the repository cannot be read.
pub fn check(root: &Path) -> io::Result<Vec<Finding>> {
    Ok(check_tree(&Tree::read(root)?))
}

/// The matrix rule x test x oracle x mutant of the repository at `root`, to be printed.
///
/// # Errors
/// If the repository cannot be read.
pub fn matrix(root: &Path) -> io::Result<Matrix> {
    Ok(Matrix::of(&Tree::read(root)?))
}

fn check_tree(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(shape::check(tree));
    findings.extend(bans::check(tree));
    findings.extend(rooms::check(tree));
    findings.extend(cites::check(tree));
    findings.extend(proofs::check(tree));
    findings.extend(matrix::check(tree));
    findings.extend(leaks::check(tree));
    findings.extend(words::check(tree));
    findings.sort();
    findings
}
