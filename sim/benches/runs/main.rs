//! How fast runs are, and what each part of a run costs: `cargo bench -p syncline-sim --bench runs`.
//!
//! Three nodes, the swarm profile, one core. Rates are per second of CPU time, so that busy neighbours
//! matter less; each is the median of five. What a part costs is the median of the ratios to the
//! layer without it, measured by turns. Instructions are counted by `valgrind`, where it is
//! installed: they are the same each time, and are what to compare between two versions.

#![expect(clippy::print_stdout, reason = "a benchmark shows what it measures")]

mod bytes;
mod forks;
mod instructions;
mod layers;

use cpu_time::ThreadTime;
use layers::{Layer, samples};
use syncline_sim::Tally;

/// How many runs make one measurement.
const RUNS: u64 = 300;
const ROUNDS: usize = 5;

/// CPU seconds of some work.
fn seconds(work: impl FnOnce()) -> f64 {
    let start = ThreadTime::now();
    work();
    start.elapsed().as_secs_f64()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn speed() {
    let (samples, Tally { steps, events, .. }) = samples(RUNS);
    let round = || Layer::ALL.map(|(layer, _)| seconds(|| layer.play(&samples)));
    let rounds: Vec<[f64; Layer::ALL.len()]> = (0..ROUNDS).map(|_| round()).collect();
    let of = |place: usize| median(rounds.iter().map(|round| round[place]));
    let run = of(Layer::Oracles as usize);
    println!("{RUNS} runs of {steps} steps and {events} events, with all oracles:");
    println!("{:>12.0} events/s", events as f64 / run);
    println!("{:>12.0} steps/s", steps as f64 / run);
    println!("  ns a step  x the line before");
    for (place, (_, name)) in Layer::ALL.iter().enumerate() {
        let nanos = of(place) * 1e9 / steps as f64;
        let before = place.saturating_sub(1);
        let ratio = median(rounds.iter().map(|round| round[place] / round[before]));
        println!("{nanos:>11.0}  {ratio:>17.2}  {name}");
    }
}

fn main() {
    if instructions::is_child() {
        return;
    }
    speed();
    forks::measure();
    bytes::measure();
    instructions::measure();
}
