//! Every script does what it shows. `UPDATE=1` writes what it does now into its file.
#![cfg(feature = "mutants")]

use std::path::Path;

use syncline_scenarios::golden::{self, Rewrite};

#[expect(clippy::disallowed_methods, reason = "whoever runs the test asks for the rewrite")]
fn wants_rewrite() -> bool {
    std::env::var("UPDATE").is_ok_and(|value| value == "1")
}

#[test]
fn every_script_does_what_it_shows() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = Vec::new();
    for path in golden::scripts_below(folder).expect("there are scripts") {
        if wants_rewrite() {
            match golden::rewrite_file(&path) {
                Ok(Rewrite::Rewritten) => println!("rewritten: {}", path.display()),
                Ok(Rewrite::Unchanged) => {}
                Err(error) => wrong.push(error.to_string()),
            }
        } else if let Err(error) = golden::check_file(&path) {
            wrong.push(error.to_string());
        }
    }
    assert!(wrong.is_empty(), "{} scripts fail:\n{}", wrong.len(), wrong.join("\n"));
}
