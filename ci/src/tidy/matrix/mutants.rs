//! The mutants, each with what its own comment says that it breaks and who must convict it.
//!
//! Why the comment above the variant: it says what the bug is, so it is where the rule belongs that
//! the bug breaks, and one more table would only be one more thing to forget. A mutant is a variant
//! of an enum whose name ends in `Mutant`, in a file or folder of that name; a variant that only
//! wraps the mutants of another room is none.

use std::collections::{BTreeMap, BTreeSet};

use super::super::cites::Id;
use super::super::proofs::ROSTERS;
use super::super::rooms;
use super::super::scan::{Kind, Scanned, words};
use super::super::tree::Tree;
use super::sources::numbers;

/// What the name of an enum of mutants ends in.
const ENUM: &str = "Mutant";

/// A known bug.
#[derive(Clone)]
pub(super) struct Mutant {
    /// The name of its variant.
    pub(super) name: String,
    /// The file that has the variant.
    pub(super) file: String,
    /// The line of the variant, counted from 1.
    pub(super) line: usize,
    /// The comment above it, in one line.
    pub(super) comment: String,
    /// The rules that the comment cites.
    pub(super) breaks: BTreeSet<Id>,
    /// The oracles that the roster names for it.
    pub(super) convicted_by: BTreeSet<Id>,
}

/// All mutants, in the order of their files and there of their variants.
pub(super) fn all(tree: &Tree) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for (path, text) in tree.ending(&[".rs"]) {
        let has_name = path.ends_with("/src/mutant.rs") || path.contains("/src/mutant/");
        if has_name && rooms::is_below_ci(tree, path) {
            mutants.extend(in_file(path, text));
        }
    }
    let names = mutants.iter().map(|mutant| mutant.name.clone()).collect();
    let mut convicts = convicts(tree, &names);
    for mutant in &mut mutants {
        mutant.convicted_by = convicts.remove(&mutant.name).unwrap_or_default();
    }
    mutants
}

fn in_file(path: &str, text: &str) -> Vec<Mutant> {
    let code = Scanned::of(text).only(&[Kind::Code]);
    let mut mutants = Vec::new();
    let mut is_inside = false;
    let mut comment = String::new();
    for (at, (line, code)) in text.lines().zip(code.lines()).enumerate() {
        let code = code.trim();
        if !is_inside {
            is_inside = opens_enum(code);
        } else if code.starts_with('}') {
            is_inside = false;
        } else if let Some(more) = line.trim().strip_prefix("///") {
            comment = format!("{comment} {}", more.trim());
        } else if !code.is_empty() && !code.starts_with("#[") {
            let comment = std::mem::take(&mut comment).trim().to_owned();
            let Some(name) = words(code).next().filter(|_| !code.contains(ENUM)) else { continue };
            mutants.push(Mutant {
                name: name.to_owned(),
                file: path.to_owned(),
                line: at + 1,
                breaks: numbers(&comment).filter(|id| !id.is_oracle()).collect(),
                comment,
                convicted_by: BTreeSet::new(),
            });
        }
    }
    mutants
}

/// Whether this line opens an enum of mutants.
fn opens_enum(code: &str) -> bool {
    let mut words = words(code).skip_while(|word| *word != "enum").skip(1);
    code.ends_with('{') && words.next().is_some_and(|name| name.ends_with(ENUM))
}

/// The oracles that the roster names for each mutant: the numbers that follow its name, up to the
/// next name.
fn convicts(tree: &Tree, names: &BTreeSet<String>) -> BTreeMap<String, BTreeSet<Id>> {
    let mut convicts: BTreeMap<String, BTreeSet<Id>> = BTreeMap::new();
    for (path, text) in tree.ending(&[".rs"]) {
        if !ROSTERS.iter().any(|roster| path.starts_with(roster)) {
            continue;
        }
        let mut current = None;
        for word in words(&Scanned::of(text).only(&[Kind::Code])) {
            if names.contains(word) {
                current = Some(word);
            } else if let (Some(name), Some(oracle)) = (current, Id::parse(word)) {
                convicts.entry(name.to_owned()).or_default().insert(oracle);
            }
        }
    }
    convicts
}
