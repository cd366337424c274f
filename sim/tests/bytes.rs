//! Disks of bytes: every fault happens, a cluster bears those it can, and a lie is nobody's fault.

use syncline_sim::{Campaign, Goal, HostMutant, Mutant, Profile, RaftCore, Totals};
use syncline_traces::Seed;

fn totals(campaign: &Campaign, runs: u64) -> Totals {
    let mut totals = Totals::default();
    for number in 0..runs {
        let seed = campaign.seed_of(number);
        totals.add(seed, &campaign.run::<RaftCore>(seed).expect("a drawn plan is in range"));
    }
    totals
}

#[test]
fn every_fault_happens_and_is_borne() {
    let totals = totals(&Campaign::new(Seed(1), Profile::Disk), 400);
    assert_eq!((totals.violations, totals.out_of_contract), (0, 0));
    for goal in Goal::ALL.iter().filter(|goal| goal.is_of_bytes() && **goal != Goal::Lied) {
        assert!(totals.coverage.of(*goal) > 0, "{}", goal.word());
    }
    assert_eq!(totals.coverage.of(Goal::Lied), 0);
}

#[test]
fn what_comes_of_a_lie_is_outside_the_contract() {
    let totals = totals(&Campaign::new(Seed(1), Profile::LyingDisk), 200);
    assert_eq!(totals.violations, 0);
    assert!(totals.out_of_contract > 10, "{}", totals.out_of_contract);
    assert!(totals.coverage.of(Goal::Lied) > 100);
}

/// The verdict is about the disk, and not about whoever is broken on a disk that tells the truth.
#[test]
fn a_bug_is_a_bug_where_the_disk_tells_the_truth() {
    let mutant = Some(Mutant::Host(HostMutant::W15));
    let campaign = Campaign { mutant, ..Campaign::new(Seed(1), Profile::Disk) };
    let totals = totals(&campaign, 100);
    assert!(totals.violations > 0);
    assert_eq!(totals.out_of_contract, 0);
}
