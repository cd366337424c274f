//! Proposals per CPU second in one group, from `propose` to "applied on all three".

use crate::cluster::{Load, Member, Setting};
use crate::pairs::{Pairs, rate};
use crate::raftrs::RaftRs;
use crate::syncline::Syncline;

/// Each sample has a group of its own, so that none profits from what another has grown.
fn sample<M: Member>(setting: Setting) -> f64 {
    let mut load = Load::<M>::new(setting);
    let proposals = setting.proposals();
    rate(proposals, || load.run(proposals))
}

/// Measures every setting in every round, and prints a line for each.
pub(crate) fn measure(rounds: usize) {
    let mut results = Setting::ALL.map(|setting| (setting, Pairs::default()));
    for _ in 0..rounds {
        for (setting, pairs) in &mut results {
            pairs.take(|| sample::<Syncline>(*setting), || sample::<RaftRs>(*setting));
        }
    }
    println!("proposals per CPU second, medians of {rounds} rounds");
    let (ours, peers) = (Syncline::NAME, RaftRs::NAME);
    println!("{:>13} {ours:>12} {peers:>12} {:>6}", "bytes x batch", "ratio");
    for (setting, pairs) in &results {
        let (ours, peers, ratio) = pairs.medians();
        println!("{setting:>13} {ours:>12.0} {peers:>12.0} {ratio:>6.2}");
    }
}
