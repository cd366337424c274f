//! The repository keeps its own rules of style, and shows what proves each rule of the protocol.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn the_repository_is_tidy() {
    let findings = syncline::tidy::check(&root()).expect("the repository can be read");
    let list: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(list.is_empty(), "{} findings:\n{}", list.len(), list.join("\n"));
}

/// Printed for whoever asks with `--nocapture`. What is wrong with it the other test says.
#[test]
fn the_matrix_has_a_line_for_every_rule() {
    let matrix = syncline::tidy::matrix(&root()).expect("the repository can be read").to_string();
    println!("{matrix}");
    for rule in 1..=26 {
        let name = format!("R{rule} ");
        assert!(matrix.lines().any(|line| line.starts_with(&name)), "no line for {name}");
    }
}
