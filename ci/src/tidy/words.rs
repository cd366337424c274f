//! The six cursors have six words: appended, issued, advanced, synced, committed, applied.
//!
//! Why so: other libraries use a second word for one of them, and a reader then asks what the
//! difference is. The words below are the ones that they use. The documents may quote them, for
//! example to compare; the sources of the core and of its log may not.

use super::tree::Tree;
use super::{Finding, Rule};

/// The folders whose sources keep to the six words.
const FOLDERS: [&str; 2] = ["raft-core/src/", "raft-core/wal/src/"];
/// Second words for a cursor, in small letters, and what to say instead.
const SECOND_WORDS: [(&str, &str); 5] = [
    ("persisted", "synced"),
    ("flushed", "synced"),
    ("stable index", "synced index"),
    ("stable_index", "synced_index"),
    ("stableindex", "SyncedIndex"),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.ending(&[".rs"]) {
        if !FOLDERS.iter().any(|folder| path.starts_with(folder)) {
            continue;
        }
        for (at, line) in text.lines().enumerate() {
            let line = line.to_lowercase();
            for (second, first) in SECOND_WORDS {
                if line.contains(second) {
                    let text = format!("`{second}` is a second word for `{first}`");
                    findings.push(Finding::new(path, at + 1, Rule::Words, text));
                }
            }
        }
    }
    findings
}
