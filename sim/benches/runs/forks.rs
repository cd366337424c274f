//! What it costs to fork, halfway through some runs.

use std::hint::black_box;

use syncline_sim::{Profile, RaftCore, Run, Strategy, Swarm, seed_of_run};
use syncline_traces::Seed;

use crate::{ROUNDS, median, seconds};

const RUNS: u64 = 50;
const FORKS: u64 = 400;
/// How many choices each run has behind it.
const CHOICES: usize = 500;

fn halfway(number: u64) -> Run<RaftCore> {
    let seed = seed_of_run(Seed(1), number);
    let plan = Profile::Swarm3.draw(seed);
    let mut run = Run::new(plan, None).expect("in range");
    let mut swarm = Swarm::new(seed, plan.weights);
    for _ in 0..CHOICES {
        let choice = swarm.next(run.world()).expect("something is on offer");
        run.take(&choice).expect("on offer");
    }
    run
}

pub(crate) fn measure() {
    let runs: Vec<Run<RaftCore>> = (0..RUNS).map(halfway).collect();
    let nanos = |fork: &dyn Fn(&Run<RaftCore>)| {
        let all = || runs.iter().for_each(|run| (0..FORKS).for_each(|_| fork(run)));
        median((0..ROUNDS).map(|_| seconds(all))) * 1e9 / (RUNS * FORKS) as f64
    };
    let world = nanos(&|run| drop(black_box(run.world().fork())));
    let whole = nanos(&|run| drop(black_box(run.fork())));
    println!("{world:>11.0}  ns to fork a world after {CHOICES} choices, and to drop it");
    println!("{whole:>11.0}  ns to fork a run, with its oracles and choices, and to drop it");
}
