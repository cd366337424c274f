//! What the oracles of liveness find by chance, once faults have ceased, beyond what the roster demands
//! of its easy rows; and that they convict nobody who is only short of a disk.

#![cfg(feature = "mutants")]

use syncline_sim::{Campaign, Mutant, OracleId, Plan, Profile, RaftCore, run_once, seed_of_run};
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
fn a_joint_membership_that_waits_for_a_snapshot_is_not_left() {
    convicts(OracleId::L4, "N12");
}

#[test]
fn a_snapshot_that_failed_and_is_not_sent_again_keeps_a_late_comer_out() {
    convicts(OracleId::L5, "N11");
}

/// Profiles draw this seldom, since it takes much to be drawn with it.
#[test]
fn a_cluster_lives_with_one_disk_that_hangs() {
    let mut hung = 0;
    for number in 0..400 {
        let seed = seed_of_run(Seed(12), number);
        let plan = Profile::Everything.draw(seed);
        if plan.calm_ticks == 0 || plan.voters < 3 {
            continue;
        }
        let plan = Plan {
            calm_hung: 1 + number as u32 % plan.voters,
            calm_sync_ticks: 0,
            // Longer than any policy of a host lets a write wait.
            sync_stall_ticks_max: 40,
            changes_max: 0,
            groups: 0,
            priorities: false,
            ..plan
        };
        let outcome = run_once::<RaftCore>(seed, plan, None).expect("in range");
        assert_eq!(outcome.violation, None, "run {number}");
        hung += 1;
    }
    assert!(hung > 50, "{hung}");
}
