//! The fuzz runs of `cargo test`: the core as it is, before all oracles.
//!
//! `SYNCLINE_SEED`, `SYNCLINE_RUNS` and `SYNCLINE_REPLAY` are those of `syncline_sim::testing`.

use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use syncline_scenarios::arb;
use syncline_sim::testing::{Check, examine};
use syncline_sim::{Goal, Profile, RaftCore, Unforkable};
use syncline_traces::Seed;

#[test]
fn the_core_keeps_its_promises_in_a_swarm() {
    let check = Check::<RaftCore>::new("the_core_keeps_its_promises_in_a_swarm").runs(1_500);
    // What this project is about must have been tried, or the runs prove nothing.
    check
        .goal(Goal::CommitAhead)
        .goal(Goal::LostUnsynced)
        .goal(Goal::LostLeaderTail)
        .goal(Goal::TruncatedUnsynced)
        .goal(Goal::Holes)
        .goal(Goal::Recovered)
        .goal(Goal::LateReport)
        .run();
}

#[test]
fn the_core_keeps_its_promises_on_timed_hosts() {
    let check = Check::<RaftCore>::new("the_core_keeps_its_promises_on_timed_hosts");
    check.profile(Profile::Timed).runs(300).goal(Goal::CommitAhead).goal(Goal::Unreported).run();
}

#[test]
fn a_library_that_cannot_be_forked_is_fuzzed_all_the_same() {
    Check::<Unforkable>::new("a_library_that_cannot_be_forked_is_fuzzed_all_the_same")
        .runs(200)
        .run();
}

#[test]
fn any_plan_is_survived() {
    const NAME: &str = "any_plan_is_survived";
    let config = Config { cases: 300, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let plans = (arb::seeds(), arb::plans(1_500));
    let result = runner.run(&plans, |(Seed(seed), plan)| {
        let outcome = syncline_sim::run_once::<RaftCore>(Seed(seed), plan, None);
        let violation = outcome.expect("every drawn plan is in range").violation;
        match violation {
            None => Ok(()),
            Some(violation) => Err(proptest::test_runner::TestCaseError::fail(violation.found)),
        }
    });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(_, (seed, plan))) => {
            let failure = examine::<RaftCore>(NAME, seed, plan).expect_err("it failed just now");
            panic!("{failure}");
        }
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}

#[test]
#[should_panic(expected = "reproduce: SYNCLINE_REPLAY=")]
fn a_failure_ends_with_the_line_that_reproduces_it() {
    let mutant = "F4".parse().expect("F4 is a mutant");
    Check::<RaftCore>::new("a_failure_ends_with_the_line_that_reproduces_it").mutant(mutant).run();
}
