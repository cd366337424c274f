//! The oracles of liveness can convict: each finds a known bug, once faults have ceased.

#![cfg(feature = "mutants")]

use syncline_sim::{Campaign, Mutant, OracleId, Profile, RaftCore};
use syncline_traces::Seed;

/// More runs than any of these bugs needs.
const RUNS_MAX: u64 = 3_000;

/// Some run of the campaign with this bug breaks this promise.
#[track_caller]
fn convicts(oracle: OracleId, mutant: &str) {
    let mutant: Mutant = mutant.parse().expect("a known bug");
    let campaign = Campaign { mutant: Some(mutant), ..Campaign::new(Seed(9), Profile::Everything) };
    let convicted = (0..RUNS_MAX).any(|number| {
        let outcome = campaign.run::<RaftCore>(campaign.seed_of(number)).expect("in range");
        outcome.violation.is_some_and(|violation| violation.oracle == oracle.name())
    });
    assert!(convicted, "{mutant} was not convicted by {oracle} in {RUNS_MAX} runs");
}

#[test]
fn timers_without_jitter_elect_nobody() {
    convicts(OracleId::L1, "L-k");
}

#[test]
fn a_refused_snapshot_leaves_a_member_behind() {
    convicts(OracleId::L2, "N12");
}

#[test]
fn a_read_without_an_outcome_never_ends() {
    convicts(OracleId::L3, "L-f");
}

#[test]
fn a_joint_membership_that_waits_for_a_snapshot_is_not_left() {
    convicts(OracleId::L4, "N12");
}

#[test]
fn a_snapshot_that_failed_and_is_not_sent_again_keeps_a_late_comer_out() {
    convicts(OracleId::L5, "N11");
}
