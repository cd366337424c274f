//! The same seed is the same run: in one process, in two, on one thread or many, recorded or not.

use std::process::Command;

use syncline_sim::{
    Campaign, Judges, Profile, RaftCore, Run, Source, Swarm, Totals, Unforkable, record, replay,
    run_once,
};
use syncline_traces::{Digest, Seed, Trace};

/// What a few runs amount to; the same in debug and release builds, on every machine. A change of
/// the core or the simulator that moves it makes recorded traces stale: say why when you change it.
const PINNED: &str = "9da4491d6e009276509914053cf5f9ba";

/// The same on disks of bytes.
const PINNED_BYTES: &str = "4a3d78668dc6c2c4afe567eaf1717bdf";

fn campaign(profile: Profile) -> Campaign {
    Campaign::new(Seed(42), profile)
}

fn totals(profile: Profile, runs: impl Iterator<Item = u64>) -> Totals {
    let campaign = campaign(profile);
    let mut totals = Totals::default();
    for number in runs {
        let seed = campaign.seed_of(number);
        totals.add(seed, &campaign.run::<RaftCore>(seed).expect("a drawn plan is in range"));
    }
    totals
}

#[test]
fn digests_are_pinned() {
    assert_eq!(totals(Profile::Swarm, 0..20).digest.to_string(), PINNED);
    assert_eq!(totals(Profile::Disk, 0..20).digest.to_string(), PINNED_BYTES);
}

#[test]
fn the_order_of_runs_does_not_matter() {
    let forward = totals(Profile::Swarm, 0..20);
    assert_eq!(forward, totals(Profile::Swarm, (0..20).rev()));
    let mut halves = totals(Profile::Swarm, 0..7);
    halves.merge(&totals(Profile::Swarm, 7..20));
    assert_eq!(forward, halves);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test asks whether threads make a difference")]
fn threads_do_not_matter() {
    let alone = totals(Profile::Swarm, 0..16).digest;
    let shared = std::thread::scope(|scope| {
        let work = |first: u64| move || totals(Profile::Swarm, (first..16).step_by(4)).digest;
        let threads: Vec<_> = (0..4).map(|first| scope.spawn(work(first))).collect();
        let digests = threads.into_iter().map(|thread| thread.join().expect("no panic"));
        digests.fold(Digest::default(), Digest::plus)
    });
    assert_eq!(alone, shared);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test starts itself as a second process")]
fn processes_do_not_matter() {
    let program = std::env::current_exe().expect("the test runs from a file");
    let run = || {
        let mut command = Command::new(&program);
        command.args(["digests_are_pinned", "--exact"]).output().expect("the test starts")
    };
    // Addresses and the allocator's state differ between processes; the pinned digest does not.
    assert!(run().status.success());
    assert!(run().status.success());
}

#[test]
fn judges_do_not_matter_to_a_passing_run() {
    let seed = Seed(5);
    let plan = Profile::Swarm3.draw(seed);
    let digest = |judges: Judges| {
        let mut run = Run::<RaftCore>::before(judges, plan, None).expect("in range");
        run.drive(&mut Swarm::new(seed, plan.weights)).expect("on offer");
        run.digest()
    };
    assert_eq!(digest(Judges::all(&plan)), digest(Judges::none(&plan)));
}

#[test]
fn a_subject_that_cannot_be_forked_runs_the_same_way_each_time() {
    let seed = Seed(9);
    let plan = Profile::Swarm.draw(seed);
    let once = || run_once::<Unforkable>(seed, plan, None).expect("in range");
    assert_eq!(once().digest, once().digest);
    let core = run_once::<RaftCore>(seed, plan, None).expect("in range");
    assert_eq!(once().choices, core.choices, "it is the same core behind another face");
    assert_ne!(once().digest, core.digest, "its memory is not in the digest");
    assert!(Run::<Unforkable>::new(plan, None).expect("in range").fork().is_none());
}

#[test]
fn a_recorded_run_plays_again_line_by_line() {
    for (profile, number) in [(Profile::Swarm, 3), (Profile::Timed, 4), (Profile::Disk, 5)] {
        let seed = campaign(profile).seed_of(number);
        let plan = profile.draw(seed);
        let outcome = run_once::<RaftCore>(seed, plan, None).expect("in range");
        let source = Source { seed: Some(seed), plan, mutant: None };
        let trace = record::<RaftCore>(&source, &outcome.choices).expect("the choices are its own");
        assert_eq!(trace.choices(), outcome.choices);
        let read = Trace::parse(&trace.to_text()).expect("what is written can be read");
        assert_eq!(read, trace);
        let again = replay::<RaftCore>(&read).expect("not stale");
        assert_eq!(again.digest, outcome.digest);
    }
}
