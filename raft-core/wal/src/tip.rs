//! The state at the end of the log, short of the entries: what the header of the next segment says.

use syncline_raft::{Index, LogId, Term, Write};

use crate::format::{Logged, Marker, Start};
use crate::image::{self, ImageError};

/// The fold of all records, without the entries themselves.
#[derive(Clone, Debug)]
pub(crate) struct Tip {
    start: Start,
    /// The first entry of each term, in order, from the one before the log on: the term of every
    /// entry that is there.
    terms: Vec<LogId>,
}

impl Tip {
    /// The state with which a segment begins. Nothing is known of the entries before it.
    pub(crate) fn new(start: Start) -> Tip {
        Tip { terms: vec![start.last], start }
    }

    pub(crate) fn state(&self) -> &Start {
        &self.start
    }

    /// The last index of the log so far that a write keeps. Below what is known nothing may be
    /// voided, for want of knowing what is there.
    ///
    /// # Errors
    /// If the write does not follow.
    pub(crate) fn kept(
        &self,
        write: &Write,
        installed: Option<LogId>,
    ) -> Result<Index, ImageError> {
        image::kept(write, installed, self.terms[0].index, self.start.last.index)
    }

    /// Adds a record.
    ///
    /// # Errors
    /// If it does not follow. Nothing has changed.
    pub(crate) fn append(&mut self, record: &Logged) -> Result<(), ImageError> {
        match record {
            Logged::Write(write, marker) => self.write(write, marker.as_ref()),
            Logged::Checkpoint(marker) => {
                self.start.checkpoint = Some(*marker);
                Ok(())
            }
            Logged::Compact(upto) => self.compact(*upto),
        }
    }

    fn write(&mut self, write: &Write, marker: Option<&Marker>) -> Result<(), ImageError> {
        let kept = self.kept(write, marker.map(|marker| marker.last))?;
        if let Some(marker) = marker {
            self.terms = vec![marker.last];
            self.start.compacted = marker.last.index;
            self.start.received = Some(*marker);
        }
        self.start.last = LogId { term: self.term(kept), index: kept };
        self.terms.retain(|first| first.index <= kept);
        for entry in write.entries.iter() {
            if self.terms.last().is_none_or(|last| last.term != entry.term()) {
                self.terms.push(entry.id);
            }
            self.start.last = entry.id;
        }
        self.start.hard_state = write.hard_state;
        Ok(())
    }

    fn term(&self, index: Index) -> Term {
        let run = self.terms.iter().rev().find(|first| first.index <= index);
        run.expect("nothing below what is known is kept").term
    }

    fn compact(&mut self, upto: Index) -> Result<(), ImageError> {
        let last = self.start.last.index;
        if upto > last {
            return Err(ImageError { last, found: upto });
        }
        self.start.compacted = self.start.compacted.max(upto);
        let gone = self.terms.partition_point(|first| first.index <= upto).saturating_sub(1);
        self.terms.drain(..gone);
        Ok(())
    }
}
