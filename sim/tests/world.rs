//! The world as a labelled transition system: what it offers, it does; what it does not offer, it
//! refuses; a fork is the same world; and a fingerprint tells worlds apart.

use syncline_raft::NodeId;
use syncline_sim::{Profile, RaftCore, Run, Strategy, Swarm, World, seed_of_run};
use syncline_traces::{Choice, Command, Damage, Event, IoFault, Keep, OpNo, Seed, Sort, WriteNo};

fn node(number: u64) -> NodeId {
    NodeId::new(number).expect("not zero")
}

/// Walks some runs and shows the test every state on the way, with the choice that comes next.
fn walk(runs: u64, mut see: impl FnMut(&World<RaftCore>, &Choice)) {
    for number in 0..runs {
        let seed = seed_of_run(Seed(7), number);
        let profile = [Profile::Swarm, Profile::Disk][number as usize % 2];
        let plan = profile.draw(seed);
        let mut world = World::<RaftCore>::new(plan, None).expect("a drawn plan is in range");
        let mut swarm = Swarm::new(seed, plan.weights);
        let mut events = Vec::new();
        for _ in 0..300 {
            let Some(choice) = swarm.next(&world) else {
                break;
            };
            see(&world, &choice);
            world.step(&choice, &mut events).expect("a strategy picks what is on offer");
            events.clear();
        }
    }
}

#[test]
fn what_is_listed_is_offered_and_can_be_done() {
    let mut listed = Vec::new();
    let mut tried = 0_u64;
    let mut count = 0_u64;
    walk(12, |world, _| {
        listed.clear();
        world.enabled(&mut listed);
        count += 1;
        for (position, choice) in listed.iter().enumerate() {
            assert!(world.offers(choice), "{choice}");
            // Doing each of them in each state would take too long; every seventh will do.
            if (position as u64 + count).is_multiple_of(7) {
                let mut fork = world.fork().expect("our core forks");
                let mut events = Vec::new();
                fork.step(choice, &mut events).unwrap_or_else(|error| panic!("{error}"));
                assert!(!events.is_empty(), "every choice leaves an event: {choice}");
                tried += 1;
            }
        }
    });
    assert!(tried > 5_000, "{tried}");
}

#[test]
fn a_list_is_sorted_by_sort_and_free_of_twins() {
    let mut listed: Vec<Choice> = Vec::new();
    walk(8, |world, next| {
        listed.clear();
        world.enabled(&mut listed);
        assert!(listed.contains(next) || next.sort() == Sort::CrashMachine);
        assert!(listed.windows(2).all(|pair| pair[0].sort() <= pair[1].sort()));
        let mut sorted = listed.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), listed.len());
    });
}

#[test]
fn an_offer_names_exactly_the_sorts_that_are_listed() {
    let mut listed = Vec::new();
    walk(12, |world, _| {
        for sort in Sort::ALL {
            listed.clear();
            world.list(sort, &mut listed);
            assert_eq!(world.offer().has(sort), !listed.is_empty(), "{}", sort.word());
            assert!(listed.iter().all(|choice| choice.sort() == sort));
        }
    });
}

#[test]
fn what_is_not_offered_is_refused_and_changes_nothing() {
    let absurd = [
        Choice::Tick(node(9)),
        Choice::Write(node(1), WriteNo(1_000_000)),
        Choice::BeginSync(node(1), WriteNo(1_000_000)),
        Choice::CompleteSync(node(2), WriteNo(1_000_000)),
        Choice::ReportSync(node(1), WriteNo(0)),
        Choice::CrashMachine(node(1), Keep::Prefix(1_000)),
        Choice::CrashMachine(node(1), Keep::Subset(u64::MAX)),
        Choice::Propose(node(1), Command(0)),
        Choice::Ready(node(9)),
        Choice::CompleteOp(node(1), OpNo(1_000_000)),
        Choice::FailOp(node(9), OpNo(0), IoFault::Late),
        Choice::Open(node(9)),
        Choice::Damage(node(1), WriteNo(1_000_000), Damage::Rot),
    ];
    walk(4, |world, _| {
        let mut fork = world.fork().expect("our core forks");
        let before = fork.fingerprint();
        let mut events = Vec::new();
        for choice in &absurd {
            let possible = matches!(choice, Choice::CrashMachine(_, Keep::Subset(_)))
                && (world.plan().has_bytes() || world.disks()[0].unsynced() == 64);
            if !possible {
                assert!(fork.step(choice, &mut events).is_err(), "{choice}");
            }
        }
        assert!(events.is_empty());
        assert_eq!(fork.fingerprint(), before);
    });
}

#[test]
fn a_fork_goes_the_same_way_and_leaves_the_original_alone() {
    walk(6, |world, next| {
        let before = world.fingerprint();
        let mut ends = Vec::new();
        for _ in 0..2 {
            let mut fork = world.fork().expect("our core forks");
            assert_eq!(fork.fingerprint(), before);
            let mut events: Vec<Event> = Vec::new();
            fork.step(next, &mut events).expect("on offer");
            ends.push((fork.fingerprint(), events));
        }
        assert_eq!(ends[0], ends[1]);
        assert_eq!(world.fingerprint(), before);
    });
}

#[test]
fn orders_that_commute_lead_to_the_same_fingerprint() {
    // Two nodes each take a tick: the order cannot matter, and the fingerprint must know.
    let plan = Profile::Swarm3.draw(Seed(3));
    let start = World::<RaftCore>::new(plan, None).expect("in range");
    let go = |order: [u64; 2]| {
        let mut world = start.fork().expect("our core forks");
        let mut events = Vec::new();
        for number in order {
            world.step(&Choice::Tick(node(number)), &mut events).expect("on offer");
        }
        world.fingerprint()
    };
    assert_eq!(go([1, 2]), go([2, 1]));
    assert_ne!(go([1, 2]), start.fingerprint());
}

#[test]
fn a_fork_of_a_run_ends_like_the_run() {
    let seed = Seed(11);
    let plan = Profile::Swarm3.draw(seed);
    let mut run = Run::<RaftCore>::new(plan, None).expect("in range");
    let mut swarm = Swarm::new(seed, plan.weights);
    for _ in 0..200 {
        let choice = swarm.next(run.world()).expect("something is on offer");
        run.take(&choice).expect("on offer");
    }
    let mut fork = run.fork().expect("our core forks");
    let mut same = swarm.clone();
    run.drive(&mut swarm).expect("on offer");
    fork.drive(&mut same).expect("on offer");
    assert_eq!(run.digest(), fork.digest());
    assert_eq!(run.choices(), fork.choices());
}
