//! What lies in the last segment behind its batches.

use super::window::Window;
use crate::disk::{Disk, FileName};
use crate::error::Refusal;
use crate::format::{BATCH_HEADER, Batch, Flaw, Lsn, NONCE_AT, SegmentHeader};

/// How much is looked at at once, in bytes: every padding divides it.
const STEP: usize = 4_096;

static ZEROS: [u8; STEP + BATCH_HEADER] = [0; STEP + BATCH_HEADER];

/// What is known of it.
pub(super) struct Rest {
    /// What batches of this segment that lie there say of how much was durable. They are no part of
    /// the log, but they were written by this node, and later.
    pub(super) synced: Option<Lsn>,
    /// Whether a batch was cut off there, or one lies behind.
    pub(super) is_cut: bool,
}

impl Rest {
    /// Looks at all that lies behind a position.
    pub(super) fn read(
        disk: &mut impl Disk,
        header: &SegmentHeader,
        reached: Lsn,
        bytes_max: usize,
    ) -> Result<Rest, Refusal> {
        let begin = header.offset(reached);
        let mut window = Window::new(FileName::Segment(header.segment), begin, Vec::new());
        let mut rest = Rest { synced: None, is_cut: false };
        let mut offset = begin;
        while is_there(&mut window, disk, offset, ZEROS.len())? {
            let part = window.bytes_from(offset);
            let part = &part[..part.len().min(ZEROS.len())];
            // Most of what lies there is zeros, and there may be much of it.
            if *part != ZEROS[..part.len()] {
                // What an earlier life of the file has left is no part of a batch of this one.
                rest.is_cut |= match header.is_recycled {
                    true => offset == begin && Batch::claims(part, header.nonce, reached),
                    false => true,
                };
                for at in claims(part, header) {
                    let place = offset + at as u64;
                    if place > begin {
                        rest.hear(synced_by(
                            &mut window,
                            disk,
                            header,
                            [offset, place],
                            bytes_max,
                        )?);
                    }
                }
            }
            offset += STEP as u64;
        }
        Ok(rest)
    }

    fn hear(&mut self, synced: Option<Lsn>) {
        self.is_cut |= synced.is_some();
        self.synced = self.synced.max(synced);
    }
}

/// Makes so many bytes from an offset on be in memory, or as many as there are. `false` if there are
/// none.
fn is_there(
    window: &mut Window,
    disk: &mut impl Disk,
    offset: u64,
    len: usize,
) -> Result<bool, Refusal> {
    while window.bytes_from(offset).len() < len && window.read_on(disk, offset)? {}
    Ok(!window.bytes_from(offset).is_empty())
}

/// Where in the first [`STEP`] bytes something begins that has the nonce of the segment where a
/// batch has it.
fn claims(part: &[u8], header: &SegmentHeader) -> Vec<usize> {
    let nonce = header.nonce.0.to_le_bytes();
    let names_it =
        |at: &usize| part.get(at + NONCE_AT..).is_some_and(|rest| rest.starts_with(&nonce));
    (0..STEP).step_by(header.padding.bytes()).filter(names_it).collect()
}

/// What the batch says that lies at the second of these places, if a sound one does. What lies before
/// the first may go from memory.
fn synced_by(
    window: &mut Window,
    disk: &mut impl Disk,
    header: &SegmentHeader,
    [needed, place]: [u64; 2],
    bytes_max: usize,
) -> Result<Option<Lsn>, Refusal> {
    let SegmentHeader { nonce, padding, .. } = *header;
    loop {
        let bytes = window.bytes_from(place);
        let batch = Batch::read_at(bytes, padding, nonce, header.lsn(place));
        match batch.map(|batch| batch.header.synced) {
            Ok(synced) => return Ok(Some(synced)),
            Err(Flaw::Short | Flaw::Length)
                if window.make_room(disk, place, padding, bytes_max)?
                    && window.read_on(disk, needed)? => {}
            Err(_) => return Ok(None),
        }
    }
}
