//! Any messages in any order, with every field at its extremes, in between any calls: the node never
//! panics, never loses its bearings, and works when correct nodes speak to it again.

use proptest::prelude::*;
use proptest::sample::Index as Pick;
use syncline_raft::{
    Body, CampaignError, Entry, Index, LogId, Message, RoleKind, Status, StepError, Term, WriteSeq,
};

use crate::util::*;

/// One call.
#[derive(Clone, Debug)]
enum Call {
    /// A message comes.
    Step(Box<Draft>),
    /// A message that came before comes again.
    Repeat(Pick),
    Take,
    Advance(u64),
    NextAdvance,
    Synced(u64),
    SyncAll,
    Applied(u64),
    Tick(u16),
    Campaign,
    Propose,
}

/// A message, some of whose numbers are relative to the node that hears it.
#[derive(Clone, Debug)]
struct Draft {
    from: u64,
    to: u64,
    term: Number,
    body: DraftBody,
}

/// A number near one of the node's own, or an extreme.
#[derive(Clone, Copy, Debug)]
enum Number {
    Near(i8),
    Exact(u64),
}

impl Number {
    fn of(self, own: u64) -> u64 {
        match self {
            Number::Near(offset) => own.saturating_add_signed(i64::from(offset)),
            Number::Exact(number) => number,
        }
    }
}

#[derive(Clone, Debug)]
enum DraftBody {
    Vote {
        term: Number,
        index: Number,
    },
    VoteResponse(bool),
    /// Entries that follow each other; `prev` is an entry of the node's own log if it reaches there.
    Run {
        prev: Number,
        terms: Vec<Number>,
        commit: Number,
    },
    /// Entries from anywhere.
    Heap {
        prev: (Number, Number),
        entries: Vec<(Number, Number)>,
        commit: Number,
    },
    Accepted(Number),
    Rejected {
        prev: Number,
        hint: (Number, Number),
    },
    Heartbeat(Number),
    HeartbeatResponse,
}

fn extreme() -> impl Strategy<Value = u64> {
    prop_oneof![
        3 => 0..8_u64,
        1 => Just(u64::MAX),
        1 => Just(u64::MAX - 1),
        1 => Just(u64::MAX / 2),
        1 => any::<u64>(),
    ]
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![4 => (-3..4_i8).prop_map(Number::Near), 1 => extreme().prop_map(Number::Exact)]
}

/// Mostly the node's own term, lest every run ends in the last one.
fn term() -> impl Strategy<Value = Number> {
    prop_oneof![
        60 => Just(Number::Near(0)),
        10 => Just(Number::Near(1)),
        10 => Just(Number::Near(-1)),
        5 => (-3..4_i8).prop_map(Number::Near),
        2 => extreme().prop_map(Number::Exact),
    ]
}

fn body() -> impl Strategy<Value = DraftBody> {
    let run = (number(), prop::collection::vec(number(), 0..5), number());
    let heap = ((number(), number()), prop::collection::vec((number(), number()), 0..4), number());
    prop_oneof![
        2 => (number(), number()).prop_map(|(term, index)| DraftBody::Vote { term, index }),
        3 => any::<bool>().prop_map(DraftBody::VoteResponse),
        6 => run.prop_map(|(prev, terms, commit)| DraftBody::Run { prev, terms, commit }),
        2 => heap.prop_map(|(prev, entries, commit)| DraftBody::Heap { prev, entries, commit }),
        3 => number().prop_map(DraftBody::Accepted),
        3 => (number(), (number(), number())).prop_map(|(prev, hint)| DraftBody::Rejected { prev, hint }),
        2 => number().prop_map(DraftBody::Heartbeat),
        1 => Just(DraftBody::HeartbeatResponse),
    ]
}

fn draft() -> impl Strategy<Value = Draft> {
    let from = prop_oneof![20 => 2..4_u64, 1 => 1..6_u64, 1 => Just(u64::MAX)];
    let to = prop_oneof![40 => Just(ME), 1 => 1..4_u64];
    (from, to, term(), body()).prop_map(|(from, to, term, body)| Draft { from, to, term, body })
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        24 => draft().prop_map(|draft| Call::Step(Box::new(draft))),
        4 => any::<Pick>().prop_map(Call::Repeat),
        6 => Just(Call::Take),
        1 => extreme().prop_map(Call::Advance),
        6 => Just(Call::NextAdvance),
        1 => extreme().prop_map(Call::Synced),
        6 => Just(Call::SyncAll),
        1 => extreme().prop_map(Call::Applied),
        3 => (0..40_u16).prop_map(Call::Tick),
        2 => Just(Call::Campaign),
        2 => Just(Call::Propose),
    ]
}

/// A new node, a follower with a log, a new leader, a leader with a log.
fn beginning(number: u8) -> Host {
    match number {
        0 => Host::new(3),
        1 => Host::follower(3, &[1, 1, 2, 3, 3]),
        2 => Host::leader(),
        _ => {
            let mut host = Host::follower(3, &[1, 1, 2]);
            host.campaign_and_win();
            host.settle();
            host
        }
    }
}

impl Draft {
    fn message(&self, host: &Host) -> Message {
        let status = host.status();
        let term = self.term.of(status.term.0);
        let (last, committed) = (status.appended.0, status.committed.0);
        let id_of = |(term, index): (Number, Number)| at(term.of(status.term.0), index.of(last));
        let body = match &self.body {
            DraftBody::Vote { term, index } => vote(id_of((*term, *index))),
            DraftBody::VoteResponse(granted) => {
                Body::VoteResponse { granted: *granted, committed: at(0, 0) }
            }
            DraftBody::Run { prev, terms, commit } => {
                let prev = host.issued(prev.of(last));
                append(prev, follow(prev, terms, term), commit.of(committed))
            }
            DraftBody::Heap { prev, entries, commit } => {
                let entries = entries.iter().map(|id| id_of(*id));
                let entries = entries.map(|id| entry(id.term.0, id.index.0)).collect();
                append(id_of(*prev), entries, commit.of(committed))
            }
            DraftBody::Accepted(last_acked) => accepted(last_acked.of(last)),
            DraftBody::Rejected { prev, hint } => rejected(prev.of(last), id_of(*hint)),
            DraftBody::Heartbeat(commit) => heartbeat(commit.of(committed)),
            DraftBody::HeartbeatResponse => alive(1),
        };
        let (from, to) = (id(self.from), id(self.to));
        Message { from, to, term: Term(term), body }
    }
}

/// Entries that follow `prev`, as a leader of `term` may send them.
fn follow(prev: LogId, terms: &[Number], term: u64) -> Vec<Entry> {
    let mut before = prev;
    let mut entries = Vec::new();
    for wanted in terms {
        let term = wanted.of(term).clamp(before.term.0, term.max(before.term.0));
        before = at(term, before.index.0.wrapping_add(1));
        entries.push(entry(before.term.0, before.index.0));
    }
    entries
}

/// A run: the node, and every message that it has heard.
struct Noise {
    host: Host,
    heard: Vec<Message>,
}

impl Noise {
    fn run(&mut self, call: Call) {
        let before = self.host.status();
        match call {
            Call::Step(draft) => {
                let message = draft.message(&self.host);
                self.heard.push(message.clone());
                self.step(message);
            }
            Call::Repeat(pick) if !self.heard.is_empty() => {
                let message = pick.get(&self.heard).clone();
                self.step(message);
            }
            Call::Repeat(_) => {}
            Call::Take => {
                self.host.take();
            }
            Call::NextAdvance => self.advance(self.host.advanced as u64 + 1),
            Call::Advance(number) => self.advance(number),
            Call::Synced(number) => self.synced(number),
            Call::SyncAll => self.synced(self.host.advanced as u64),
            Call::Applied(number) => {
                let outcome = self.host.node.applied(Index(number));
                assert_eq!(outcome.is_ok(), number == before.applied.0, "{outcome:?}");
            }
            Call::Tick(ticks) => (0..ticks).for_each(|_| self.host.node.tick()),
            Call::Campaign => {
                let expected = match (before.role, before.term) {
                    (RoleKind::Leader, _) => Err(CampaignError::AlreadyLeader),
                    (_, Term(u64::MAX)) => Err(CampaignError::TermsExhausted),
                    _ => Ok(()),
                };
                assert_eq!(self.host.node.campaign(), expected);
            }
            Call::Propose => {
                let outcome = self.host.node.propose([0].into());
                assert_eq!(outcome.is_ok(), before.role == RoleKind::Leader);
            }
        }
        bearings(&before, &self.host.status());
    }

    /// Delivers a message. Refusals that say so have changed nothing.
    fn step(&mut self, message: Message) {
        let before = format!("{:?}", self.host.node);
        match self.host.node.step(message) {
            Err(StepError::NotForThisNode { .. })
            | Err(StepError::FromThisNode)
            | Err(StepError::Malformed) => {
                assert_eq!(format!("{:?}", self.host.node), before);
            }
            Ok(()) | Err(_) => {}
        }
    }

    fn advance(&mut self, number: u64) {
        let Some(write) = WriteSeq::new(number) else { return };
        let next = self.host.advanced as u64 + 1;
        let is_next = number == next && next < self.host.images.len() as u64;
        assert_eq!(self.host.node.advance(write).is_ok(), is_next);
        self.host.advanced += usize::from(is_next);
    }

    fn synced(&mut self, number: u64) {
        let Some(write) = WriteSeq::new(number) else { return };
        let is_advanced = number <= self.host.advanced as u64;
        assert_eq!(self.host.node.synced(write).is_ok(), is_advanced);
        if is_advanced {
            self.host.synced = self.host.synced.max(number as usize);
        }
    }
}

/// What no message may break.
fn bearings(before: &Status, now: &Status) {
    assert!(now.term >= before.term, "the term fell");
    assert!(now.committed >= before.committed, "the commit index fell");
    assert!(now.applied >= before.applied, "the applied index fell");
    assert!(now.applied <= now.committed.min(now.synced), "R8");
    assert!(now.committed <= now.appended);
    assert!(now.synced <= now.advanced);
    assert!(now.advanced <= now.issued);
    assert!(now.issued <= now.appended);
}

/// Correct nodes speak to the node again: it is elected, commits, applies, and follows.
fn works(mut host: Host) {
    host.settle();
    host.sent();
    if host.status().term == Term(u64::MAX) && host.status().role != RoleKind::Leader {
        assert_eq!(host.node.campaign(), Err(CampaignError::TermsExhausted));
        host.hear_now(2, heartbeat(0));
        assert_eq!(host.status().leader, Some(id(2)));
        return;
    }
    if host.status().role != RoleKind::Leader {
        host.node.campaign().expect("there is a later term");
        host.settle();
        let asked = host.said();
        assert_eq!(asked.iter().filter(|body| matches!(body, Body::Vote { .. })).count(), 2);
        host.hear_now(3, GRANT);
    }
    assert_eq!(host.status().role, RoleKind::Leader);
    host.node.propose([0].into()).expect("it leads");
    let index = host.status().appended;
    host.settle();
    host.hear_now(2, accepted(index.0));
    host.settle();
    assert_eq!((host.status().committed, host.status().applied), (index, index));
    assert_eq!(host.applied.len() as u64, index.0);
    if let Some(next) = host.status().term.0.checked_add(1) {
        host.hear(2, next, heartbeat(0)).expect("of a new leader");
        assert_eq!(host.status().leader, Some(id(2)));
    }
}

proptest! {
    #![proptest_config(cases(3000))]

    #[test]
    fn no_message_in_no_order_harms_the_node(
        number in 0..4_u8,
        calls in prop::collection::vec(call(), 1..60),
    ) {
        let mut noise = Noise { host: beginning(number), heard: Vec::new() };
        for call in calls {
            noise.run(call);
        }
        works(noise.host);
    }
}
