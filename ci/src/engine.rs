//! Numbered work on many threads, handed over in the order of its numbers.
//!
//! Threads take chunks of consecutive numbers. What they return is put back in order before anybody
//! looks at it, and when a piece of work says that enough is found, exactly the numbers up to it
//! count. So everything that is reported is the same with one thread and with many.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

/// How many numbers a thread takes at once.
const CHUNK: u64 = 8;
/// How often somebody who watches is told that time passes.
const BEAT: Duration = Duration::from_millis(100);

/// Whether to go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Flow {
    /// There may be more.
    Go,
    /// Enough is found: no higher number counts.
    Stop,
}

/// Work that can be done piece by piece, by number.
pub(crate) trait Work: Sync {
    /// What comes of a few pieces.
    type Part: Send + Default;

    /// Does one piece.
    fn run(&self, number: u64, part: &mut Self::Part) -> Flow;
}

/// Whoever is given what comes of the work.
pub(crate) trait Sink<P> {
    /// The next parts, in the order of their numbers.
    fn take(&mut self, part: P);
    /// A moment has passed.
    fn beat(&mut self);
}

/// Which numbers, and until when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    /// The first number.
    pub(crate) first: u64,
    /// The first number that is not done.
    pub(crate) end: u64,
    /// When to begin no more chunks.
    pub(crate) deadline: Option<Instant>,
}

struct Chunk<P> {
    from: u64,
    end: u64,
    flow: Flow,
    part: P,
}

struct Shared<'a, W> {
    work: &'a W,
    span: Span,
    /// The next number that nobody has taken.
    next: AtomicU64,
    /// No chunk that begins here or above counts any more.
    limit: AtomicU64,
}

/// Does the work, and returns the first number that was not done. All below it were.
pub(crate) fn drive<W: Work>(
    work: &W,
    span: Span,
    jobs: usize,
    sink: &mut impl Sink<W::Part>,
) -> u64 {
    let shared =
        Shared { work, span, next: AtomicU64::new(span.first), limit: AtomicU64::new(span.end) };
    let (sender, receiver) = mpsc::sync_channel(2 * jobs);
    thread::scope(|scope| {
        for _ in 0..jobs {
            let (shared, sender) = (&shared, sender.clone());
            scope.spawn(move || shared.labour(&sender));
        }
        drop(sender);
        let next = collect(&receiver, span.first, sink);
        // A thread that still has a chunk to hand over must not wait for us.
        drop(receiver);
        next
    })
}

impl<W: Work> Shared<'_, W> {
    fn labour(&self, sender: &SyncSender<Chunk<W::Part>>) {
        while self.span.deadline.is_none_or(|deadline| Instant::now() < deadline) {
            let from = self.next.fetch_add(CHUNK, Ordering::Relaxed);
            if from >= self.limit.load(Ordering::Relaxed) {
                break;
            }
            let chunk = self.chunk(from);
            if chunk.flow == Flow::Stop {
                self.limit.fetch_min(chunk.end, Ordering::Relaxed);
            }
            // Nobody listens any more once enough was found.
            if sender.send(chunk).is_err() {
                break;
            }
        }
    }

    fn chunk(&self, from: u64) -> Chunk<W::Part> {
        let to = self.span.end.min(from.saturating_add(CHUNK));
        let mut part = W::Part::default();
        for number in from..to {
            if self.work.run(number, &mut part) == Flow::Stop {
                return Chunk { from, end: number + 1, flow: Flow::Stop, part };
            }
            if self.limit.load(Ordering::Relaxed) <= from {
                break;
            }
        }
        Chunk { from, end: to, flow: Flow::Go, part }
    }
}

/// Puts the chunks back in order.
fn collect<P>(receiver: &Receiver<Chunk<P>>, first: u64, sink: &mut impl Sink<P>) -> u64 {
    let mut early = BTreeMap::new();
    let mut next = first;
    let mut beat = Instant::now();
    loop {
        match receiver.recv_timeout(BEAT) {
            Ok(chunk) => {
                early.insert(chunk.from, chunk);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        while let Some(chunk) = early.remove(&next) {
            next = chunk.end;
            sink.take(chunk.part);
            if chunk.flow == Flow::Stop {
                return next;
            }
        }
        if beat.elapsed() >= BEAT {
            beat = Instant::now();
            sink.beat();
        }
    }
    assert!(early.is_empty(), "the chunks that were taken have no gap");
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Finds what it looks for at these numbers.
    struct Finder(&'static [u64]);

    impl Work for Finder {
        type Part = Vec<u64>;

        fn run(&self, number: u64, part: &mut Vec<u64>) -> Flow {
            part.push(number);
            if self.0.contains(&number) { Flow::Stop } else { Flow::Go }
        }
    }

    struct All(Vec<u64>);

    impl Sink<Vec<u64>> for All {
        fn take(&mut self, part: Vec<u64>) {
            self.0.extend(part);
        }

        fn beat(&mut self) {}
    }

    fn numbers(find: &'static [u64], first: u64, end: u64, jobs: usize) -> (u64, Vec<u64>) {
        let mut all = All(Vec::new());
        let span = Span { first, end, deadline: None };
        let next = drive(&Finder(find), span, jobs, &mut all);
        (next, all.0)
    }

    #[test]
    fn every_number_is_done_once_and_in_order() {
        for jobs in [1, 2, 7] {
            assert_eq!(numbers(&[], 5, 203, jobs), (203, (5..203).collect()));
        }
        assert_eq!(numbers(&[], 5, 5, 3), (5, Vec::new()));
    }

    #[test]
    fn exactly_what_comes_up_to_the_first_find_counts() {
        for jobs in [1, 2, 7] {
            for _ in 0..20 {
                assert_eq!(numbers(&[161, 90, 91], 0, 1_000, jobs), (91, (0..91).collect()));
            }
        }
    }

    #[test]
    fn nothing_begins_after_the_deadline() {
        let span = Span { first: 0, end: u64::MAX, deadline: Some(Instant::now()) };
        let mut all = All(Vec::new());
        assert_eq!(drive(&Finder(&[]), span, 2, &mut all), 0);
    }
}
