//! R9 against a model that knows nothing of it: the images that a crash may leave, compared entry by
//! entry with the log of now.

use proptest::prelude::*;
use proptest::sample::Index as Pick;
use syncline_raft::{Body, Entry, Index, LogId, Term};

use crate::cases::cases;
use crate::util::*;

/// One step of a follower's life.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The leader sends entries.
    Append(Sent),
    /// A leader of the next term speaks.
    Succession(Heritage),
    /// A Ready is taken.
    Take,
    /// The next write is advanced.
    Advance,
    /// A write that is advanced is synced; the number says how far behind the newest.
    Sync(usize),
}

/// What a leader sends.
#[derive(Clone, Copy, Debug)]
struct Sent {
    /// How far before the end of the leader's log its entries begin.
    back: usize,
    /// How many entries it sends, new ones of its own if its log has no more.
    count: usize,
    /// Whether it says that all of its log is committed.
    is_committed: bool,
}

/// Which log a new leader begins with: some length of that of one of the leaders before it.
#[derive(Clone, Copy, Debug)]
struct Heritage {
    leader: Pick,
    length: Pick,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let sent = (0..6_usize, 0..4_usize, prop::bool::weighted(0.05));
    let sent = sent.prop_map(|(back, count, is_committed)| Sent { back, count, is_committed });
    let heritage = (any::<Pick>(), any::<Pick>());
    let heritage = heritage.prop_map(|(leader, length)| Heritage { leader, length });
    let step = prop_oneof![
        6 => sent.prop_map(Step::Append),
        3 => heritage.prop_map(Step::Succession),
        5 => Just(Step::Take),
        4 => Just(Step::Advance),
        3 => (0..6_usize).prop_map(Step::Sync),
    ];
    prop::collection::vec(step, 1..60)
}

/// An entry, told apart from every other one that ever lay at its index, even from its equal.
type Tagged = (LogId, u64);

/// An acknowledgement that the node owes.
#[derive(Clone, Debug)]
struct Owed {
    leader: u64,
    term: Term,
    log: Vec<LogId>,
}

/// The node, and what its log and its disk must be.
struct Model {
    host: Host,
    log: Vec<Tagged>,
    committed: usize,
    /// The log after each write issued.
    images: Vec<Vec<Tagged>>,
    /// The log of each term's leader, from term 1 on; the last one leads.
    leaders: Vec<Vec<LogId>>,
    tags: u64,
    owed: Vec<Owed>,
}

impl Model {
    fn new() -> Model {
        Model {
            host: Host::new(3),
            log: Vec::new(),
            committed: 0,
            images: vec![Vec::new()],
            leaders: vec![Vec::new()],
            tags: 0,
            owed: Vec::new(),
        }
    }

    /// Terms begin with 1, and nodes 2 and 3 lead by turns.
    fn term(&self) -> u64 {
        self.leaders.len() as u64
    }

    fn leader(&self) -> u64 {
        2 + self.term() % 2
    }

    fn run(&mut self, step: Step) {
        match step {
            Step::Append(sent) => self.append(sent),
            Step::Succession(heritage) => self.succeed(heritage),
            Step::Take => self.take(),
            Step::Advance if self.host.advanced + 1 < self.images.len() => {
                self.host.advanced += 1;
                let write = seq(self.host.advanced as u64);
                self.host.node.advance(write).expect("the next write");
            }
            Step::Sync(back) if self.host.advanced > 0 => {
                let write = self.host.advanced.saturating_sub(back).max(1);
                self.host.sync_to(write);
            }
            Step::Advance | Step::Sync(_) => {}
        }
        self.check();
    }

    /// A leader of the next term, which has everything that is committed.
    fn succeed(&mut self, heritage: Heritage) {
        let committed = names_of(&self.log[..self.committed]);
        let mut heirs = self.leaders.clone();
        heirs.retain(|log| log.starts_with(&committed));
        let log = heritage.leader.get(&heirs);
        let length = self.committed + heritage.length.index(log.len() - self.committed + 1);
        self.leaders.push(log[..length].to_vec());
        self.host.hear(self.leader(), self.term(), heartbeat(0)).expect("of a leader");
    }

    fn append(&mut self, sent: Sent) {
        let term = self.term();
        let log = self.leaders.last_mut().expect("the leader of this term");
        let prev = log.len().saturating_sub(sent.back);
        let last = prev + sent.count;
        while log.len() < last {
            log.push(at(term, log.len() as u64 + 1));
        }
        let log = log.clone();
        let prev_id = log[..prev].last().map_or(at(0, 0), |id| *id);
        let entries: Vec<Entry> =
            log[prev..last].iter().map(|id| entry(id.term.0, id.index.0)).collect();
        let commit = if sent.is_committed { log.len() } else { 0 };
        let body = append(prev_id, entries.clone(), commit as u64);
        self.host.hear(self.leader(), term, body).expect("of a leader");
        let last = if last <= self.committed && prev < self.committed {
            self.committed
        } else if prev == 0 || self.log.get(prev - 1).is_some_and(|(id, _)| *id == prev_id) {
            self.accept(prev, &entries);
            self.committed = self.committed.max(commit.min(last));
            last
        } else {
            return;
        };
        let log = log[..last].to_vec();
        self.owed.push(Owed { leader: self.leader(), term: Term(term), log });
    }

    /// What the log becomes: entries that are there stay, the first other one replaces the rest.
    fn accept(&mut self, prev: usize, entries: &[Entry]) {
        for (offset, entry) in entries.iter().enumerate() {
            let position = prev + offset;
            if self.log.get(position).is_some_and(|(id, _)| *id == entry.id) {
                continue;
            }
            self.log.truncate(position);
            for entry in &entries[offset..] {
                self.tags += 1;
                self.log.push((entry.id, self.tags));
            }
            return;
        }
    }

    fn take(&mut self) {
        self.host.take();
        if self.host.images.len() > self.images.len() {
            self.images.push(self.log.clone());
        }
        let issued = names(&self.host.images.last().expect("the first").entries);
        assert_eq!(issued, names_of(&self.log), "the writes make up the log");
        for message in self.host.sent() {
            if let Body::AppendAccepted { last } = message.body {
                self.judge(message.to.number(), message.term, last);
            }
        }
    }

    /// An acknowledgement leaves: some synced image has the term, and the log that its leader sent.
    fn judge(&self, leader: u64, term: Term, last: Index) {
        let synced = &self.host.images[..=self.host.synced];
        let is_held = |owed: &Owed| {
            synced.iter().any(|image| {
                let log = names(&image.entries);
                image.hard_state.term >= term && log.starts_with(&owed.log[..last.0 as usize])
            })
        };
        let mut owed = self.owed.iter().filter(|owed| {
            (owed.leader, owed.term) == (leader, term) && owed.log.len() as u64 >= last.0
        });
        assert!(owed.any(is_held), "acknowledged {last} of term {term} before it was synced");
    }

    fn check(&self) {
        let status = self.host.status();
        let images = &self.images[self.host.synced..=self.host.advanced];
        let safe = images.iter().map(|image| common(image, &self.log)).min();
        let safe = Index(safe.expect("the last synced image") as u64);
        assert_eq!(self.host.node.synced_index(), safe, "R9");
        assert_eq!(status.synced, safe);
        let advanced = common(&self.images[self.host.advanced], &self.log);
        assert_eq!(status.advanced, Index(advanced as u64));
        let issued = common(self.images.last().expect("the first"), &self.log);
        assert_eq!(status.issued, Index(issued as u64));
        assert_eq!(status.appended, Index(self.log.len() as u64));
        assert_eq!(status.committed, Index(self.committed as u64), "R7");
        let handed_out = self.host.applied.len();
        assert!(handed_out <= self.committed.min(safe.0 as usize), "R8");
        self.check_crashes(safe.0 as usize);
    }

    /// Whatever a crash leaves now begins with the safe part of the log.
    fn check_crashes(&self, safe: usize) {
        let log = names_of(&self.log[..safe]);
        for image in &self.host.images[self.host.synced..=self.host.advanced] {
            assert!(names(&image.entries).starts_with(&log), "a crash takes what was called safe");
        }
    }
}

fn names_of(log: &[Tagged]) -> Vec<LogId> {
    log.iter().map(|(id, _)| *id).collect()
}

/// How many entries two logs have in common.
fn common(one: &[Tagged], other: &[Tagged]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

proptest! {
    #![proptest_config(cases(1500))]

    #[test]
    fn what_is_called_safe_is_in_every_image_and_no_less_is(steps in steps()) {
        let mut model = Model::new();
        for step in steps {
            model.run(step);
        }
        // In the end everything is synced, and everything owed to the last leader was said.
        while model.host.node.has_ready() {
            model.run(Step::Take);
        }
        while model.host.advanced + 1 < model.images.len() {
            model.run(Step::Advance);
        }
        model.run(Step::Sync(0));
        prop_assert_eq!(model.host.status().synced, model.host.status().appended);
    }
}
