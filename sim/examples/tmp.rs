//! tmp
use syncline_sim::*;
use syncline_traces::Seed;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let runs: u64 = a[1].parse().unwrap();
    let profile: Profile = a[2].parse().unwrap();
    let mutant: Option<Mutant> = a.get(3).map(|m| m.parse().unwrap());
    let t = std::time::Instant::now();
    let (mut steps, mut events, mut choices, mut fails) = (0, 0, 0, 0);
    let mut cov = Coverage::default();
    let mut d = syncline_traces::Digest::default();
    let mut us = 0;
    for i in 0..runs {
        let seed = seed_of_run(Seed(1), i);
        let out = run_once::<RaftCore>(seed, profile.draw(seed), mutant).unwrap();
        steps += out.tally.steps;
        events += out.tally.events;
        choices += out.tally.choices;
        us += out.virtual_micros;
        cov.add(&out.coverage);
        d = d.plus(out.digest);
        if let Some(v) = out.violation {
            fails += 1;
            if fails <= 3 {
                println!("{i} seed {seed} {v:?}");
            }
            if mutant.is_some() {
                println!("run {i} t {:?}", t.elapsed());
                break;
            }
        }
    }
    let s = t.elapsed().as_secs_f64();
    println!(
        "runs {runs} steps {steps} events {events} choices {choices} fails {fails} {s:.2}s steps/s {:.0} events/s {:.0} choices/s {:.0} digest {d} sim {}s",
        steps as f64 / s,
        events as f64 / s,
        choices as f64 / s,
        us / 1000000
    );
    if mutant.is_none() {
        for g in Goal::ALL {
            println!("  {} {}", g.word(), cov.of(*g));
        }
    }
}
