//! What the level of bytes costs: the same plans, with it and without.

use syncline_sim::{Plan, Profile, RaftCore, Tally, run_once, seed_of_run};
use syncline_traces::Seed;

use crate::{ROUNDS, median, seconds};

const RUNS: u64 = 200;

/// A plan of the disk profile, on a disk of records.
fn of_records(plan: Plan) -> Plan {
    Plan { segment_bytes: 0, io_faults_max: 0, damaged_max: 0, ..plan }
}

/// Events a second, with all oracles.
fn speed(plan_of: impl Fn(Plan) -> Plan) -> f64 {
    let mut events = 0;
    let time = seconds(|| {
        for number in 0..RUNS {
            let seed = seed_of_run(Seed(1), number);
            let plan = plan_of(Profile::Disk.draw(seed));
            let outcome = run_once::<RaftCore>(seed, plan, None).expect("in range");
            let Tally { events: more, .. } = outcome.tally;
            events += more;
        }
    });
    events as f64 / time
}

pub(crate) fn measure() {
    let pairs: Vec<(f64, f64)> =
        (0..ROUNDS).map(|_| (speed(|plan| plan), speed(of_records))).collect();
    let bytes = median(pairs.iter().map(|(bytes, _)| *bytes));
    let ratio = median(pairs.iter().map(|(bytes, records)| records / bytes));
    println!("{bytes:>12.0} events/s on disks of bytes, with every fault and all oracles");
    println!("{ratio:>12.2} times as many on disks of records, by the same plans");
}
