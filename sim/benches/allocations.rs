//! How often runs ask for memory: `cargo bench -p syncline-sim --bench allocations`.
//!
//! Counting slows the allocator down, so it is done in a program of its own.

#![expect(clippy::print_stdout, reason = "a benchmark shows what it measures")]

use syncline_sim::{Campaign, Profile, RaftCore};
use syncline_traces::Seed;

const RUNS: u64 = 100;

fn main() {
    let campaign = Campaign::new(Seed(1), Profile::Swarm3);
    let mut steps = 0;
    let counted = allocation_counter::measure(|| {
        for number in 0..RUNS {
            let outcome = campaign.run::<RaftCore>(campaign.seed_of(number)).expect("in range");
            steps += outcome.tally.steps;
        }
    });
    let a_step = |count: u64| count as f64 / steps as f64;
    println!("{:>11.2}  allocations a step, all oracles on", a_step(counted.count_total));
    println!("{:>11.0}  bytes allocated a step", a_step(counted.bytes_total));
}
