//! No file names a path of somebody's machine, or the host of a registry.
//!
//! Why so: the first works for one person only, and the second is for each user's own Cargo to
//! decide. The patterns are put together from pieces, so that this file does not contain them.

use super::tree::Tree;
use super::{Finding, Rule};

/// First folders of paths that exist on one machine only.
const FOLDERS: [&str; 4] = ["home", "root", "work", "Users"];
/// Hosts of registries, without their dots.
const HOSTS: [&[&str]; 9] = [
    &["crates", "io"],
    &["rsproxy", "cn"],
    &["npmjs", "org"],
    &["npmjs", "com"],
    &["pypi", "org"],
    &["pythonhosted", "org"],
    &["rubygems", "org"],
    &["docker", "io"],
    &["ghcr", "io"],
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let folders = FOLDERS.map(|folder| format!("/{folder}/"));
    let hosts = HOSTS.map(|parts| parts.join("."));
    let source = format!("source = \"registry+https://github.com/rust-lang/{}-index\"", hosts[0]);
    let mut findings = Vec::new();
    for (path, text) in tree.files() {
        let is_lock = path == "Cargo.lock" || path.ends_with("/Cargo.lock");
        for (at, line) in text.lines().enumerate() {
            let is_source = is_lock && line.starts_with("source = ");
            let problem = if is_source {
                (line != source).then(|| "a source other than Cargo's own registry".to_owned())
            } else {
                problem(path, line, &folders, &hosts)
            };
            findings.extend(problem.map(|text| Finding::new(path, at + 1, Rule::Leak, text)));
        }
    }
    findings
}

fn problem(path: &str, line: &str, folders: &[String], hosts: &[String]) -> Option<String> {
    if let Some(folder) = folders.iter().find(|folder| begins_a_path(line, folder)) {
        return Some(format!("`{folder}` begins a path of somebody's machine"));
    }
    if let Some(host) = hosts.iter().find(|host| line.contains(host.as_str())) {
        return Some(format!("`{host}` is the host of a registry"));
    }
    let is_config = path.ends_with(".cargo/config.toml");
    let names_source = ["[source", "[registr"].iter().any(|table| line.trim().starts_with(table));
    (is_config && names_source).then(|| "registries are for each user to configure".to_owned())
}

/// Whether `folder` stands in the line where no longer path leads up to it.
fn begins_a_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "_-./~$})*".contains(c))
    })
}
