//! Syncs under way of files that are written past the cache.

use std::collections::VecDeque;
use std::sync::Arc;

use super::direct::Run;
use crate::disk::{Completion, FileName, IoError, OpId};

/// A sync under way, which writes what was held back.
#[derive(Debug)]
struct Flight {
    id: OpId,
    /// `None` once nobody can name the file any more.
    file: Option<FileName>,
    runs: Arc<[Run]>,
    result: Option<Result<(), IoError>>,
}

/// Them, in the order in which they began.
#[derive(Debug, Default)]
pub(super) struct Flights(VecDeque<Flight>);

impl Flights {
    pub(super) fn begin(&mut self, id: OpId, file: FileName, runs: Arc<[Run]>) {
        self.0.push_back(Flight { id, file: Some(file), runs, result: None });
    }

    /// It is over. `false` if it is none of them.
    pub(super) fn land(&mut self, id: OpId, result: Result<(), IoError>) -> bool {
        let landed = self.0.iter_mut().find(|flight| flight.id == id && flight.result.is_none());
        let is_one = landed.is_some();
        landed.into_iter().for_each(|flight| flight.result = Some(result));
        is_one
    }

    /// The next one that may be reported, and its file. A sync covers what was written before it began,
    /// so it waits for those of its file that began earlier.
    pub(super) fn release(&mut self) -> Option<(Option<FileName>, Completion)> {
        let waits = |at: usize| {
            let file = self.0[at].file;
            file.is_some() && self.0.range(..at).any(|earlier| earlier.file == file)
        };
        let at = (0..self.0.len()).find(|at| self.0[*at].result.is_some() && !waits(*at))?;
        let Flight { id, file, result, .. } = self.0.remove(at)?;
        result.map(|result| (file, Completion { id, result }))
    }

    /// A file has another name, or none; whatever had that name has none any more.
    pub(super) fn rename(&mut self, from: FileName, to: Option<FileName>) {
        for flight in &mut self.0 {
            flight.file = match flight.file {
                Some(file) if file == from => to,
                file if file == to => None,
                file => file,
            };
        }
    }

    /// What is written to a file by them.
    pub(super) fn runs(&self, file: FileName) -> impl Iterator<Item = &Run> {
        let of_file = self.0.iter().filter(move |flight| flight.file == Some(file));
        of_file.flat_map(|flight| flight.runs.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::SegmentNo;

    const OLD: FileName = FileName::Segment(SegmentNo(1));
    const NEW: FileName = FileName::Segment(SegmentNo(2));

    fn begun(files: &[FileName]) -> Flights {
        let mut flights = Flights::default();
        for (id, file) in (1..).zip(files) {
            flights.begin(OpId(id), *file, Arc::new([Run::new(0, &[id as u8; 4])]));
        }
        flights
    }

    fn released(flights: &mut Flights) -> Vec<u64> {
        std::iter::from_fn(|| flights.release()).map(|(_, completion)| completion.id.0).collect()
    }

    #[test]
    fn a_sync_is_reported_after_those_of_its_file_that_began_earlier() {
        let mut flights = begun(&[OLD, OLD, NEW]);
        assert!(flights.land(OpId(2), Ok(())) && flights.land(OpId(3), Ok(())));
        assert!(!flights.land(OpId(2), Ok(())) && !flights.land(OpId(9), Ok(())));
        assert_eq!(released(&mut flights), [3]);
        flights.land(OpId(1), Err(IoError::Device));
        assert_eq!(released(&mut flights), [1, 2]);
    }

    #[test]
    fn bytes_under_way_follow_their_file() {
        let mut flights = begun(&[OLD, NEW]);
        let count = |flights: &Flights, file| flights.runs(file).count();
        flights.rename(OLD, Some(NEW));
        assert_eq!((count(&flights, OLD), count(&flights, NEW)), (0, 1));
        flights.rename(NEW, None);
        assert_eq!(count(&flights, NEW), 0);
        flights.land(OpId(2), Ok(()));
        assert_eq!(released(&mut flights), [2], "nobody waits for a file without a name");
    }
}
