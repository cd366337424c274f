//! How fast runs are: `cargo bench -p syncline-sim --bench runs`.
//!
//! Three nodes, the swarm profile, every oracle on, one core. Rates are per second of CPU time, so
//! that busy neighbours matter less; each is the median of five. What something costs is a ratio of
//! two rates measured in turns in one run. Instructions are counted by `valgrind`, where it is
//! installed: they are the same on every run, and are what to compare between two versions.

#![expect(clippy::print_stdout, reason = "a benchmark shows what it measures")]

use std::process::Command;

use cpu_time::ThreadTime;
use syncline_sim::{
    Campaign, Judges, Outcome, Profile, RaftCore, Run, Source, Strategy, Swarm, Tally, record,
};
use syncline_traces::Seed;

/// How many runs make one measurement.
const RUNS: u64 = 300;
const ROUNDS: usize = 5;

fn campaign() -> Campaign {
    Campaign::new(Seed(1), Profile::Swarm3)
}

/// Runs the first `runs` seeds before all oracles, or before none.
fn sweep(runs: u64, judges: fn(usize) -> Judges) -> Tally {
    let campaign = campaign();
    let mut sum = Tally::default();
    for number in 0..runs {
        let seed = campaign.seed_of(number);
        let plan = campaign.profile.draw(seed);
        let mut run = Run::<RaftCore>::before(judges(3), plan, None).expect("in range");
        run.drive(&mut Swarm::new(seed, plan.weights)).expect("on offer");
        assert!(run.violation().is_none(), "the core keeps its promises");
        sum.steps += run.tally().steps;
        sum.events += run.tally().events;
    }
    sum
}

/// CPU seconds of some work, and what the work says of itself.
fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let start = ThreadTime::now();
    let result = work();
    (start.elapsed().as_secs_f64(), result)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn speed() {
    let mut seconds = (Vec::new(), Vec::new());
    let mut tally = Tally::default();
    for _ in 0..ROUNDS {
        let (with, sum) = timed(|| sweep(RUNS, Judges::all));
        let (without, _) = timed(|| sweep(RUNS, Judges::none));
        tally = sum;
        seconds.0.push(with);
        seconds.1.push(without);
    }
    let ratios = seconds.0.iter().zip(&seconds.1).map(|(with, without)| with / without).collect();
    let all = median(seconds.0);
    println!(
        "all oracles      {:>12.0} events/s   {:>12.0} steps/s",
        per(tally.events, all),
        per(tally.steps, all)
    );
    let none = median(seconds.1);
    println!(
        "no oracle        {:>12.0} events/s   {:>12.0} steps/s",
        per(tally.events, none),
        per(tally.steps, none)
    );
    println!("oracles cost     {:>12.2} x the time without", median(ratios));
}

fn per(count: u64, seconds: f64) -> f64 {
    count as f64 / seconds
}

/// A trace with every event, its causes and digests, against the run alone.
fn recording() {
    let campaign = campaign();
    let outcomes: Vec<(Seed, Outcome)> = (0..30)
        .map(|number| {
            let seed = campaign.seed_of(number);
            (seed, campaign.run::<RaftCore>(seed).expect("in range"))
        })
        .collect();
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let (alone, ()) = timed(|| {
            for (seed, _) in &outcomes {
                campaign.run::<RaftCore>(*seed).expect("in range");
            }
        });
        let (recorded, ()) = timed(|| {
            for (seed, outcome) in &outcomes {
                let source = Source { seed: Some(*seed), plan: outcome.plan, mutant: None };
                record::<RaftCore>(&source, &outcome.choices).expect("its own choices");
            }
        });
        ratios.push(recorded / alone);
    }
    println!("recording costs  {:>12.2} x the time of the run", median(ratios));
}

fn forks() {
    let seed = Seed(11);
    let plan = Profile::Swarm3.draw(seed);
    let mut run = Run::<RaftCore>::new(plan, None).expect("in range");
    let mut swarm = Swarm::new(seed, plan.weights);
    for _ in 0..250 {
        let choice = swarm.next(run.world()).expect("something is on offer");
        run.take(&choice).expect("on offer");
    }
    const FORKS: u64 = 20_000;
    let nanos = |seconds: f64| seconds * 1e9 / FORKS as f64;
    let (world, ()) = timed(|| (0..FORKS).for_each(|_| drop(run.world().fork())));
    let (whole, ()) = timed(|| (0..FORKS).for_each(|_| drop(run.fork())));
    println!("fork of a world  {:>12.0} ns", nanos(world));
    println!("fork of a run    {:>12.0} ns, with its oracles and choices", nanos(whole));
}

fn allocations() {
    let mut tally = Tally::default();
    let info = allocation_counter::measure(|| tally = sweep(50, Judges::all));
    println!("allocations      {:>12.2} a step", info.count_total as f64 / tally.steps as f64);
}

/// Instructions of this program doing nothing but a sweep, counted by `valgrind`.
#[expect(clippy::disallowed_methods, reason = "the counting is another program's")]
fn counted(runs: u64) -> Option<u64> {
    let program = std::env::current_exe().ok()?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["--sweep", &runs.to_string()])
        .output()
        .ok()?;
    let report = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = report.lines().find_map(|line| line.split_once("Collected : "))?;
    line.1.trim().parse().ok()
}

fn instructions() {
    let (short, long) = (10, 40);
    let steps = sweep(long, Judges::all).steps - sweep(short, Judges::all).steps;
    match (counted(short), counted(long)) {
        (Some(few), Some(many)) => {
            println!("instructions     {:>12.0} a step", (many - few) as f64 / steps as f64);
        }
        _ => println!("instructions     not measured: valgrind not found"),
    }
}

#[expect(clippy::disallowed_methods, reason = "valgrind starts this program with a command")]
fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, verb, runs] = &arguments[..]
        && verb == "--sweep"
    {
        sweep(runs.parse().expect("a number of runs"), Judges::all);
        return;
    }
    speed();
    recording();
    allocations();
    forks();
    instructions();
}
