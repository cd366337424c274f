//! One file: what is durable of it, and what is not yet.

use std::collections::BTreeMap;
use std::ops::Range;

/// The unit in which bytes survive, in bytes. A sector is old or new, never a mixture.
pub(super) const SECTOR: usize = 512;

/// A change of a file that no sync has made durable.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Write {
        offset: usize,
        data: Vec<u8>,
        /// A sync that covered it has failed. The system calls it clean, so no later sync writes it.
        is_given_up: bool,
    },
    Length(usize),
}

impl Change {
    fn is_given_up(&self) -> bool {
        matches!(self, Change::Write { is_given_up: true, .. })
    }
}

/// A file, whatever its name.
#[derive(Clone, Debug, Default)]
pub(super) struct File {
    pub(super) durable: Vec<u8>,
    /// In the order in which they were made.
    pub(super) changes: Vec<Change>,
    /// What a read sees.
    pub(super) visible: Vec<u8>,
    /// How many changes have become durable since the file was made: changes are counted from
    /// there.
    pub(super) gone: usize,
}

/// What may be left of a file.
pub(super) struct Remains {
    /// The lengths that it may have.
    pub(super) lengths: Vec<usize>,
    /// Whether the greatest of them is more than it is known to have.
    pub(super) has_grown: bool,
    /// For each sector that was changed, what it may hold instead of what it is known to.
    pub(super) sectors: Vec<(usize, Vec<Vec<u8>>)>,
}

impl File {
    pub(super) fn write(&mut self, offset: usize, data: Vec<u8>) {
        let end = offset + data.len();
        if self.visible.len() < end {
            self.visible.resize(end, 0);
        }
        self.visible[offset..end].copy_from_slice(&data);
        self.changes.push(Change::Write { offset, data, is_given_up: false });
    }

    pub(super) fn set_len(&mut self, len: usize) {
        self.visible.resize(len, 0);
        self.changes.push(Change::Length(len));
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.visible
    }

    /// How many changes there have ever been. A sync that begins now covers them.
    pub(super) fn changes_made(&self) -> usize {
        self.gone + self.changes.len()
    }

    /// Makes the first changes durable, as a sync that covers so many of them does.
    pub(super) fn make_durable(&mut self, made: usize) {
        let count = made.saturating_sub(self.gone);
        if self.changes.iter().take(count).any(Change::is_given_up) {
            self.make_dirty_durable(count);
        } else {
            self.changes.drain(..count).for_each(|change| apply(&mut self.durable, &change));
        }
        self.gone += count;
    }

    /// The same where an earlier sync has failed: only sectors that were written again since are
    /// written, with all that they hold by now.
    fn make_dirty_durable(&mut self, count: usize) {
        let mut seen = self.durable.clone();
        for change in self.changes.drain(..count) {
            apply(&mut seen, &change);
            self.durable.resize(seen.len(), 0);
            let Change::Write { offset, data, is_given_up: false } = &change else {
                continue;
            };
            for sector in sectors(*offset, data.len()) {
                let start = sector * SECTOR;
                let end = (start + SECTOR).min(seen.len());
                self.durable[start..end].copy_from_slice(&seen[start..end]);
            }
        }
    }

    /// Only one part in so many of a write is done, or nothing. It was the last of that many changes when
    /// it began.
    pub(super) fn shorten(&mut self, made: usize, part: usize) {
        let Some(number) = made.checked_sub(self.gone + 1) else {
            return;
        };
        let Some(Change::Write { data, .. }) = self.changes.get_mut(number) else {
            return;
        };
        data.truncate(data.len().checked_div(part).unwrap_or(0));
        self.visible = self.durable.clone();
        self.changes.iter().for_each(|change| apply(&mut self.visible, change));
    }

    /// Gives the first changes up, as a sync does that has failed.
    pub(super) fn give_up(&mut self, made: usize) {
        let count = made.saturating_sub(self.gone);
        for change in self.changes.iter_mut().take(count) {
            if let Change::Write { is_given_up, .. } = change {
                *is_given_up = true;
            }
        }
    }

    /// Reads what is clean anew: what was given up is gone, but for the length that it brought.
    pub(super) fn evict(&mut self) {
        let mut seen = self.durable.clone();
        let mut len = seen.len();
        for change in &mut self.changes {
            len = match change {
                Change::Write { offset, data, .. } => len.max(*offset + data.len()),
                Change::Length(len) => *len,
            };
            if change.is_given_up() {
                *change = Change::Length(len);
            }
            apply(&mut seen, change);
        }
        self.visible = seen;
    }

    /// What a power cut may leave. Each sector keeps one of the contents that it had since it was
    /// durable, whatever its neighbours keep; the length is one of those that the file had. Where
    /// it grew, there may be these old bytes.
    pub(super) fn remains(&self, old: &[u8]) -> Remains {
        let mut lengths = vec![self.durable.len()];
        let mut written: BTreeMap<usize, Vec<Vec<u8>>> = BTreeMap::new();
        let mut bytes = self.durable.clone();
        for change in &self.changes {
            apply(&mut bytes, change);
            lengths.push(bytes.len());
            let Change::Write { offset, data, .. } = change else {
                continue;
            };
            for sector in sectors(*offset, data.len()) {
                written.entry(sector).or_default().push(sector_of(&bytes, sector));
            }
        }
        lengths.sort_unstable();
        lengths.dedup();
        let has_grown = lengths.last().is_some_and(|len| *len > self.durable.len());
        let sectors = written.into_iter().map(|(sector, mut written)| {
            let unwritten =
                [sector_of(&self.durable, sector), sector_of(&self.unwritten(old), sector)];
            written.sort_unstable();
            written.dedup();
            written.retain(|content| unwritten.iter().any(|other| other != content));
            (sector, written)
        });
        let sectors = sectors.filter(|(_, written)| !written.is_empty()).collect();
        Remains { lengths, has_grown, sectors }
    }

    /// The file of which only that is left what is known to be durable.
    pub(super) fn durable(&self) -> File {
        let durable = self.durable.clone();
        File { visible: durable.clone(), durable, changes: Vec::new(), gone: 0 }
    }

    /// What is known to be durable, and old bytes behind it.
    fn unwritten(&self, old: &[u8]) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        bytes.extend(old.iter().skip(bytes.len()));
        bytes
    }

    /// The file of which that is left: a length, and the contents of sectors that were written.
    /// Where it grew and nothing was written it has these old bytes, and zeros behind them.
    pub(super) fn left<'a>(
        &self,
        len: usize,
        old: &[u8],
        written: impl Iterator<Item = (usize, &'a [u8])>,
    ) -> File {
        let mut bytes = self.unwritten(old);
        bytes.resize(self.visible.len().max(len).next_multiple_of(SECTOR), 0);
        for (sector, content) in written {
            bytes[sector * SECTOR..][..SECTOR].copy_from_slice(content);
        }
        bytes.resize(len, 0);
        File { durable: bytes.clone(), changes: Vec::new(), visible: bytes, gone: 0 }
    }
}

pub(super) fn apply(bytes: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write { offset, data, .. } => {
            let end = offset + data.len();
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes[*offset..end].copy_from_slice(data);
        }
        Change::Length(len) => bytes.resize(*len, 0),
    }
}

/// The sectors in which so many bytes from there on lie.
pub(super) fn sectors(offset: usize, len: usize) -> Range<usize> {
    offset / SECTOR..(offset + len).div_ceil(SECTOR)
}

pub(super) fn sector_of(bytes: &[u8], sector: usize) -> Vec<u8> {
    let start = (sector * SECTOR).min(bytes.len());
    let end = (start + SECTOR).min(bytes.len());
    let mut content = bytes[start..end].to_vec();
    content.resize(SECTOR, 0);
    content
}
