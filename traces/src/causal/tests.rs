//! Small runs by hand, and what each of their events follows from.

use syncline_raft::{HardState, Index, LogId, RoleKind, Term};

use super::*;
use crate::{
    Chain, Choice, Claim, Command, Digest, EntryKind, FORMAT, Header, Line, MessageKind, Trace,
};

/// A run that is told step by step.
#[derive(Default)]
struct Run {
    causes: Causes,
    steps: u64,
    lines: Vec<Line>,
}

impl Run {
    /// One choice and what came of it; answers the number of the last event.
    fn step(&mut self, events: &[Event]) -> u64 {
        self.steps += 1;
        for (position, event) in events.iter().enumerate() {
            let i = self.lines.len() as u64 + 1;
            let why = self.causes.parents(i, event, position == 0);
            let (step, event) = (self.steps, *event);
            self.lines.push(Line {
                i,
                step,
                t: 0,
                choice: Choice::Heal,
                event,
                why,
                digest: Digest(0),
            });
        }
        self.lines.len() as u64
    }

    fn why(&self, event: u64) -> &[u64] {
        &self.lines[event as usize - 1].why
    }

    fn slice(self, event: u64) -> Vec<u64> {
        let header = Header {
            format: FORMAT.to_owned(),
            subject: "by hand".to_owned(),
            mutant: None,
            seed: None,
            plan: serde_json::Value::Null,
        };
        CausalGraph::of(&Trace { header, lines: self.lines, end: None }).slice(event)
    }
}

fn node(number: u64) -> NodeId {
    NodeId::new(number).unwrap()
}

fn entry(index: u64) -> LogId {
    LogId { term: Term(1), index: Index(index) }
}

fn link(from: u64, to: u64) -> Link {
    Link { from: node(from), to: node(to) }
}

fn key(index: u64, nth: u32) -> MessageKey {
    MessageKey { kind: MessageKind::Append, term: Term(1), index: Index(index), nth }
}

fn ticked(at: u64) -> Event {
    Event::Ticked { node: node(at) }
}

fn issued(at: u64, write: u64) -> Event {
    let (node, write) = (node(at), WriteNo(write));
    Event::Issued { node, write, hard_state: HardState::default(), last: entry(write.0) }
}

fn appended(at: u64, index: u64) -> Event {
    Event::Appended {
        node: node(at),
        entry: entry(index),
        kind: EntryKind::Command,
        chain: Chain(0),
    }
}

fn written(at: u64, write: u64) -> Event {
    Event::Written { node: node(at), write: WriteNo(write) }
}

fn began(at: u64, upto: u64) -> Event {
    Event::SyncBegan { node: node(at), upto: WriteNo(upto) }
}

fn completed(at: u64, upto: u64) -> Event {
    Event::SyncCompleted { node: node(at), upto: WriteNo(upto) }
}

fn synced(at: u64, upto: u64, index: u64) -> Event {
    Event::Synced { node: node(at), upto: WriteNo(upto), index: Index(index) }
}

fn committed(at: u64, index: u64) -> Event {
    Event::Committed { node: node(at), index: Index(index), chain: Chain(0) }
}

fn handed_out(at: u64, index: u64) -> Event {
    Event::HandedOut { node: node(at), index: Index(index), chain: Chain(0) }
}

fn applied(at: u64, index: u64) -> Event {
    Event::Applied { node: node(at), entry: entry(index), chain: Chain(0) }
}

fn sent(from: u64, to: u64, key: MessageKey) -> Event {
    Event::Sent { link: link(from, to), key, claim: Claim::Nothing }
}

fn delivered(from: u64, to: u64, key: MessageKey) -> Event {
    Event::Delivered { link: link(from, to), key }
}

fn lost(from: u64, to: u64, key: MessageKey, loss: Loss) -> Event {
    Event::Lost { link: link(from, to), key, loss }
}

fn crashed(at: u64, crash: CrashKind) -> Event {
    Event::Crashed { node: node(at), crash, lost: 0 }
}

fn restarted(at: u64, commit: u64, last: u64) -> Event {
    let hard_state = HardState { commit: Index(commit), ..HardState::default() };
    Event::Restarted { node: node(at), incarnation: 2, hard_state, last: entry(last) }
}

#[test]
fn a_disk_is_no_cause_until_its_node_is_told() {
    let mut run = Run::default();
    let proposed =
        run.step(&[Event::Proposed { node: node(1), command: Command(1), index: Index(1) }]);
    let ready = run.step(&[appended(1, 1), issued(1, 1), sent(1, 2, key(1, 0))]);
    assert_eq!((run.why(ready - 2), run.why(ready - 1)), (&[proposed][..], &[ready - 2][..]));
    assert_eq!(run.why(ready), [ready - 1], "what is sent is what was appended");
    let written = run.step(&[written(1, 1)]);
    assert_eq!(run.why(written), [ready - 1]);
    let began = run.step(&[began(1, 1)]);
    assert_eq!(run.why(began), [written]);
    let completed = run.step(&[completed(1, 1)]);
    assert_eq!(run.why(completed), [began]);
    let tick = run.step(&[ticked(1)]);
    assert_eq!(run.why(tick), [ready - 1], "the node knows nothing of its disk");
    let synced = run.step(&[synced(1, 1, 1)]);
    assert_eq!(run.why(synced), [completed, tick]);
    let tick = run.step(&[ticked(1)]);
    assert_eq!(run.why(tick), [synced]);
}

#[test]
fn messages_that_leave_together_do_not_cause_each_other() {
    let mut run = Run::default();
    let tick = run.step(&[ticked(1)]);
    let full = lost(1, 3, key(1, 7), Loss::Overflow);
    let last = run.step(&[
        sent(1, 2, key(1, 0)),
        sent(1, 3, key(1, 7)),
        full,
        handed_out(1, 1),
        sent(1, 2, key(1, 1)),
    ]);
    assert_eq!(run.why(last), [tick]);
    assert_eq!(run.why(last - 2), [tick + 2], "a full link loses what is sent");
    let arrived = run.step(&[delivered(1, 2, key(1, 1))]);
    assert_eq!(run.why(arrived), [last]);
    let arrived = run.step(&[delivered(1, 2, key(1, 0))]);
    assert_eq!(run.why(arrived), [tick + 1, arrived - 1]);
}

#[test]
fn a_copy_follows_from_the_sending_and_not_from_the_other_copy() {
    let mut run = Run::default();
    let sent = run.step(&[sent(1, 2, key(1, 0))]);
    let copy = run.step(&[Event::Duplicated { link: link(1, 2), key: key(1, 0) }]);
    assert_eq!(run.why(copy), [sent]);
    let became = run.step(&[
        delivered(1, 2, key(1, 0)),
        lost(1, 2, key(1, 0), Loss::Refused),
        Event::Became {
            node: node(2),
            role: RoleKind::Follower,
            term: Term(1),
            last: entry(0),
            chain: Chain(0),
        },
    ]);
    assert_eq!(run.why(became - 2), [sent, copy], "the node remembers the first");
    assert_eq!(run.why(became - 1), [became - 2]);
    assert_eq!(run.why(became), [became - 2]);
    let again = run.step(&[delivered(1, 2, key(1, 0))]);
    assert_eq!(run.why(again), [became], "nothing of that name is in flight any more");
}

#[test]
fn cuts_explain_losses_and_heals_explain_late_arrivals() {
    let mut run = Run::default();
    let first = run.step(&[sent(1, 2, key(1, 0)), sent(2, 1, key(1, 0))]) - 1;
    let (from, to) = (NodeSet::default().with(node(1)), NodeSet::from_bits(0b110));
    let cut = run.step(&[Event::Cut { from, to, direction: Direction::OneWay }]);
    assert_eq!(run.why(cut), [0; 0]);
    let second = run.step(&[sent(1, 2, key(2, 0))]);
    let gone = run.step(&[lost(1, 2, key(2, 0), Loss::Network)]);
    assert_eq!(run.why(gone), [cut, second]);
    let other_way = run.step(&[delivered(2, 1, key(1, 0))]);
    assert_eq!(run.why(other_way), [first + 1]);
    let healed = run.step(&[Event::Healed]);
    assert_eq!(run.why(healed), [cut]);
    let after = run.step(&[sent(1, 2, key(3, 0))]);
    let late = run.step(&[delivered(1, 2, key(1, 0))]);
    assert_eq!(run.why(late), [first, healed]);
    let prompt = run.step(&[delivered(1, 2, key(3, 0))]);
    assert_eq!(run.why(prompt), [after, late]);
}

#[test]
fn an_entry_is_applied_because_of_the_commit_and_the_sync_that_reached_it() {
    let mut run = Run::default();
    let commit = run.step(&[committed(1, 3)]);
    let sync = run.step(&[synced(1, 1, 2)]);
    let out = run.step(&[handed_out(1, 2)]);
    assert_eq!(run.why(out), [commit, sync]);
    let later = run.step(&[synced(1, 2, 5)]);
    run.step(&[committed(1, 4)]);
    let apply = run.step(&[applied(1, 1), applied(1, 2)]);
    assert_eq!(run.why(apply - 1), [out]);
    assert_eq!(run.why(apply), [out, apply - 1]);
    let out = run.step(&[handed_out(1, 3)]);
    assert_eq!(run.why(out), [commit, later], "not the newest commit, but the first that reached");
    // An overwrite takes the sync of index 4 back, and another one gives it again.
    run.step(&[Event::Truncated { node: node(1), from: Index(4) }]);
    let again = run.step(&[synced(1, 3, 4)]);
    let out = run.step(&[handed_out(1, 4)]);
    assert!(run.why(out).contains(&again) && !run.why(out).contains(&later));
}

#[test]
fn a_sync_that_a_hasty_apply_did_not_wait_for_is_no_cause() {
    let mut run = Run::default();
    let commit = run.step(&[committed(1, 1)]);
    let out = run.step(&[handed_out(1, 1)]);
    assert_eq!(run.why(out), [commit]);
    let apply = run.step(&[applied(1, 1)]);
    assert_eq!(run.slice(apply), [commit, out, apply]);
}

#[test]
fn after_a_crash_only_the_disk_is_remembered() {
    let mut run = Run::default();
    run.step(&[ticked(1)]);
    let issue = run.step(&[issued(1, 1)]);
    let write = run.step(&[written(1, 1)]);
    let begin = run.step(&[began(1, 1)]);
    let complete = run.step(&[completed(1, 1)]);
    let second = run.step(&[issued(1, 2)]);
    let unsynced = run.step(&[written(1, 2)]);
    assert_eq!(run.why(unsynced), [write, second]);
    // Ticks that only the lost memory held, and a Ready that was never written.
    let forgotten = run.step(&[ticked(1), issued(1, 3)]);
    let crash = run.step(&[crashed(1, CrashKind::Machine)]);
    assert_eq!(run.why(crash), [complete, unsynced]);
    let down = run.step(&[ticked(1)]);
    assert_eq!(run.why(down), [crash]);
    let recovery = run.step(&[began(1, 2)]);
    let recovered = run.step(&[completed(1, 2)]);
    let restart = run.step(&[restarted(1, 1, 2)]);
    assert_eq!(run.why(restart), [crash, recovered]);
    let out = run.step(&[handed_out(1, 1)]);
    assert_eq!(run.why(out), [restart], "it was committed and synced before");
    let slice = run.slice(out);
    for kept in [issue, begin, second, recovery] {
        assert!(slice.contains(&kept));
    }
    for lost in [forgotten - 1, forgotten, down] {
        assert!(!slice.contains(&lost));
    }
}

#[test]
fn a_process_crash_leaves_the_sync_that_the_machine_has_begun() {
    let mut run = Run::default();
    run.step(&[written(1, 1)]);
    let begin = run.step(&[began(1, 1)]);
    run.step(&[crashed(1, CrashKind::Process)]);
    let complete = run.step(&[completed(1, 1)]);
    assert_eq!(run.why(complete), [begin]);
    let mut run = Run::default();
    run.step(&[written(1, 1)]);
    run.step(&[began(1, 1)]);
    run.step(&[crashed(1, CrashKind::Machine)]);
    let complete = run.step(&[completed(1, 1)]);
    assert_eq!(run.why(complete), [0; 0], "such a completion must not be; it explains nothing");
}

#[test]
fn a_slice_holds_what_mattered_and_nothing_else() {
    let mut run = Run::default();
    let propose =
        run.step(&[Event::Proposed { node: node(1), command: Command(1), index: Index(1) }]);
    let ready =
        run.step(&[appended(1, 1), issued(1, 1), sent(1, 2, key(1, 0)), sent(1, 3, key(1, 0))]);
    run.step(&[written(1, 1)]);
    let noise = run.step(&[ticked(3)]);
    let arrive = run.step(&[delivered(1, 2, key(1, 0))]);
    run.step(&[lost(1, 3, key(1, 0), Loss::Network)]);
    let follow = run.step(&[appended(2, 1), issued(2, 1)]);
    let write = run.step(&[written(2, 1)]);
    let begin = run.step(&[began(2, 1)]);
    run.step(&[began(1, 1)]);
    let complete = run.step(&[completed(2, 1)]);
    let report = run.step(&[synced(2, 1, 1)]);
    let ack = run.step(&[sent(2, 1, key(1, 0))]);
    let acked = run.step(&[delivered(2, 1, key(1, 0))]);
    let commit = run.step(&[issued(1, 2), committed(1, 1)]);
    let mut expected = vec![propose, ready - 3, ready - 2, ready - 1, arrive, follow - 1, follow];
    expected.extend([write, begin, complete, report, ack, acked, commit - 1, commit]);
    assert!(!expected.contains(&noise));
    assert_eq!(run.slice(commit), expected);
}

#[test]
fn there_is_no_slice_of_an_event_that_did_not_happen() {
    let mut run = Run::default();
    run.step(&[ticked(1)]);
    assert_eq!(run.slice(2), [0; 0]);
}

#[test]
fn what_is_kept_does_not_grow_with_the_run() {
    let mut run = Run::default();
    for round in 1..=1_000 {
        run.step(&[issued(1, round), committed(1, round), sent(1, 2, key(round, 0))]);
        run.step(&[written(1, round)]);
        run.step(&[began(1, round)]);
        run.step(&[completed(1, round)]);
        run.step(&[synced(1, round, round)]);
        run.step(&[handed_out(1, round)]);
        run.step(&[applied(1, round)]);
        run.step(&[delivered(1, 2, key(round, 0))]);
    }
    let kept = run.causes.node(node(1));
    let maps = [&kept.issued, &kept.written, &kept.began, &kept.completed];
    assert!(maps.iter().all(|map| map.len() <= 1), "{maps:?}");
    assert!(run.causes.in_flight.is_empty());
    assert!(run.lines.iter().all(|line| line.why.len() <= 3));
    // The same events have the same causes, wherever and whenever.
    let mut again = Causes::default();
    for (position, line) in run.lines.iter().enumerate() {
        let first = position == 0 || run.lines[position - 1].step != line.step;
        assert_eq!(again.parents(line.i, &line.event, first), line.why);
    }
}
