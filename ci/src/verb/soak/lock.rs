//! One soak per folder.
//!
//! The lock is a file that names the process which holds it, by its number and the time at which it
//! began. A soak that was killed leaves it behind; then the process is gone, and the next soak takes
//! the lock over. Where the system does not say whether a process is alive, a person must decide.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;

use crate::exit::Refusal;

/// Held as long as it lives.
#[derive(Debug)]
pub(crate) struct Lock(PathBuf);

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Takes the lock of a folder.
///
/// # Errors
/// If another soak holds it, or it cannot be written.
pub(crate) fn take(folder: &Path) -> Result<Lock, Refusal> {
    let path = folder.join("lock");
    let name = path.display();
    let refuse = |error: io::Error| {
        Refusal::usage(format_args!("{name}: expected a place for a lock: {error}"))
    };
    match create(&path) {
        Ok(()) => return Ok(Lock(path)),
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(refuse(error)),
        Err(_) => {}
    }
    let holder = fs::read_to_string(&path).map_err(refuse)?;
    match is_alive(&holder) {
        Some(false) => {}
        Some(true) => {
            let text = "expected a folder that no other soak uses, found one that process";
            return Err(Refusal::usage(format_args!("{name}: {text} {} uses", pid(&holder))));
        }
        None => {
            let text =
                "expected no lock, found one; remove the file if no other soak uses the folder";
            return Err(Refusal::usage(format_args!("{name}: {text}")));
        }
    }
    // Whoever moves the old lock away first may put a new one there; the other fails at one of both.
    let old = folder.join(format!("lock.old-{}", process::id()));
    fs::rename(&path, &old).map_err(refuse)?;
    let moved = fs::read_to_string(&old).map_err(refuse)?;
    if moved != holder {
        let _ = fs::hard_link(&old, &path);
    }
    fs::remove_file(&old).map_err(refuse)?;
    create(&path).map_err(refuse)?;
    Ok(Lock(path))
}

fn create(path: &Path) -> io::Result<()> {
    let pid = process::id();
    let began = began(pid).unwrap_or_default();
    fs::File::create_new(path)?.write_all(format!("{pid} {began}\n").as_bytes())
}

fn pid(holder: &str) -> &str {
    holder.split_whitespace().next().unwrap_or("?")
}

/// Whether the process lives; `None` if the system does not say.
fn is_alive(holder: &str) -> Option<bool> {
    // Of no use unless the system tells us about ourselves.
    began(process::id())?;
    let mut words = holder.split_whitespace();
    let pid: u32 = words.next()?.parse().ok()?;
    let held_since = words.next()?;
    Some(began(pid).is_some_and(|began| began == held_since))
}

/// When a process began, in ticks since the machine did; a number may be given to another process
/// later, but not with the same time.
fn began(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program, in brackets, may hold anything. The time is the twentieth word after.
    let after = stat.rsplit_once(')')?.1;
    let mut words = after.split_whitespace();
    // What is dead but not yet buried holds no lock.
    let state = words.next()?;
    let began = words.nth(18)?;
    (state != "Z" && state != "X").then(|| began.to_owned())
}
