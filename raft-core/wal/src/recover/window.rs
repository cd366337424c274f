//! A part of a file in memory, which moves on through the file.
//!
//! A segment is not read whole. Memory that was never used takes as long to come by as to fill, and
//! what was read last is still in the processor's cache when it is looked at.

use crate::disk::{Disk, FileName};
use crate::error::{Reason, Refusal};
use crate::format::{Batch, Padding};

/// How much is read at once at first, and at most, in bytes. The most is what fits a processor's
/// cache twice; a short log should not pay for it.
const READ_MIN: usize = 8 << 10;
const READ_MAX: usize = 512 << 10;

/// What lies in memory of a file.
pub(super) struct Window {
    file: FileName,
    buffer: Vec<u8>,
    /// How much of the buffer is filled, in bytes.
    len: usize,
    /// Where in the file it begins, in bytes.
    begin: u64,
    /// Whether the file ends where the window does.
    is_at_end: bool,
}

impl Window {
    /// Nothing yet, before this offset, in a buffer that may have served before.
    pub(super) fn new(file: FileName, begin: u64, buffer: Vec<u8>) -> Window {
        Window { file, buffer, len: 0, begin, is_at_end: false }
    }

    /// The buffer, for another file.
    pub(super) fn into_buffer(self) -> Vec<u8> {
        self.buffer
    }

    /// What is there from an offset on.
    pub(super) fn bytes_from(&self, offset: u64) -> &[u8] {
        let from = offset.saturating_sub(self.begin).min(self.len as u64);
        &self.buffer[from as usize..self.len]
    }

    /// Where in the file the window ends.
    pub(super) fn end(&self) -> u64 {
        self.begin + self.len as u64
    }

    /// Reads on, and may let go of what lies before an offset. `false` if there is no more.
    pub(super) fn read_on(
        &mut self,
        disk: &mut impl Disk,
        needed_from: u64,
    ) -> Result<bool, Refusal> {
        if self.is_at_end {
            return Ok(false);
        }
        let gone = (needed_from.saturating_sub(self.begin) as usize).min(self.len);
        // Less than half is not worth moving the rest for.
        if gone > self.len / 2 {
            self.buffer.copy_within(gone..self.len, 0);
            self.begin += gone as u64;
            self.len -= gone;
        }
        let asked = self.step();
        let upto = self.len + asked;
        if self.buffer.len() < upto {
            self.buffer.resize(upto, 0);
        }
        let (end, room) = (self.end(), &mut self.buffer[self.len..upto]);
        let filled = disk
            .read_at(self.file, end, room)
            .map_err(|error| Refusal::of_file(self.file, Reason::Unreadable(error)))?;
        self.len += filled;
        self.is_at_end = filled < asked;
        Ok(filled > 0)
    }

    /// Makes room for the batch that begins there and is not all in memory. `false` if it says that it
    /// is longer than batches are and is not sound: then its length is none that memory should be
    /// found for. A log may have been written with a longer limit.
    pub(super) fn make_room(
        &mut self,
        disk: &mut impl Disk,
        offset: u64,
        padding: Padding,
        bytes_max: usize,
    ) -> Result<bool, Refusal> {
        let Some((len, checksum)) = Batch::claim(self.bytes_from(offset)) else {
            return Ok(true);
        };
        let padded = len.next_multiple_of(padding.bytes());
        let upto = offset.saturating_sub(self.begin) as usize + padded;
        let has_room = self.buffer.capacity() >= upto;
        if len > bytes_max && !has_room && !self.sums_to(disk, offset, padded, checksum)? {
            return Ok(false);
        }
        if padded > self.step() {
            // Once and no more, where it would double else.
            self.buffer.reserve_exact((upto + READ_MAX).saturating_sub(self.buffer.len()));
        }
        Ok(true)
    }

    /// How much is read at once, in bytes.
    fn step(&self) -> usize {
        self.buffer.len().clamp(READ_MIN, READ_MAX)
    }

    /// Whether so many bytes from there on are there and have the checksum with which they begin.
    fn sums_to(
        &self,
        disk: &mut impl Disk,
        offset: u64,
        len: usize,
        checksum: u32,
    ) -> Result<bool, Refusal> {
        let mut part = vec![0; READ_MAX];
        let (mut at, mut sum, end) = (offset + 4, 0, offset + len as u64);
        while at < end {
            let part = &mut part[..(end - at).min(READ_MAX as u64) as usize];
            let filled = disk
                .read_at(self.file, at, part)
                .map_err(|error| Refusal::of_file(self.file, Reason::Unreadable(error)))?;
            if filled < part.len() {
                return Ok(false);
            }
            sum = crc32c::crc32c_append(sum, part);
            at += filled as u64;
        }
        Ok(sum == checksum)
    }

    /// Reads on to the end of the file, and lets go of nothing.
    pub(super) fn read_all(&mut self, disk: &mut impl Disk) -> Result<(), Refusal> {
        while self.read_on(disk, self.begin)? {}
        Ok(())
    }
}
