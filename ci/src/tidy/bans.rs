//! The lints that hold function length and determinism are on, and their exceptions are named.
//!
//! Why so: clippy reads the file nearest to a package and merges nothing, so one more `clippy.toml`
//! in a room would silently lift every ban for it; and an attribute in the source lifts one where
//! nobody looks. Here the exceptions are one list with reasons, in `clippy.toml`.

use super::manifest;
use super::rooms;
use super::scan::{Kind, Scanned, line_of};
use super::tree::Tree;
use super::{Finding, Rule};

/// The line that limits functions, in every `clippy.toml`.
const LIMIT: &str = "too-many-lines-threshold = 60";
/// The lints that the workspace denies, and without which the rest of this file is in vain.
const DENIED: [&str; 3] = ["disallowed_methods", "disallowed_types", "too_many_lines"];
/// How an exception is written in the root's `clippy.toml`.
const EXCEPTION: &str = "# exception: ";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = check_configs(tree);
    findings.extend(check_manifests(tree));
    let exceptions = exceptions(tree.text("clippy.toml").unwrap_or_default(), &mut findings);
    for Exception { pattern, line } in &exceptions {
        if !pattern.contains('*') && tree.text(pattern).is_none() {
            let text = format!("the exception `{pattern}` does not exist");
            findings.push(Finding::new("clippy.toml", *line, Rule::Lints, text));
        }
    }
    for (path, text) in tree.ending(&[".rs"]) {
        findings.extend(check_source(tree, path, text, &exceptions));
    }
    findings
}

/// A file that may use what is banned, or a pattern for several.
struct Exception<'a> {
    pattern: &'a str,
    line: usize,
}

fn exceptions<'a>(config: &'a str, findings: &mut Vec<Finding>) -> Vec<Exception<'a>> {
    let mut exceptions = Vec::new();
    for (at, text) in config.lines().enumerate() {
        let Some(exception) = text.strip_prefix(EXCEPTION) else { continue };
        match exception.split_once(": ") {
            Some((pattern, reason)) if !reason.trim().is_empty() => {
                exceptions.push(Exception { pattern, line: at + 1 });
            }
            _ => {
                let text = format!("expected `{EXCEPTION}PATH: REASON`");
                findings.push(Finding::new("clippy.toml", at + 1, Rule::Lints, text));
            }
        }
    }
    exceptions
}

fn check_configs(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in ["clippy.toml", "ci/clippy.toml"] {
        let has_limit = tree.text(path).is_some_and(|text| text.lines().any(|line| line == LIMIT));
        if !has_limit {
            let text = format!("the line `{LIMIT}` is missing");
            findings.push(Finding::new(path, 0, Rule::Lints, text));
        }
    }
    for (path, _) in tree.ending(&["/clippy.toml", "/.clippy.toml"]) {
        if path != "ci/clippy.toml" && rooms::is_below_ci(tree, path) {
            let text = "this file would replace the bans at the root for its room";
            findings.push(Finding::new(path, 0, Rule::Lints, text));
        }
    }
    findings
}

fn check_manifests(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let root = tree.text("Cargo.toml").unwrap_or_default();
    for lint in DENIED {
        if !manifest::has(root, "workspace.lints.clippy", lint, "\"deny\"") {
            let text = format!("the workspace must deny `{lint}`");
            findings.push(Finding::new("Cargo.toml", 0, Rule::Lints, text));
        }
    }
    for (path, text) in tree.ending(&["/Cargo.toml"]) {
        let is_room = rooms::is_room(path.strip_suffix("/Cargo.toml").unwrap_or(path));
        if is_room && !manifest::has(text, "lints", "workspace", "true") {
            let text = "a room takes its lints from the workspace: `[lints] workspace = true`";
            findings.push(Finding::new(path, 0, Rule::Lints, text));
        }
    }
    findings
}

fn check_source(tree: &Tree, path: &str, text: &str, named: &[Exception<'_>]) -> Vec<Finding> {
    let code = Scanned::of(text).only(&[Kind::Code]);
    let is_named = named.iter().any(|exception| matches(exception.pattern, path));
    let mut findings = Vec::new();
    for (at, lint) in code.match_indices("clippy::") {
        let lint = super::scan::words(&code[at + lint.len()..]).next().unwrap_or_default();
        let problem = match lint {
            "too_many_lines" => "a function of more than 60 lines is not an exception we grant",
            "disallowed_methods" | "disallowed_types" | "disallowed_macros"
                if !is_named && rooms::is_below_ci(tree, path) =>
            {
                "this file lifts a ban, but `clippy.toml` names no such exception"
            }
            _ => continue,
        };
        findings.push(Finding::new(path, line_of(text, at), Rule::Lints, problem));
    }
    findings
}

/// Whether the path has the form of the pattern, in which `*` stands for any run of characters.
fn matches(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((start, rest)) => path.strip_prefix(start).is_some_and(|path| {
            (0..=path.len()).any(|at| path.is_char_boundary(at) && matches(rest, &path[at..]))
        }),
    }
}
