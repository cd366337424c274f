//! The output of a script: how it is written, compared with what the file shows, and renewed.
//!
//! It consists of the words of typed events, so that rewording a log changes no file here. A file
//! is never changed but by [`rewrite_file`], which tests call on demand alone.

#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

use syncline_traces::{Event, Verdict};

use crate::interpret::{Block, Played};
use crate::lang::{Fault, Kind, OUTPUT, Proof, Script, ScriptError, Statement, Voice, output_of};

/// What [`rewrite_file`] did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rewrite {
    /// The file shows what happens.
    Unchanged,
    /// The file did not, and does now.
    Rewritten,
}

impl Block {
    /// What happened, in words. Equal lines that follow each other are written once.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        if self.voice == Voice::Quiet {
            let events = if self.events.len() == 1 { "event" } else { "events" };
            return vec![format!("{} {events}", self.events.len())];
        }
        let mut lines: Vec<(String, u32)> = Vec::new();
        for line in self.events.iter().map(Event::to_string) {
            match lines.last_mut() {
                Some((last, times)) if *last == line => *times += 1,
                _ => lines.push((line, 1)),
            }
        }
        let written = lines.into_iter().map(|(line, times)| match times {
            1 => line,
            _ => format!("{line}, {times} times"),
        });
        written.collect()
    }
}

impl Script {
    /// Plays the script, once as it is and once with each mutant that it convicts, and compares
    /// what happens with what the file shows.
    ///
    /// # Errors
    /// The first line where something else happens, in the order of the file.
    pub fn check(&self) -> Result<Played, ScriptError> {
        let played = self.play_correct()?;
        for (statement, found) in self.statements().iter().zip(self.outputs(&played)?) {
            self.compare(statement, &found)?;
        }
        Ok(played)
    }

    /// The text of the script with the output that it has now. Prose and commands stay as they are,
    /// byte for byte.
    ///
    /// # Errors
    /// If the script cannot be played to its end, breaks a promise, or proves not what it says.
    pub fn rewritten(&self) -> Result<String, ScriptError> {
        let outputs = self.outputs(&self.play_correct()?)?;
        let mut statements = self.statements().iter().zip(outputs).peekable();
        let mut text = String::with_capacity(self.text().len());
        for (line, number) in self.text().split_inclusive('\n').zip(1..) {
            if output_of(line.trim_end_matches(['\n', '\r'])).is_some() {
                continue;
            }
            text.push_str(line);
            let Some((_, output)) = statements.next_if(|(s, _)| s.line == number) else {
                continue;
            };
            if !line.ends_with('\n') && !output.is_empty() {
                text.push('\n');
            }
            for line in output {
                text.extend([OUTPUT, &line, "\n"]);
            }
        }
        Ok(text)
    }

    /// Plays the script with a mutant that it convicts.
    ///
    /// # Errors
    /// If it does not, or another oracle does.
    pub fn convict(&self, proof: Proof) -> Result<Played, ScriptError> {
        let is_it = |s: &&Statement| s.kind == Kind::Proof(proof);
        let line = self.statements().iter().find(is_it).map_or(0, |statement| statement.line);
        let played = self.run(Some(proof.mutant))?;
        match &played.verdict {
            Verdict::Violation(found) if found.oracle == proof.oracle.name() => Ok(played),
            other => Err(self.error(line, Fault::Unproved(proof, Box::new(other.clone())))),
        }
    }

    fn play_correct(&self) -> Result<Played, ScriptError> {
        let played = self.run(None)?;
        let line = played.blocks.last().map_or(0, |block| block.line);
        match &played.verdict {
            Verdict::Passed | Verdict::OutOfContract(_) => Ok(played),
            Verdict::Violation(found) => {
                Err(self.error(line, Fault::Broken(Box::new(found.clone()))))
            }
        }
    }

    /// The output of each statement.
    fn outputs(&self, played: &Played) -> Result<Vec<Vec<String>>, ScriptError> {
        let mut blocks = played.blocks.iter();
        let output = |statement: &Statement| match &statement.kind {
            Kind::Command(..) => Ok(blocks.next().map(Block::lines).unwrap_or_default()),
            Kind::Proof(proof) => Ok(self.conviction(&self.convict(*proof)?)),
        };
        self.statements().iter().map(output).collect()
    }

    /// Where and why a mutant is convicted. It names the command and not its line, so that the
    /// output above the command has no say in it.
    fn conviction(&self, played: &Played) -> Vec<String> {
        match (&played.verdict, played.blocks.last()) {
            (Verdict::Violation(found), Some(block)) => {
                vec![format!("at '{}': {}", self.line(block.line), found.found)]
            }
            _ => Vec::new(),
        }
    }

    fn compare(&self, statement: &Statement, found: &[String]) -> Result<(), ScriptError> {
        let shown = &statement.output;
        let lines = shown.len().max(found.len());
        match (0..lines).find(|at| shown.get(*at) != found.get(*at)) {
            None => Ok(()),
            Some(at) => {
                let (expected, found) = (shown.get(at).cloned(), found.get(at).cloned());
                let line = statement.line + 1 + at as u32;
                Err(self.error(line, Fault::Output { expected, found }))
            }
        }
    }
}

/// The scripts at or below a path, in the order of their names.
///
/// # Errors
/// If the path cannot be read, or there is no script.
pub fn scripts_below(path: &Path) -> Result<Vec<PathBuf>, ScriptError> {
    let mut scripts = Vec::new();
    collect(path, &mut scripts)?;
    scripts.sort();
    if scripts.is_empty() { Err(of_file(path, Fault::NoScript)) } else { Ok(scripts) }
}

fn collect(path: &Path, scripts: &mut Vec<PathBuf>) -> Result<(), ScriptError> {
    let unreadable = |error: std::io::Error| of_file(path, Fault::File(error.kind()));
    if !fs::metadata(path).map_err(unreadable)?.is_dir() {
        scripts.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            collect(&path, scripts)?;
        } else if path.extension().is_some_and(|extension| extension == "scn") {
            scripts.push(path);
        }
    }
    Ok(())
}

/// Reads a script from its file.
///
/// # Errors
/// If the file cannot be read, or is no script.
pub fn read_file(path: &Path) -> Result<Script, ScriptError> {
    let text = fs::read_to_string(path);
    let text = text.map_err(|error| of_file(path, Fault::File(error.kind())))?;
    Script::parse(&path.display().to_string(), &text)
}

/// Reads a script from its file, and checks it.
///
/// # Errors
/// The first thing that is wrong. The file is never changed.
pub fn check_file(path: &Path) -> Result<Played, ScriptError> {
    read_file(path)?.check()
}

/// Writes into a script's file what happens now, if the file shows something else.
///
/// # Errors
/// If the script cannot be played to its end, or proves not what it says. The file is unchanged
/// then.
pub fn rewrite_file(path: &Path) -> Result<Rewrite, ScriptError> {
    let script = read_file(path)?;
    let text = script.rewritten()?;
    if text == script.text() {
        return Ok(Rewrite::Unchanged);
    }
    let written = fs::write(path, text);
    written.map_err(|error| of_file(path, Fault::File(error.kind())))?;
    Ok(Rewrite::Rewritten)
}

fn of_file(path: &Path, fault: Fault) -> ScriptError {
    ScriptError { file: path.display().to_string(), line: 0, fault }
}
