//! What a trial makes of libraries that misbehave in ways that no promise names.

use std::sync::atomic::{AtomicU32, Ordering};

use syncline_raft::{
    AdvanceError, AppliedError, Index, Message, Restored, Status, SyncWanted, SyncedError, WriteSeq,
};
use syncline_sim::{
    Campaign, Issue, Label, Profile, RaftCore, Setup, StartError, Subject, Taken, Unforkable,
};
use syncline_traces::Claim;

use super::*;
use crate::library::Library;

/// How often any node with moods has ticked.
static TICKS: AtomicU32 = AtomicU32::new(0);

/// What is wrong with a library.
const MOODY: u8 = 0;
const BROKEN: u8 = 1;
const STUBBORN: u8 = 2;

struct Odd<const HOW: u8>(RaftCore);

impl<const HOW: u8> Subject for Odd<HOW> {
    const NAME: &'static str = "odd";
    type Message = Message;

    fn start(setup: &Setup, restored: Restored) -> Result<Self, StartError> {
        match HOW {
            BROKEN => panic!("no node today"),
            STUBBORN => Err(StartError("no node today".to_owned())),
            _ => RaftCore::start(setup, restored).map(Odd),
        }
    }

    fn fork(&self) -> Option<Self> {
        None
    }

    fn fingerprint(&self) -> Option<u128> {
        None
    }

    fn label(message: &Message) -> Label {
        RaftCore::label(message)
    }

    fn claims(message: &Message) -> Claim {
        RaftCore::claims(message)
    }

    fn tick(&mut self) {
        if HOW == MOODY && TICKS.fetch_add(1, Ordering::Relaxed).is_multiple_of(7) {
            self.0.campaign();
        }
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

    fn advance(&mut self, write: WriteSeq) -> Result<(), AdvanceError> {
        self.0.advance(write)
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
        self.0.sync_wanted()
    }
}

fn trial(library: Library) -> Trial {
    let campaign = Campaign::new(Seed(1), Profile::Swarm3);
    Trial { check: Percent(100), ..Trial::new(Family { library, campaign }) }
}

fn first_run(library: Library) -> (Flow, Part) {
    let mut part = Part::default();
    let flow = trial(library).run(0, &mut part);
    (flow, part)
}

#[test]
fn a_library_that_is_the_same_twice_passes() {
    for library in [Library::of::<RaftCore>(), Library::of::<Unforkable>()] {
        let (flow, part) = first_run(library);
        assert_eq!(flow, Flow::Go);
        assert!(part.findings.is_empty());
        assert_eq!(part.totals.runs, 1, "the second time does not count");
    }
}

#[test]
fn a_library_with_moods_is_not_deterministic() {
    let (flow, part) = first_run(Library::of::<Odd<MOODY>>());
    assert_eq!(flow, Flow::Stop);
    assert!(matches!(part.findings[0].what, What::Diverged { .. }), "{:?}", part.findings);
}

#[test]
fn a_panic_outside_of_a_step_is_a_fault_of_the_harness() {
    let (flow, part) = first_run(Library::of::<Odd<BROKEN>>());
    assert_eq!(flow, Flow::Stop);
    let What::Fault(text) = &part.findings[0].what else { panic!("{:?}", part.findings) };
    assert!(text.starts_with("no node today at "), "{text}");
    assert_eq!(part.totals.runs, 0);
}

#[test]
fn a_library_that_does_not_start_ends_the_trial() {
    let (flow, part) = first_run(Library::of::<Odd<STUBBORN>>());
    assert_eq!(flow, Flow::Stop);
    assert!(matches!(part.findings[0].what, What::CannotBegin(_)));
}
