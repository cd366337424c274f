//! The program as its users meet it: what they type, what they read, and the exit code.

mod bench;
mod fuzz;
mod mutants;
mod replay;
mod scenario;
mod soak;
mod usage;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// How a call of the program ended.
struct Done {
    code: i32,
    out: String,
    err: String,
}

impl Done {
    #[track_caller]
    fn expect(self, code: i32) -> Done {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// The one JSON object on standard output.
    #[track_caller]
    fn json(&self) -> Value {
        assert_eq!(self.out.lines().count(), 1, "one object in one line:\n{}", self.out);
        let value: Value = serde_json::from_str(&self.out).expect("standard output is JSON");
        assert!(value.is_object());
        value
    }

    /// The one line with which a refused call ends.
    #[track_caller]
    fn refusal(self, code: i32) -> String {
        let done = self.expect(code);
        assert_eq!(done.out, "", "a refusal is no result");
        let mut lines = done.err.lines();
        let line = lines.next().expect("a refusal says something").to_owned();
        assert_eq!(lines.next(), None, "one line says it:\n{}", done.err);
        line
    }
}

/// The program, not called through Cargo, in a folder.
fn program(folder: &Path) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_syncline"));
    program.env_remove("CARGO").current_dir(folder).stdin(Stdio::null());
    program
}

fn done(program: &mut Command) -> Done {
    let output = program.output().expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).expect("the program writes UTF-8");
    let code = output.status.code().expect("nobody kills it");
    Done { code, out: text(output.stdout), err: text(output.stderr) }
}

/// Calls the program with these words.
fn syncline(folder: &Path, line: &str) -> Done {
    done(program(folder).args(line.split_whitespace()))
}

/// A new folder that belongs to one test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{name}"));
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("what an earlier test left can be removed");
    }
    fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}

/// The arguments of a command that the program printed, to be given to it again.
#[track_caller]
fn arguments<'a>(command: &'a str, program: &str) -> Vec<&'a str> {
    let rest = command.strip_prefix(program);
    let rest = rest.unwrap_or_else(|| panic!("'{command}' begins with '{program}'"));
    rest.split_whitespace().collect()
}
