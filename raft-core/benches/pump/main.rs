//! How fast the core is when disk and network cost nothing: `cargo bench -p syncline-raft --bench
//! pump`.
//!
//! Three nodes in memory; a proposal is done when all three have applied it. Rates are per second
//! of CPU time, each the median of several. The package in `benches/peers` measures the same beside
//! another library, and instructions, allocations and memory as well.

#![expect(clippy::print_stdout, reason = "a benchmark shows what it measures")]

mod cluster;
mod syncline;

use cluster::{Group, Load, Pump, Setting};
use cpu_time::ThreadTime;
use syncline::Syncline;

const ROUNDS: usize = 9;
const GROUPS: usize = 1000;
const TICKS: usize = 20;

/// How much of `amount` is done per CPU second: the median of the rounds. What `prepare` does is
/// not measured.
fn rate<T>(amount: u64, mut prepare: impl FnMut() -> T, work: impl Fn(&mut T)) -> f64 {
    let mut rates: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let mut prepared = prepare();
            let start = ThreadTime::now();
            work(&mut prepared);
            amount as f64 / start.elapsed().as_secs_f64()
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    rates[ROUNDS / 2]
}

fn main() {
    println!("bytes x batch  proposals/s");
    for setting in Setting::ALL {
        let proposals = setting.proposals();
        let prepare = || Load::<Syncline>::new(setting);
        let rate = rate(proposals, prepare, |load| load.run(proposals));
        println!("{setting:>13}  {rate:>11.0}");
    }
    let prepare = || {
        let mut pump = Pump::<Syncline>::default();
        let groups: Vec<Group<Syncline>> = (0..GROUPS).map(|_| Group::new(&mut pump)).collect();
        (groups, pump)
    };
    let rate = rate((GROUPS * TICKS) as u64, prepare, |(groups, pump)| {
        for _ in 0..TICKS {
            groups.iter_mut().for_each(|group| group.tick(pump));
        }
    });
    println!("{GROUPS} idle groups: {rate:.0} ticks of a group/s");
}
