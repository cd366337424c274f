//! One power cut, decided piece by piece.

use std::collections::BTreeMap;

use super::change::{Change, Edit, What, rename};
use super::file::{File, apply, sector_of, torn};
use super::{FileNo, Persistence, VirtualDisk};

/// What is left of a file so far.
struct Left<'a> {
    file: &'a File,
    old: &'a [u8],
    /// What a read would have seen by now.
    seen: Vec<u8>,
    len: usize,
    written: BTreeMap<usize, Vec<u8>>,
}

impl Left<'_> {
    /// One more change that is durable. A sync writes down the length as it is.
    fn keep(&mut self, edit: &Edit) {
        self.pass(edit, false, || true);
        self.len = self.seen.len();
    }

    /// One more change. The length that a write may bring comes before its sectors.
    fn pass(&mut self, edit: &Edit, tears: bool, mut survives: impl FnMut() -> bool) {
        let before = self.seen.len();
        apply(&mut self.seen, edit);
        if survives() && self.seen.len() != before {
            self.len = self.seen.len();
        }
        for sector in edit.sectors() {
            let first = survives();
            let second = if tears { survives() } else { first };
            if !first && !second {
                continue;
            }
            let mut content = sector_of(&self.seen, sector);
            if first != second {
                let held = self.written.get(&sector).cloned();
                let held = held.unwrap_or_else(|| self.file.unwritten(sector, self.old));
                let [head, tail] = torn(&content, &held, edit.tear(sector));
                content = if first { head } else { tail };
            }
            self.written.insert(sector, content);
        }
    }
}

impl VirtualDisk {
    /// Of how many pieces a power cut decides whether they survive: in the order in which they began,
    /// changes of names, changes of a length, and each sector of each write, or each half of what was
    /// written to a sector where sectors [tear](Persistence::tears_sectors).
    #[must_use]
    pub fn pieces(&self) -> usize {
        let reachable = self.reachable();
        let sector = if self.persistence.tears_sectors { 2 } else { 1 };
        let of_change = |change: &Change| match &change.what {
            What::Name(_) => 1,
            What::Bytes(no, edit) if !change.is_durable() && reachable.contains(no) => {
                1 + edit.sectors().len() * sector
            }
            What::Bytes(..) => 0,
        };
        self.changes.iter().map(of_change).sum()
    }

    /// Cuts the power. A sector holds what the last surviving write of it had left there. Names are kept
    /// up to the first that does not survive, unless they may come [in any
    /// order](Persistence::reorders_names).
    pub fn cut(&mut self, survives: impl Fn(usize) -> bool) {
        let Persistence { reorders_names, tears_sectors, .. } = self.persistence;
        let reachable = self.reachable();
        let mut names = self.durable_names.clone();
        let mut left: BTreeMap<FileNo, Left<'_>> = BTreeMap::new();
        let (mut piece, mut is_whole) = (0, true);
        let mut next = || {
            piece += 1;
            survives(piece - 1)
        };
        for change in &self.changes {
            match &change.what {
                What::Name(naming) => {
                    let survives = next();
                    is_whole &= survives;
                    if is_whole || (survives && reorders_names) {
                        rename(&mut names, *naming);
                    }
                }
                What::Bytes(no, edit) if reachable.contains(no) => {
                    let left = left.entry(*no).or_insert_with(|| self.whole(*no));
                    if change.is_durable() {
                        left.keep(edit);
                    } else {
                        left.pass(edit, tears_sectors, &mut next);
                    }
                }
                What::Bytes(..) => {}
            }
        }
        let mut files = vec![File::default(); self.files.len()];
        for no in reachable {
            files[no] = match left.remove(&no) {
                Some(Left { file, old, len, written, .. }) => {
                    file.left(len, old, written.iter().map(|(no, content)| (*no, &content[..])))
                }
                None => File::of(self.files[no].durable.clone()),
            };
        }
        *self = self.anew(files, names);
    }

    /// What a power cut leaves of a file at least.
    fn whole(&self, no: FileNo) -> Left<'_> {
        let file = &self.files[no];
        let seen = file.durable.clone();
        Left { file, old: &self.old, len: seen.len(), seen, written: BTreeMap::new() }
    }
}
