//! What is read when a log is opened.
//!
//! A recovery reads all segments, from the oldest that can begin a log, and folds their records.
//! Nothing is repaired in place, and nothing is taken for durable because it can be read: after a
//! sync that failed, or a process that was killed, a read may see what a power cut would still
//! take. What no evidence says to be durable is written once more, into the new segment with which
//! the log goes on, and the node acts on nothing before that segment is durable (REC1). A crash on
//! the way leaves the old segments as they were, so the next recovery reads the same.
//!
//! Where the batches of the last segment end, a batch was cut off by a crash, or one was damaged
//! that had been durable. They are told apart by evidence (REC2): each batch and each header says
//! up to where the log was durable when it was built. Damage is refused (REC3): a log that is cut
//! where it was damaged would let the node vote against what it had acknowledged. Of damage to the
//! newest durable batches, of which nothing that follows gives evidence, no log can know by itself.
//!
//! Each segment is read once, and folded as it is read: a batch as soon as it is known to be durable.

mod fold;
mod rest;
mod scan;
mod window;

use std::mem;

use crate::config::Config;
use crate::disk::{Disk, FileName, SegmentNo};
use crate::error::{Reason, Refusal};
use crate::format::{Flaw, Lsn, Start};
use crate::image::LogImage;
use crate::mutant::Mutant;
use crate::wal::{Opening, Wal};
use fold::Fold;
use scan::Reading;

/// A log that was opened.
#[derive(Debug)]
pub struct Recovered {
    /// The log. The node may act on the image once it [is live](Wal::is_live).
    pub wal: Wal,
    /// What it says.
    pub image: LogImage,
    /// Where something was cut off that was not durable, if it was.
    pub cut: Option<Cut>,
}

/// A batch that a crash cut off, or damage that nothing gives evidence of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cut {
    /// The segment.
    pub segment: SegmentNo,
    /// Where in it, in bytes from its beginning.
    pub offset: u64,
    /// Where in the log.
    pub lsn: Lsn,
    /// What is wrong with it.
    pub flaw: Flaw,
}

impl Wal {
    /// The log of a new node, on a disk that has none.
    ///
    /// # Errors
    /// If there is one, or the disk cannot be read.
    pub fn create(config: Config, disk: &mut impl Disk) -> Result<Wal, Refusal> {
        disk.forget();
        let config = config.bounded();
        let files = files(disk)?;
        if let Some(file) = files.iter().find(|file| !file.is_new()) {
            return Err(Refusal::of_file(*file, Reason::LogExists));
        }
        let header = config.header(SegmentNo(1), Lsn(0), 0, Start::default());
        let mut opening = Opening::new(&config, header);
        opening.account_for(&files);
        Ok(Wal::begin(config, opening))
    }

    /// Opens the log that is there.
    ///
    /// # Errors
    /// If there is none, it is somebody else's, it is damaged, or it cannot be read. Nothing was
    /// changed then.
    pub fn open(config: Config, disk: &mut impl Disk) -> Result<Recovered, Refusal> {
        disk.forget();
        let config = config.bounded();
        let files = files(disk)?;
        if files.is_empty() && config.has(Mutant::D35) {
            let wal = Wal::create(config, disk)?;
            return Ok(Recovered { wal, image: LogImage::default(), cut: None });
        }
        let numbers = run_of_segments(&files)?;
        let mut segment = Reading::begin(disk, numbers[0], &config, Vec::new())?;
        let mut buffer = Vec::new();
        let mut fold = Fold::new(&segment.header, config.mutant);
        for (left, no) in (1..numbers.len()).rev().zip(&numbers[1..]) {
            let next = Reading::begin(disk, *no, &config, buffer)?;
            segment.read_until(&next, disk, &mut fold)?;
            if fold.is_beginning {
                fold.enter(&next, left)?;
            } else {
                // Segments before the one that can begin the log were being removed, and not all
                // are gone.
                fold = Fold::new(&next.header, config.mutant);
            }
            buffer = mem::replace(&mut segment, next).into_buffer();
        }
        let tail = segment.read_to_the_end(disk, &mut fold)?;
        let no = SegmentNo(segment.header.segment.0 + 1);
        let header = config.header(no, tail.first, tail.chain, fold.tip.state().clone());
        fold.begin(&header);
        let mut next = tail.first;
        for found in &tail.batches {
            // It is written once more, into the new segment.
            let moved = found.moved(next, config.padding);
            next = moved.end;
            fold.replay(&segment, &moved)?;
        }
        if !fold.is_beginning {
            return Err(fold.beginning_is_missing());
        }
        let cut = tail.cut.map(|(offset, flaw)| Cut {
            segment: segment.header.segment,
            offset,
            lsn: segment.end(),
            flaw,
        });
        let tail = tail.batches.iter().map(|found| segment.records(found).to_vec()).collect();
        let mut opening = Opening::new(&config, header);
        opening.tail = tail;
        let image = fold.finish(disk, &mut opening)?;
        opening.account_for(&files);
        Ok(Recovered { wal: Wal::begin(config, opening), image, cut })
    }
}

fn files(disk: &mut impl Disk) -> Result<Vec<FileName>, Refusal> {
    let files = disk.files().map_err(|error| Refusal::of_log(Reason::Unreadable(error)));
    let mut files = files?;
    files.sort_unstable();
    Ok(files)
}

/// The segments that the log may lie in, of files in order: the last ones whose numbers follow each
/// other. What lies before a gap was being removed, or the log is damaged; the state at the
/// beginning of the run tells.
fn run_of_segments(files: &[FileName]) -> Result<Vec<SegmentNo>, Refusal> {
    let mut numbers: Vec<SegmentNo> = files.iter().filter_map(|file| file.segment()).collect();
    if numbers.is_empty() {
        return Err(Refusal::of_log(Reason::NoLog));
    }
    let gap = numbers.windows(2).rposition(|pair| pair[0].0 + 1 != pair[1].0);
    Ok(numbers.split_off(gap.map_or(0, |position| position + 1)))
}
