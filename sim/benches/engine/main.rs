//! How fast the engine is when nothing is simulated: `cargo bench -p syncline-sim --bench engine`.
//!
//! Sixty-four tokens bounce between three nodes, each hop delayed by 1 to 10 virtual milliseconds,
//! through the network, the queue of the timed strategy, a named stream and the digest, against the
//! least that could do it. Rates are per second of CPU time, measured in turns in one run.

#![expect(clippy::print_stdout, reason = "a benchmark shows what it measures")]

mod tokens;

use cpu_time::ThreadTime;
use tokens::{Engine, Minimal};

const HOPS: u64 = 2_000_000;
const ROUNDS: usize = 7;

fn rate(work: impl FnOnce() -> u64) -> f64 {
    let start = ThreadTime::now();
    std::hint::black_box(work());
    HOPS as f64 / start.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let (mut engine, mut minimal) = (Engine::new(1), Minimal::new(1));
    let rounds: Vec<(f64, f64)> =
        (0..ROUNDS).map(|_| (rate(|| engine.run(HOPS)), rate(|| minimal.run(HOPS)))).collect();
    let ratios = rounds.iter().map(|(engine, minimal)| minimal / engine).collect();
    println!("engine           {:>12.0} messages/s", median(rounds.iter().map(|r| r.0).collect()));
    println!("minimal loop     {:>12.0} messages/s", median(rounds.iter().map(|r| r.1).collect()));
    println!("the engine takes {:>12.2} x the time of the minimal loop", median(ratios));
}
