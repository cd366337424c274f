//! Your own Raft under test, in one file.
//!
//! To have a library judged, implement `Subject` for it. This one is our core behind an adapter with
//! a classic mistake: it takes a write for synced as soon as it is written. The simulator needs no
//! power cut to see that: the first promise that leaves too early is enough (O8).

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use syncline_raft::{
    AdvanceError, AppliedError, Index, Message, Restored, Status, SyncWanted, SyncedError, WriteSeq,
};
use syncline_sim::{
    Campaign, Issue, Label, Profile, RaftCore, Setup, Source, StartError, Subject, Taken, record,
};
use syncline_traces::{CausalGraph, Claim, Seed};

/// A node whose adapter confuses the page cache with the disk.
struct Hasty(RaftCore);

impl Subject for Hasty {
    const NAME: &'static str = "hasty";
    type Message = Message;

    fn start(setup: &Setup, restored: Restored) -> Result<Hasty, StartError> {
        RaftCore::start(setup, restored).map(Hasty)
    }

    // A library that cannot be cloned or hashed says so; everything but the search that needs it
    // works all the same.
    fn fork(&self) -> Option<Hasty> {
        None
    }

    fn fingerprint(&self) -> Option<u128> {
        None
    }

    fn label(message: &Message) -> Label {
        RaftCore::label(message)
    }

    // What a message makes its receiver rely on: this is what the simulator holds the library to.
    fn claims(message: &Message) -> Claim {
        RaftCore::claims(message)
    }

    fn advance(&mut self, write: WriteSeq) -> Result<(), AdvanceError> {
        self.0.advance(write)?;
        // The mistake: nothing has been synced.
        self.0.synced(write).expect("it was advanced just now");
        Ok(())
    }

    fn tick(&mut self) {
        self.0.tick();
    }

    fn campaign(&mut self) -> bool {
        self.0.campaign()
    }

    fn step(&mut self, message: Message) -> bool {
        self.0.step(message)
    }

    fn propose(&mut self, command: &[u8]) -> Option<Taken> {
        self.0.propose(command)
    }

    fn has_ready(&self) -> bool {
        self.0.has_ready()
    }

    fn ready(&mut self) -> Option<Issue<Message>> {
        self.0.ready()
    }

    fn synced(&mut self, write: WriteSeq) -> Result<(), SyncedError> {
        self.0.synced(write)
    }

    fn applied(&mut self, index: Index) -> Result<(), AppliedError> {
        self.0.applied(index)
    }

    fn status(&self) -> Status {
        self.0.status()
    }

    fn sync_wanted(&self) -> Option<SyncWanted> {
        // A library that does not say who waits is synced for as long as anything is unsynced.
        Some(SyncWanted::Bytes)
    }
}

pub(crate) fn main() {
    // In a test of yours this is `Check::<Hasty>::new("name_of_the_test").runs(500).run()`.
    let campaign = Campaign::new(Seed(1), Profile::Swarm3);
    let found = (0..500).find_map(|number| {
        let seed = campaign.seed_of(number);
        let outcome = campaign.run::<Hasty>(seed).expect("a drawn plan is in range");
        outcome.violation.clone().map(|violation| (seed, outcome, violation))
    });
    let (seed, outcome, violation) = found.expect("the mistake is found");
    println!("{} is broken by n{}: {}", violation.oracle, violation.node, violation.found);

    let source = Source { seed: Some(seed), plan: outcome.plan, mutant: None };
    let trace = record::<Hasty>(&source, &outcome.choices).expect("the choices are its own");
    let slice = CausalGraph::of(&trace).slice(violation.event);
    println!("{} of {} events led to it; the last of them:", slice.len(), trace.lines.len());
    for event in slice.iter().rev().take(8).rev() {
        let line = &trace.lines[*event as usize - 1];
        println!("  {:>4}  {:>8}us  {}", line.i, line.t, line.event);
    }
    assert_eq!(violation.oracle, "O8");
}
