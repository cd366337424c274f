//! The log answers alike whether an entry is in memory or not: it is compared with a plain list of
//! entries under any sequence of what may happen to it.

use std::vec::Vec;

use super::*;
use crate::entry::Payload;
use crate::jitter::Jitter;
use crate::membership::Membership;

/// What a log is, without any economy.
struct Model {
    base: LogId,
    entries: Vec<Entry>,
}

impl Model {
    fn last(&self) -> LogId {
        self.entries.last().map_or(self.base, |entry| entry.id)
    }

    fn id_at(&self, index: Index) -> Option<LogId> {
        let entries = self.entries.iter().map(|entry| entry.id);
        [self.base].into_iter().chain(entries).find(|id| id.index == index)
    }

    fn newest_at_most(&self, index: Index, term: Term) -> Option<LogId> {
        let entries = self.entries.iter().map(|entry| entry.id);
        let mut known = [self.base].into_iter().chain(entries);
        known.rfind(|id| id.index <= index && id.term <= term)
    }

    fn between(&self, before: Index, last: Index) -> Vec<Entry> {
        let wanted = |entry: &&Entry| before < entry.index() && entry.index() <= last;
        self.entries.iter().filter(wanted).cloned().collect()
    }
}

/// A log, its model, and a term that only grows.
struct Run {
    log: Log,
    model: Model,
    term: u64,
    random: Jitter,
}

impl Run {
    fn new(seed: u64) -> Run {
        let log = Log::restored(&mut Restored::default());
        let model = Model { base: LogId::default(), entries: Vec::new() };
        Run { log, model, term: 1, random: Jitter::new(seed) }
    }

    fn below(&mut self, bound: u64) -> u64 {
        u64::from(self.random.below(u32::try_from(bound).expect("a small number")))
    }

    /// Somewhere between two indexes, both included.
    fn pick(&mut self, lowest: Index, highest: Index) -> Index {
        Index(lowest.0 + self.below(highest.0 - lowest.0 + 1))
    }

    fn entry(&mut self, index: Index) -> Entry {
        self.term += u64::from(self.below(3) == 0);
        let id = LogId { term: Term(self.term), index };
        let bytes = self.below(40) as usize;
        Entry { id, payload: Payload::Command(std::vec![0; bytes].into()) }
    }

    fn append(&mut self) {
        let entry = self.entry(self.log.last().index.next());
        self.log.append(entry.clone());
        self.model.entries.push(entry);
    }

    fn overwrite(&mut self) {
        let committed = self.log.cursors.committed;
        if committed == self.log.last().index {
            return;
        }
        let lowest = self.pick(committed.next(), self.log.last().index);
        self.term += 1;
        let count = self.below(4) + 1;
        let entries: Vec<Entry> =
            (lowest.0..lowest.0 + count).map(|index| self.entry(Index(index))).collect();
        self.log.overwrite(0, entries.clone().into());
        self.model.entries.retain(|entry| entry.index() < lowest);
        self.model.entries.extend(entries);
    }

    /// Moves every cursor as far as it may go, or less.
    fn progress(&mut self) {
        let appended = self.log.last().index;
        let mut cursors = self.log.cursors;
        cursors.issued = self.pick(cursors.issued, appended);
        cursors.advanced = self.pick(cursors.advanced, cursors.issued);
        cursors.synced = self.pick(cursors.synced, cursors.advanced);
        cursors.committed = self.pick(cursors.committed, appended);
        let bound = cursors.committed.min(cursors.synced);
        cursors.handed_out = self.pick(cursors.handed_out, bound.max(cursors.handed_out));
        cursors.applied = self.pick(cursors.applied, cursors.handed_out);
        self.log.cursors = cursors;
    }

    fn compact(&mut self) {
        let applied = self.log.cursors.applied;
        let base = self.log.base().index;
        if base >= applied {
            return;
        }
        let upto = self.pick(base.next(), applied);
        self.model.base = self.model.id_at(upto).expect("in the log");
        self.model.entries.retain(|entry| entry.index() > upto);
        self.log.compact(upto);
    }

    fn replace(&mut self) {
        let committed = self.log.cursors.committed;
        let index = Index(committed.0 + 1 + self.below(9));
        self.term += 1;
        let base = LogId { term: Term(self.term), index };
        self.log.replace(base);
        self.model = Model { base, entries: Vec::new() };
        // The snapshot is synced and applied before anything is handed out again.
        let cursors = &mut self.log.cursors;
        (cursors.issued, cursors.advanced, cursors.synced) = (index, index, index);
        (cursors.handed_out, cursors.applied) = (index, index);
    }

    fn step(&mut self) {
        match self.below(12) {
            0..=4 => self.append(),
            5 => self.overwrite(),
            6..=8 => self.progress(),
            9 => {
                let bytes_max = self.below(300) as usize;
                self.log.shrink(bytes_max);
            }
            10 => self.compact(),
            _ if self.below(4) == 0 => self.replace(),
            _ => {}
        }
        self.check();
    }

    fn check(&mut self) {
        let (log, model) = (&self.log, &self.model);
        log.cursors.check();
        assert_eq!(log.base(), model.base);
        assert_eq!(log.last(), model.last());
        assert_eq!(log.cursors.appended, model.last().index);
        for index in 0..=model.last().index.0 + 2 {
            let index = Index(index);
            assert_eq!(log.id_at(index), model.id_at(index), "at {index}");
        }
        let first = log.first_in_memory();
        let free = log.cursors.advanced.min(log.cursors.handed_out);
        assert!(first <= free.next().max(model.base.index.next()), "{first} left too early");
        let held: usize = log.tail.iter().map(Entry::weight_bytes).sum();
        assert_eq!(log.tail_bytes, held);
        let before = self.pick(first.prev(), self.log.last().index);
        let last = self.pick(before, self.log.last().index);
        let found: Vec<Entry> = self.log.between(before, last).cloned().collect();
        assert_eq!(found, self.model.between(before, last));
        let index = Index(self.below(self.log.last().index.0 + 4));
        let term = Term(self.below(self.term + 3));
        let expected = self.model.newest_at_most(index, term);
        assert_eq!(self.log.newest_at_most(index, term), expected, "{index} at most {term}");
    }
}

/// R12: no question is answered from less than the whole log.
#[test]
fn a_log_is_a_list_of_entries() {
    for seed in 0..300 {
        let mut run = Run::new(seed);
        for _ in 0..150 {
            run.step();
        }
    }
}

/// What lies in the storage keeps its terms, and only that may leave the memory.
#[test]
fn only_what_is_advanced_and_handed_out_leaves_the_memory() {
    let mut run = Run::new(7);
    for _ in 0..6 {
        run.append();
    }
    let all = Cursors {
        appended: Index(6),
        issued: Index(6),
        advanced: Index(5),
        synced: Index(4),
        committed: Index(6),
        handed_out: Index(3),
        applied: Index(3),
    };
    run.log.cursors = all;
    run.log.shrink(0);
    assert_eq!(run.log.first_in_memory(), Index(4), "handed out");
    run.log.cursors = Cursors { synced: Index(5), handed_out: Index(5), ..all };
    run.log.shrink(0);
    assert_eq!(run.log.first_in_memory(), Index(6), "advanced");
    run.check();
}

/// A node begins with no more than the terms of what its state machine has.
#[test]
fn a_restored_log_knows_the_terms_of_what_was_not_read_back() {
    let id = |term, index| LogId { term: Term(term), index: Index(index) };
    let entry = |term, index| Entry { id: id(term, index), payload: Payload::Noop };
    let mut restored = Restored {
        base: id(1, 4),
        older: std::vec![id(1, 5), id(3, 8)],
        entries: std::vec![entry(3, 10), entry(5, 11)],
        applied: Index(9),
        membership: Membership::default(),
        ..Restored::default()
    };
    restored.hard_state.term = Term(5);
    assert_eq!(restored.validate(), Ok(()));
    let log = Log::restored(&mut restored);
    let terms: Vec<Option<u64>> =
        (3..=12).map(|index| log.term_at(Index(index)).map(|term| term.0)).collect();
    let expected = [None, Some(1), Some(1), Some(1), Some(1), Some(3), Some(3), Some(3), Some(5)];
    assert_eq!(terms[..9], expected);
    assert_eq!(terms[9], None);
    assert_eq!(log.first_in_memory(), Index(10));
    assert_eq!(log.newest_at_most(Index(11), Term(2)), Some(id(1, 7)));
    assert_eq!(log.newest_at_most(Index(11), Term(0)), None, "before the base");
}

#[test]
#[should_panic(expected = "R10")]
fn what_is_committed_is_not_overwritten() {
    let mut run = Run::new(1);
    run.append();
    run.append();
    run.log.cursors.committed = Index(1);
    let entry = run.entry(Index(1));
    run.log.overwrite(0, Entries::from_iter([entry]));
}

#[test]
#[should_panic(expected = "R14")]
fn a_snapshot_below_the_commit_index_replaces_nothing() {
    let mut run = Run::new(1);
    run.append();
    run.append();
    run.log.cursors.committed = Index(2);
    run.log.replace(LogId { term: Term(1), index: Index(1) });
}
