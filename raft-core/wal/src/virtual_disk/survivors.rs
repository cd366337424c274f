//! All power cuts at once, as a list of decisions.

use std::collections::BTreeMap;

use super::change::{Naming, What, rename};
use super::file::{File, apply, sector_of, torn};
use super::{FileNo, VirtualDisk};

/// What may be left of a file.
struct Remains {
    file: FileNo,
    /// The lengths that it may have.
    lengths: Vec<usize>,
    /// Whether old bytes may be where it grew.
    may_be_old: bool,
    /// Sectors of which it is known what they hold, though something before is not durable.
    known: BTreeMap<usize, Vec<u8>>,
    /// For each sector that was changed, what it may hold instead of what it is known to.
    sectors: Vec<(usize, Vec<Vec<u8>>)>,
}

/// All that a power cut may leave of a disk, as a list of independent decisions.
///
/// The first decision is how many of the changes of names are kept; where they may come in any order, each
/// has one of its own. Then, for each file: which of its lengths, what it has where it grew, and for each
/// sector that was changed which of its contents. A decision is a number below its
/// [bound](Survivors::bounds).
pub struct Survivors<'a> {
    disk: &'a VirtualDisk,
    namings: Vec<Naming>,
    remains: Vec<Remains>,
    bounds: Vec<usize>,
}

impl<'a> Survivors<'a> {
    pub(super) fn new(disk: &'a VirtualDisk) -> Survivors<'a> {
        let namings = disk.changes.iter().filter_map(|change| match change.what {
            What::Name(naming) => Some(naming),
            What::Bytes(..) => None,
        });
        let namings: Vec<Naming> = namings.collect();
        let mut bounds = match disk.persistence.reorders_names {
            true => vec![2; namings.len()],
            false => vec![namings.len() + 1],
        };
        let remains: Vec<_> = disk.reachable().into_iter().map(|no| disk.remains_of(no)).collect();
        for of_file in &remains {
            bounds.push(of_file.lengths.len());
            bounds.push(1 + usize::from(of_file.may_be_old));
            bounds.extend(of_file.sectors.iter().map(|(_, contents)| 1 + contents.len()));
        }
        Survivors { disk, namings, remains, bounds }
    }

    /// For each decision, how many ways there are.
    #[must_use]
    pub fn bounds(&self) -> &[usize] {
        &self.bounds
    }

    /// The disk after a power cut that takes all that it may.
    #[must_use]
    pub fn least(&self) -> VirtualDisk {
        self.pick(&vec![0; self.bounds.len()])
    }

    /// The disk after the power cut.
    ///
    /// # Panics
    /// If there is not one pick for each decision, each below its bound.
    #[must_use]
    pub fn pick(&self, picks: &[usize]) -> VirtualDisk {
        assert_eq!(picks.len(), self.bounds.len(), "one pick for each decision");
        let mut picks = picks.iter().copied();
        let mut next = || picks.next().expect("one for each decision");
        let mut names = self.disk.durable_names.clone();
        if self.disk.persistence.reorders_names {
            let kept = self.namings.iter().filter(|_| next() == 1);
            kept.for_each(|naming| rename(&mut names, *naming));
        } else {
            let kept = self.namings.iter().take(next());
            kept.for_each(|naming| rename(&mut names, *naming));
        }
        let mut files = vec![File::default(); self.disk.files.len()];
        for remains in &self.remains {
            let len = remains.lengths[next()];
            let old = if next() == 0 { &[] } else { &self.disk.old[..] };
            let known = remains.known.iter().map(|(sector, content)| (*sector, &content[..]));
            let changed = remains.sectors.iter().filter_map(|(sector, contents)| {
                next().checked_sub(1).map(|pick| (*sector, &contents[pick][..]))
            });
            files[remains.file] =
                self.disk.files[remains.file].left(len, old, known.chain(changed));
        }
        self.disk.anew(files, names)
    }
}

impl VirtualDisk {
    /// What a power cut may leave of a file. Each sector keeps one of the contents that it had since it
    /// was durable, whatever its neighbours keep; the length is one of those that the file had.
    fn remains_of(&self, no: FileNo) -> Remains {
        let file = &self.files[no];
        let mut lengths = vec![file.durable.len()];
        let mut known = BTreeMap::new();
        let mut written: BTreeMap<usize, Vec<Vec<u8>>> = BTreeMap::new();
        let mut seen = file.durable.clone();
        for change in self.changes_of(no) {
            let What::Bytes(_, edit) = &change.what else {
                continue;
            };
            apply(&mut seen, edit);
            if change.is_durable() {
                lengths.clear();
            }
            lengths.push(seen.len());
            for sector in edit.sectors() {
                let content = sector_of(&seen, sector);
                let contents = written.entry(sector).or_default();
                if change.is_durable() {
                    contents.clear();
                    known.insert(sector, content);
                    continue;
                }
                if self.persistence.tears_sectors {
                    let before = contents.last().or_else(|| known.get(&sector)).cloned();
                    let before = before.unwrap_or_else(|| file.unwritten(sector, &[]));
                    contents.extend(torn(&content, &before, edit.tear(sector)));
                }
                contents.push(content);
            }
        }
        lengths.sort_unstable();
        lengths.dedup();
        let grows = lengths.last().is_some_and(|len| *len > file.durable.len());
        let sectors = written.into_iter().map(|(sector, mut contents)| {
            let unwritten = match known.get(&sector) {
                Some(content) => vec![content.clone()],
                None => vec![file.unwritten(sector, &[]), file.unwritten(sector, &self.old)],
            };
            contents.sort_unstable();
            contents.dedup();
            contents.retain(|content| unwritten.iter().any(|other| other != content));
            (sector, contents)
        });
        let sectors = sectors.filter(|(_, contents)| !contents.is_empty()).collect();
        Remains { file: no, lengths, may_be_old: grows && !self.old.is_empty(), known, sectors }
    }
}
