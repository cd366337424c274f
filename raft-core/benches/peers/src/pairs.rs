//! Pairs of measurements that ran next to each other, ours and the peer's.
//!
//! Why pairs: the machine may be shared, and what slows it down for a second slows both of a pair.

use cpu_time::ThreadTime;

/// Rates of both, in the order in which they were measured.
#[derive(Default)]
pub(crate) struct Pairs {
    ours: Vec<f64>,
    peers: Vec<f64>,
}

impl Pairs {
    /// Measures both once more; who goes first alternates.
    pub(crate) fn take(&mut self, ours: impl FnOnce() -> f64, peers: impl FnOnce() -> f64) {
        let (ours, peers) = if self.ours.len().is_multiple_of(2) {
            (ours(), peers())
        } else {
            let peers = peers();
            (ours(), peers)
        };
        self.ours.push(ours);
        self.peers.push(peers);
    }

    /// The median of ours, that of the peer's, and that of the ratios of the pairs.
    pub(crate) fn medians(&self) -> (f64, f64, f64) {
        let pairs = self.ours.iter().zip(&self.peers);
        let ratios = pairs.map(|(ours, peers)| ours / peers).collect();
        (median(self.ours.clone()), median(self.peers.clone()), median(ratios))
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// How much of `amount` is done per CPU second of this thread.
pub(crate) fn rate(amount: u64, work: impl FnOnce()) -> f64 {
    let start = ThreadTime::now();
    work();
    amount as f64 / start.elapsed().as_secs_f64()
}
