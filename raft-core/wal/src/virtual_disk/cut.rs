//! One power cut, decided piece by piece.

use std::collections::BTreeMap;

use super::file::{Change, File, SECTOR, apply, sector_of, sectors};
use super::{VirtualDisk, rename};

impl VirtualDisk {
    /// Of how many pieces a power cut decides whether they survive: changes of names, then file by
    /// file each change of a length and each sector of each write.
    #[must_use]
    pub fn pieces(&self) -> usize {
        let files = self.reachable().into_iter().map(|no| self.files[no].pieces());
        self.namings.len() + files.sum::<usize>()
    }

    /// Cuts the power. Names are kept up to the first piece that does not survive, since they change in
    /// their order; a sector holds what the last surviving write of it had left there.
    pub fn cut(&mut self, survives: impl Fn(usize) -> bool) {
        let mut names = self.durable_names.clone();
        let kept = (0..self.namings.len()).take_while(|piece| survives(*piece));
        for piece in kept {
            rename(&mut names, self.namings[piece]);
        }
        let mut piece = self.namings.len();
        let mut files = vec![File::default(); self.files.len()];
        for no in self.reachable() {
            files[no] = self.files[no].cut(&self.old, || {
                piece += 1;
                survives(piece - 1)
            });
        }
        *self = self.anew(files, names);
    }
}

impl File {
    fn pieces(&self) -> usize {
        let of_change = |change: &Change| match change {
            Change::Write { offset, data, .. } => 1 + sectors(*offset, data.len()).len(),
            Change::Length(_) => 1,
        };
        self.changes.iter().map(of_change).sum()
    }

    /// What is left, if each piece in turn survives or not. The length that a write may bring comes
    /// before its sectors.
    fn cut(&self, old: &[u8], mut survives: impl FnMut() -> bool) -> File {
        if self.changes.is_empty() {
            return self.durable();
        }
        let mut seen = self.durable.clone();
        let mut len = seen.len();
        let mut written: BTreeMap<usize, Vec<u8>> = BTreeMap::new();
        for change in &self.changes {
            let before = seen.len();
            apply(&mut seen, change);
            if survives() && seen.len() != before {
                len = seen.len();
            }
            if let Change::Write { offset, data, .. } = change {
                for sector in sectors(*offset, data.len()) {
                    if survives() {
                        written.insert(sector, sector_of(&seen, sector));
                    }
                }
            }
        }
        debug_assert!(self.visible.len().next_multiple_of(SECTOR) >= len);
        self.left(len, old, written.iter().map(|(sector, bytes)| (*sector, &bytes[..])))
    }
}
