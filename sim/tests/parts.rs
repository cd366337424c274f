//! The parts of the world by themselves: the network, plans, the disk's evidence.

use syncline_raft::{Index, NodeId, Term};
use syncline_sim::{Label, Load, Net, Plan, Profile, Weights, Which, seed_of_run};
use syncline_traces::{Direction, Link, MessageKey, MessageKind, NodeSet, Seed, Sort};

fn node(number: u64) -> NodeId {
    NodeId::new(number).expect("not zero")
}

fn link(from: u64, to: u64) -> Link {
    Link { from: node(from), to: node(to) }
}

fn label(from: u64, to: u64, index: u64) -> Label {
    Label {
        link: link(from, to),
        kind: MessageKind::Append,
        term: Term(1),
        index: Index(index),
        load: Load::default(),
    }
}

fn keys(net: &Net<u64>, which: Which) -> Vec<(Link, MessageKey)> {
    let mut keys = Vec::new();
    net.for_each(which, |link, key| keys.push((link, key)));
    keys
}

const ALL_UP: Which = Which::Deliverable { down: NodeSet::from_bits(0) };

#[test]
fn equal_messages_on_a_link_have_names_of_their_own() {
    let mut net: Net<u64> = Net::new(3, 8);
    let nth = |net: &mut Net<u64>| net.send(label(1, 2, 7), 0).0.nth;
    assert_eq!([nth(&mut net), nth(&mut net), nth(&mut net)], [0, 1, 2]);
    let first = keys(&net, ALL_UP)[0].1;
    assert_eq!(net.deliver(link(1, 2), first), Some(0));
    assert_eq!(nth(&mut net), 3, "a name that is in use is not given again");
    assert_eq!(net.deliver(link(1, 2), first), None);
    assert_eq!(net.send(label(1, 3, 7), 0).0.nth, 0, "names are per link");
}

#[test]
fn a_full_link_loses_what_is_sent_beyond() {
    let mut net: Net<u64> = Net::new(2, 2);
    assert!(net.send(label(1, 2, 1), 0).1);
    assert!(net.send(label(1, 2, 2), 0).1);
    assert!(!net.send(label(1, 2, 3), 0).1);
    assert!(net.send(label(2, 1, 3), 0).1, "the other way has room of its own");
    assert_eq!(net.in_flight(), 3);
}

#[test]
fn a_cut_link_holds_its_messages_until_the_heal() {
    let mut net: Net<u64> = Net::new(3, 8);
    for (from, to) in [(1, 2), (2, 1), (1, 3)] {
        net.send(label(from, to, 1), 0);
    }
    let (one, two) = (NodeSet::default().with(node(1)), NodeSet::default().with(node(2)));
    net.cut(one, two, Direction::OneWay);
    let passing: Vec<Link> = keys(&net, ALL_UP).into_iter().map(|(link, _)| link).collect();
    assert_eq!(passing, [link(1, 3), link(2, 1)]);
    net.cut(one, two, Direction::Both);
    assert_eq!(keys(&net, ALL_UP).len(), 1);
    assert_eq!(keys(&net, Which::InFlight).len(), 3, "they may still be lost");
    net.heal();
    assert_eq!(keys(&net, ALL_UP).len(), 3);
    assert_eq!(keys(&net, Which::Deliverable { down: two }).len(), 2, "nobody is there to listen");
}

#[test]
fn a_fingerprint_forgets_what_has_left_and_counts_overtaking() {
    let mut net: Net<u64> = Net::new(2, 8);
    let empty = net.fingerprint();
    net.send(label(1, 2, 1), 10);
    let one = net.fingerprint();
    net.send(label(1, 2, 2), 20);
    let second = keys(&net, ALL_UP)[1].1;
    net.deliver(link(1, 2), second);
    assert_eq!(net.overtakes(), 1);
    assert_eq!(net.fingerprint(), one);
    let first = keys(&net, ALL_UP)[0].1;
    net.lose(link(1, 2), first);
    assert_eq!(net.fingerprint(), empty);
}

#[test]
fn every_drawn_plan_is_in_range_and_reads_back() {
    for profile in Profile::ALL {
        for number in 0..300 {
            let plan = profile.draw(seed_of_run(Seed(9), number));
            plan.validate().expect("in range");
            let text = serde_json::to_string(&plan).expect("a plan is plain data");
            assert_eq!(serde_json::from_str::<Plan>(&text).expect("it reads back"), plan);
        }
    }
}

#[test]
fn a_swarm_leaves_things_out_and_differs_from_run_to_run() {
    let plans: Vec<Plan> =
        (0..400).map(|number| Profile::Swarm.draw(seed_of_run(Seed(4), number))).collect();
    for sort in [Sort::CrashMachine, Sort::CrashProcess, Sort::Cut, Sort::Drop, Sort::Duplicate] {
        let without = plans.iter().filter(|plan| plan.weights.of(sort) == 0).count();
        assert!((40..200).contains(&without), "{without} of 400 are without {}", sort.word());
    }
    for nodes in [1, 2, 3, 4, 5] {
        assert!(plans.iter().any(|plan| plan.nodes == nodes), "{nodes}");
    }
    let mut digests: Vec<_> = plans.iter().map(Plan::digest).collect();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), plans.len());
}

#[test]
fn a_plan_out_of_range_is_refused_by_the_field() {
    let wrong = |change: fn(&mut Plan)| {
        let mut plan = Plan::scripted(3);
        change(&mut plan);
        plan.validate().expect_err("it is out of range").to_string()
    };
    assert_eq!(wrong(|p| p.nodes = 0), "plan: expected nodes to be from 1 to 9");
    assert_eq!(wrong(|p| p.nodes = 10), "plan: expected nodes to be from 1 to 9");
    assert_eq!(
        wrong(|p| p.election_ticks = p.heartbeat_ticks),
        "plan: expected election_ticks to be above heartbeat_ticks"
    );
    assert_eq!(wrong(|p| p.link_capacity = 0), "plan: expected link_capacity to be more than 0");
    assert!(serde_json::from_str::<Plan>("{\"nodes\":3}").is_err(), "no field is guessed");
    let text = serde_json::to_string(&Weights::default()).expect("plain data");
    assert!(serde_json::from_str::<Weights>(&text.replace("tick", "tock")).is_err());
}
