//! The text of the repository, file by file.
//!
//! Why not ask git for its list: a source archive has no git, and a file that was forgotten in a
//! commit should be checked all the same.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// Folders that hold what is built or found, never what is written.
const SKIPPED: [&str; 2] = ["target", "out"];
/// The file that takes the place of git's folder in a linked worktree, and names a path of the
/// machine.
const WORKTREE: &str = ".git";
/// The folders with a leading dot that belong to the repository.
const DOTTED: [&str; 3] = [".cargo", ".ci", ".github"];

/// Every text file of the repository, by its path relative to the root.
#[derive(Clone, Default)]
pub(super) struct Tree {
    files: BTreeMap<String, String>,
}

impl Tree {
    /// Reads all files below `root`, save what is built there.
    pub(super) fn read(root: &Path) -> io::Result<Self> {
        let mut tree = Self::default();
        tree.read_folder(root, "")?;
        Ok(tree)
    }

    fn read_folder(&mut self, folder: &Path, prefix: &str) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{prefix}{name}");
            let kind = entry.file_type()?;
            if kind.is_dir() && is_ours(&name) {
                self.read_folder(&entry.path(), &format!("{path}/"))?;
            } else if kind.is_file() && name != WORKTREE {
                let bytes = fs::read(entry.path())?;
                if !bytes.contains(&0) {
                    self.insert(&path, &String::from_utf8_lossy(&bytes));
                }
            }
        }
        Ok(())
    }

    /// Puts a file in, in place of the one that has this path.
    pub(super) fn insert(&mut self, path: &str, text: &str) {
        self.files.insert(path.to_owned(), text.to_owned());
    }

    /// Takes a file out.
    #[cfg(test)]
    pub(super) fn remove(&mut self, path: &str) {
        self.files.remove(path);
    }

    /// The text of one file.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// All files, in the order of their paths.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The files whose path ends in one of `endings`.
    pub(super) fn ending(&self, endings: &[&str]) -> impl Iterator<Item = (&str, &str)> {
        self.files().filter(move |(path, _)| endings.iter().any(|ending| path.ends_with(ending)))
    }
}

fn is_ours(folder: &str) -> bool {
    if folder.starts_with('.') { DOTTED.contains(&folder) } else { !SKIPPED.contains(&folder) }
}
