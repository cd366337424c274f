//! The bytes of a file, and the sectors in which they lie.

use std::ops::Range;

use super::change::Edit;

/// The unit in which bytes survive, in bytes.
pub(super) const SECTOR: usize = 512;

/// A file, whatever its name.
#[derive(Clone, Debug, Default)]
pub(super) struct File {
    pub(super) durable: Vec<u8>,
    /// What a read sees.
    pub(super) visible: Vec<u8>,
}

impl File {
    pub(super) fn of(bytes: Vec<u8>) -> File {
        File { durable: bytes.clone(), visible: bytes }
    }

    /// The file of which that is left: a length, and the contents of sectors. Where it grew and nothing
    /// was written it has these old bytes, and zeros behind them.
    pub(super) fn left<'a>(
        &self,
        len: usize,
        old: &[u8],
        written: impl Iterator<Item = (usize, &'a [u8])>,
    ) -> File {
        let mut bytes = self.durable.clone();
        bytes.extend(old.iter().skip(bytes.len()));
        bytes.resize(self.visible.len().max(len).next_multiple_of(SECTOR), 0);
        for (sector, content) in written {
            bytes[sector * SECTOR..][..SECTOR].copy_from_slice(content);
        }
        bytes.resize(len, 0);
        File::of(bytes)
    }

    /// What a sector holds if nothing was written to it, where there are these old bytes.
    pub(super) fn unwritten(&self, sector: usize, old: &[u8]) -> Vec<u8> {
        let mut content = sector_of(&self.durable, sector);
        let own = self.durable.len().saturating_sub(sector * SECTOR).min(SECTOR);
        let behind = old.iter().skip(sector * SECTOR + own).take(SECTOR - own);
        content[own..].iter_mut().zip(behind).for_each(|(to, from)| *to = *from);
        content
    }
}

impl Edit {
    /// The length that a file of this one has after it.
    pub(super) fn len_after(&self, before: usize) -> usize {
        match self {
            Edit::Write { offset, data } => before.max(offset + data.len()),
            Edit::Length(len) => *len,
        }
    }

    /// The sectors that it writes.
    pub(super) fn sectors(&self) -> Range<usize> {
        match self {
            Edit::Write { offset, data } => offset / SECTOR..(offset + data.len()).div_ceil(SECTOR),
            Edit::Length(_) => 0..0,
        }
    }

    /// Where in a sector a write of its bytes is torn, if it is: in their middle.
    pub(super) fn tear(&self, sector: usize) -> usize {
        let Edit::Write { offset, data } = self else {
            return 0;
        };
        let within = |at: usize| at.clamp(sector * SECTOR, (sector + 1) * SECTOR) - sector * SECTOR;
        usize::midpoint(within(*offset), within(offset + data.len()))
    }

    /// Makes it write whole sectors, as they are in these bytes.
    pub(super) fn widen(&mut self, seen: &[u8]) {
        let sectors = self.sectors();
        if let Edit::Write { offset, data } = self {
            *offset = sectors.start * SECTOR;
            *data = seen[*offset..(sectors.end * SECTOR).min(seen.len())].to_vec();
        }
    }
}

pub(super) fn apply(bytes: &mut Vec<u8>, edit: &Edit) {
    let len = edit.len_after(bytes.len());
    bytes.resize(len, 0);
    if let Edit::Write { offset, data } = edit {
        bytes[*offset..][..data.len()].copy_from_slice(data);
    }
}

pub(super) fn sector_of(bytes: &[u8], sector: usize) -> Vec<u8> {
    let start = (sector * SECTOR).min(bytes.len());
    let end = (start + SECTOR).min(bytes.len());
    let mut content = bytes[start..end].to_vec();
    content.resize(SECTOR, 0);
    content
}

/// The two ways in which a sector is torn there, of two contents.
pub(super) fn torn(one: &[u8], other: &[u8], at: usize) -> [Vec<u8>; 2] {
    [[&one[..at], &other[at..]].concat(), [&other[..at], &one[at..]].concat()]
}
