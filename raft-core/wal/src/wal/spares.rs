//! Spare segments: files that have their length already, so that a sync of what is written to them
//! need not write down a new one.
//!
//! A segment that nobody needs any more becomes a spare by a rename, and a spare becomes a new
//! segment by another, with whatever bytes it has. None of them passes for a batch of the new
//! segment, since each names its own. Where there is no spare when the last segment is half full,
//! one is made ahead, so that the log need not wait for it.

use crate::config::Config;
use crate::disk::{FileName, Op, SegmentNo, SpareNo};
use crate::script::Script;

/// The spares of a log.
#[derive(Clone, Debug)]
pub(crate) struct Spares {
    ready: Vec<SpareNo>,
    /// Segments that are about to be spares.
    retiring: Vec<SpareNo>,
    next: SpareNo,
    making: Script,
    /// The one that is made.
    made: Option<SpareNo>,
    most: usize,
    len: u64,
}

impl Spares {
    pub(crate) fn new(config: &Config) -> Spares {
        Spares {
            ready: Vec::new(),
            retiring: Vec::new(),
            next: SpareNo(1),
            making: Script::default(),
            made: None,
            most: if config.preallocates { config.spares } else { 0 },
            len: config.preallocated_bytes(),
        }
    }

    /// Takes a spare that is there when the log is opened, if one more is wanted.
    pub(crate) fn find(&mut self, no: SpareNo) -> bool {
        self.next = self.next.max(SpareNo(no.0 + 1));
        let is_wanted = self.ready.len() < self.most;
        if is_wanted {
            self.ready.push(no);
        }
        is_wanted
    }

    /// One that is ready.
    pub(crate) fn take(&mut self) -> Option<SpareNo> {
        self.ready.pop()
    }

    /// What becomes of a segment that nobody needs any more.
    pub(super) fn retire(&mut self, segment: SegmentNo) -> Op {
        let file = FileName::Segment(segment);
        if self.count() >= self.most {
            return Op::Remove { file };
        }
        let no = self.number();
        self.retiring.push(no);
        Op::Rename { from: file, to: FileName::Spare(no) }
    }

    /// Segments that were about to be spares are.
    pub(super) fn has_retired(&mut self) {
        self.ready.append(&mut self.retiring);
    }

    /// Makes one ahead if there is none.
    pub(super) fn prepare(&mut self) {
        if self.most > 0 && self.count() == 0 {
            let no = self.number();
            self.made = Some(no);
            self.making = Script::spare(FileName::Spare(no), self.len);
        }
    }

    pub(super) fn next_op(&mut self) -> Option<Op> {
        self.making.next()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.making.is_over()
    }

    /// An operation of its making has completed.
    pub(super) fn has_gone_on(&mut self) {
        if self.making.is_over() {
            self.ready.extend(self.made.take());
        }
    }

    /// There is no space for one. The log goes on without.
    pub(super) fn give_up(&mut self) {
        self.making = Script::default();
        self.made = None;
        self.most = 0;
    }

    fn count(&self) -> usize {
        self.ready.len() + self.retiring.len() + usize::from(self.made.is_some())
    }

    fn number(&mut self) -> SpareNo {
        let no = self.next;
        self.next = SpareNo(no.0 + 1);
        no
    }
}
