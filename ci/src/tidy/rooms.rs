//! The rooms of the house, the only order in which they may depend on each other, and the crates
//! that each may use.
//!
//! Why so, when Cargo refuses a cycle anyway: it does not refuse one among dev-dependencies, and it
//! does not know that the core has no required dependency. A package that is no room, such as the
//! adapter of another Raft library, lies above `ci` in a workspace of its own, so that what it
//! brings along never enters ours.

use super::manifest::{self, Dependency, Use};
use super::tree::Tree;
use super::{Finding, Rule};

/// One room: its folder, its package, and the crates that it brings in. A room may also use every
/// crate of the rooms above it in the table.
struct Room {
    folder: &'static str,
    package: &'static str,
    crates: &'static [&'static str],
}

/// From the core outward. A room may depend on those before it and on no other.
const ROOMS: [Room; 6] = [
    // Whatever the core names must be optional, save for its tests.
    Room { folder: "raft-core", package: "syncline-raft", crates: &["bytes", "serde", "tracing"] },
    Room {
        folder: "raft-core/wal",
        package: "syncline-wal",
        crates: &["bytes", "crc32c", "rustix"],
    },
    Room {
        folder: "traces",
        package: "syncline-traces",
        crates: &["serde", "serde_json", "petgraph"],
    },
    Room { folder: "sim", package: "syncline-sim", crates: &["rand_chacha", "tracing"] },
    Room { folder: "scenarios", package: "syncline-scenarios", crates: &["proptest"] },
    Room {
        folder: "ci",
        package: "syncline",
        crates: &["clap", "cpu-time", "indicatif", "tracing-subscriber"],
    },
];

/// The crates that the tests, examples and benches of any room may use besides.
const TEST_CRATES: [&str; 5] =
    ["allocation-counter", "cpu-time", "proptest", "rand_chacha", "serde_json"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = check_workspace(tree);
    for (place, room) in ROOMS.iter().enumerate() {
        let path = format!("{}/Cargo.toml", room.folder);
        match tree.text(&path) {
            Some(manifest) => findings.extend(check_room(place, &path, manifest)),
            None => findings.push(Finding::new(&path, 0, Rule::Rooms, "this room is missing")),
        }
    }
    for (path, manifest) in tree.ending(&["/Cargo.toml"]) {
        let is_room = is_room(path.strip_suffix("/Cargo.toml").unwrap_or(path));
        if !is_room && !manifest::has_section(manifest, "workspace") {
            let text = "a package that is no room needs its own `[workspace]`";
            findings.push(Finding::new(path, 0, Rule::Rooms, text));
        }
    }
    findings
}

/// Whether this folder is one of the rooms.
pub(super) fn is_room(folder: &str) -> bool {
    ROOMS.iter().any(|room| room.folder == folder)
}

/// Whether this file lies in a room that stands below `ci`. A package of its own inside a room's
/// folder is no part of that room.
pub(super) fn is_below_ci(tree: &Tree, path: &str) -> bool {
    let packages = path.match_indices('/').rev().map(|(at, _)| &path[..at]);
    let package =
        packages.into_iter().find(|folder| tree.text(&format!("{folder}/Cargo.toml")).is_some());
    package.is_some_and(|folder| is_room(folder) && folder != "ci")
}

fn check_workspace(tree: &Tree) -> Vec<Finding> {
    const PATH: &str = "Cargo.toml";
    let manifest = tree.text(PATH).unwrap_or_default();
    let members = manifest::array(manifest, "workspace", "members");
    let expected: Vec<&str> = ROOMS.iter().map(|room| room.folder).collect();
    if members == expected {
        return Vec::new();
    }
    let text = format!("the members are {members:?}, expected the rooms in order: {expected:?}");
    vec![Finding::new(PATH, 0, Rule::Rooms, text)]
}

fn check_room(place: usize, path: &str, manifest: &str) -> Vec<Finding> {
    let room = &ROOMS[place];
    let mut findings = Vec::new();
    if manifest::package_name(manifest) != Some(room.package) {
        let text = format!("the package of this room is called `{}`", room.package);
        findings.push(Finding::new(path, 0, Rule::Rooms, text));
    }
    for dependency in manifest::dependencies(manifest) {
        if let Some(text) = objection(place, &dependency) {
            findings.push(Finding::new(path, dependency.line, Rule::Rooms, text));
        }
    }
    findings
}

/// Why the room at this place may not depend on that, if so.
fn objection(place: usize, dependency: &Dependency) -> Option<String> {
    let Dependency { name, usage, .. } = dependency;
    let room = &ROOMS[place];
    if dependency.is_renamed {
        return Some(format!("`{name}` is renamed, which hides what it is"));
    }
    if *usage == Use::Build {
        return Some("no room has a build script".to_owned());
    }
    if let Some(other) = ROOMS.iter().position(|other| other.package == name) {
        return (other >= place).then(|| {
            format!("`{}` may not depend on `{name}`, which stands after it", room.package)
        });
    }
    if *usage == Use::Dev && TEST_CRATES.contains(&name.as_str()) {
        return None;
    }
    if !ROOMS[..=place].iter().any(|room| room.crates.contains(&name.as_str())) {
        return Some(format!("`{}` may not use the crate `{name}`", room.package));
    }
    let is_required = *usage == Use::Normal && !dependency.is_optional;
    (place == 0 && is_required)
        .then(|| format!("the core has no required dependency, `{name}` must be optional"))
}
