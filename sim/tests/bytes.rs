//! Disks of bytes: every fault happens, a cluster bears those it can, and a lie is nobody's fault.

use std::collections::BTreeSet;

use syncline_raft::{Index, NodeId};
use syncline_sim::{
    BadTimes, Calm, Campaign, Goal, HostMutant, Mutant, Plan, Profile, RaftCore, Run, Span,
    Strategy, Swarm, Timing, Totals, Weights, World, run_once,
};
use syncline_traces::{Chain, Choice, Seed, Sort, Verdict};

fn totals(campaign: &Campaign, runs: u64) -> Totals {
    let mut totals = Totals::default();
    for number in 0..runs {
        let seed = campaign.seed_of(number);
        totals.add(seed, &campaign.run::<RaftCore>(seed).expect("a drawn plan is in range"));
    }
    totals
}

/// In so many runs; the rarest is the loss of a newest segment, for of most the one before is not sealed.
#[test]
fn every_fault_happens_and_is_borne() {
    let campaign = Campaign::new(Seed(1), Profile::Disk);
    let mut totals = Totals::default();
    let faults = || Goal::ALL.iter().filter(|goal| goal.is_of_bytes() && **goal != Goal::Lied);
    for number in 0..2_000 {
        let seed = campaign.seed_of(number);
        totals.add(seed, &campaign.run::<RaftCore>(seed).expect("a drawn plan is in range"));
        if number >= 300 && faults().all(|goal| totals.coverage.of(*goal) > 0) {
            break;
        }
    }
    assert_eq!((totals.violations, totals.out_of_contract), (0, 0));
    for goal in faults() {
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

/// The farthest commit that any node knows of what it has issued, and its history.
fn committed(run: &Run<RaftCore>) -> (Index, Chain) {
    let world = run.world();
    let of_host = world.hosts().iter().zip(world.logs());
    let known = of_host.filter_map(|(host, log)| {
        let commit = host.status()?.committed;
        Some((commit, log.chain(commit)?))
    });
    known.max_by_key(|(commit, _)| *commit).unwrap_or_default()
}

/// Case 43 of the log's table: everybody loses power at once, and nothing that was committed is lost.
#[test]
fn what_is_committed_outlives_a_power_cut_of_all() {
    let quiet = [Sort::CrashProcess, Sort::CrashMachine, Sort::Campaign, Sort::Calm];
    let weights = quiet.iter().fold(Weights::default(), |weights, sort| weights.with(*sort, 0));
    let plan = Plan {
        segment_bytes: 6_144,
        calm_ticks: 10_000,
        steps_max: 300,
        weights: weights.with(Sort::Deliver, 10).with(Sort::Ready, 5).with(Sort::Write, 5),
        ..Plan::scripted(3)
    };
    let mut survived = 0;
    for seed in 0..1_000 {
        let mut run = Run::<RaftCore>::new(plan, None).expect("in range");
        run.drive(&mut Swarm::new(Seed(seed), plan.weights)).expect("on offer");
        let (commit, history) = committed(&run);
        for node in 1..=3 {
            let node = NodeId::new(node).expect("not zero");
            let mut cuts: Vec<Choice> = Vec::new();
            run.world().list_for(node, Sort::CrashMachine, &mut cuts);
            let cut = cuts[(seed * 7 + node.number()) as usize % cuts.len()];
            run.take(&cut).expect("on offer");
        }
        run.calm_down(&mut Calm::new(&plan).expect("there is one")).expect("on offer");
        assert_eq!(run.verdict(), Verdict::Passed, "seed {seed}");
        let world = run.world();
        let has_it = world
            .logs()
            .iter()
            .filter(|log| log.base().index > commit || log.chain(commit) == Some(history));
        let has_it = has_it.count();
        assert!(has_it >= 2, "seed {seed}: {has_it} nodes have what was committed");
        survived += commit.0;
    }
    assert!(survived > 1_000, "{survived} entries were committed in all");
}

/// Disks that stall for ten seconds now and then, and what becomes of the commits meanwhile: others make
/// them, whoever's disk stalls, and nobody applies what its disk does not have.
#[test]
fn a_stalled_disk_costs_time_and_nothing_else() {
    let run_with = |bad_times| {
        let mut totals = Totals::default();
        for number in 0..40 {
            let seed = Campaign::new(Seed(1), Profile::DiskTimed).seed_of(number);
            let plan = Profile::DiskTimed.draw(seed);
            let timing = plan.timing.map(|timing| Timing { bad_times, ..timing });
            // In a calm no disk stalls any more, and then whatever waited is committed.
            let plan = Plan { timing, calm_ticks: 0, calm_hung: 0, ..plan };
            totals.add(seed, &run_once::<RaftCore>(seed, plan, None).expect("in range"));
        }
        assert_eq!(totals.violations, 0);
        totals
    };
    let stall = Span { min: 10_000_000, max: 10_000_000 };
    let stalls = |per_mille| Some(BadTimes { per_mille, lasts: stall, times: 0 });
    let (never, sometimes, always) =
        (run_with(None), run_with(stalls(20)), run_with(stalls(1_000)));
    let commits = |totals: &Totals| totals.coverage.of(Goal::Committed);
    assert!(commits(&sometimes) < commits(&never), "{} commits", commits(&sometimes));
    assert!(commits(&always) * 10 < commits(&never), "{} commits", commits(&always));
    assert!(sometimes.coverage.of(Goal::CommitAhead) > 0);
}

/// No more disks are damaged than a plan allows, whoever was on offer when the first one was.
#[test]
fn as_many_disks_are_damaged_as_a_quorum_can_do_without() {
    let often = [Sort::Ready, Sort::Write, Sort::BeginSync, Sort::CompleteSync, Sort::ReportSync];
    let weights = often.iter().fold(Weights::default(), |weights, sort| weights.with(*sort, 10));
    let weights = weights.with(Sort::Deliver, 20).with(Sort::Tick, 10).with(Sort::Campaign, 0);
    for damages_open in [false, true] {
        let plan = Plan { segment_bytes: 6_144, damaged_max: 2, damages_open, ..quiet(5) };
        let plan = Plan { weights, ..plan };
        let (mut most, mut open) = (0, 0);
        for seed in 0..40 {
            let mut world = World::<RaftCore>::new(plan, None).expect("in range");
            let mut swarm = Swarm::new(Seed(seed), plan.weights);
            let (mut events, mut damaged) = (Vec::new(), BTreeSet::new());
            for _ in 0..1_000 {
                let Some(choice) = swarm.next(&world) else {
                    break;
                };
                if let Choice::Damage(node, ..) = choice {
                    damaged.insert(node);
                    open += usize::from(world.disks()[node.number() as usize - 1].is_open());
                }
                world.step(&choice, &mut events).expect("on offer");
            }
            most = most.max(damaged.len());
        }
        assert_eq!(most, 2);
        assert_eq!(open > 0, damages_open, "{open} open logs were damaged");
    }
}

/// Nothing but crashes, commands and what becomes of them.
fn quiet(nodes: u32) -> Plan {
    Plan {
        changes_max: 0,
        transfers_max: 0,
        nuisances_max: 0,
        reads_max: 0,
        ..Plan::scripted(nodes)
    }
}
