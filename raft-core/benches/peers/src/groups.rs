//! Many groups in one process: what an idle group costs when time passes, and what an active one
//! costs when its memory is no longer in the cache.

use crate::cluster::{Group, Member, Pump};
use crate::pairs::{Pairs, rate};
use crate::raftrs::RaftRs;
use crate::syncline::Syncline;

const IDLE: usize = 10_000;
const ACTIVE: usize = 1_000;
/// Ticks of all idle groups in one round.
const TICKS: usize = 10;
/// Proposals to each active group in one round.
const PROPOSALS: usize = 10;
const PAYLOAD: [u8; 16] = [0x5a; 16];

/// All groups of one contestant; they stay for all rounds.
struct Crowd<M: Member> {
    groups: Vec<Group<M>>,
    pump: Pump<M>,
}

impl<M: Member> Crowd<M> {
    fn new(size: usize) -> Self {
        let mut pump = Pump::default();
        let groups = (0..size).map(|_| Group::new(&mut pump)).collect();
        Crowd { groups, pump }
    }

    fn tick(&mut self) -> f64 {
        let Crowd { groups, pump } = self;
        rate((groups.len() * TICKS) as u64, || {
            for _ in 0..TICKS {
                groups.iter_mut().for_each(|group| group.tick(pump));
            }
        })
    }

    fn propose(&mut self) -> f64 {
        let Crowd { groups, pump } = self;
        rate((groups.len() * PROPOSALS) as u64, || {
            for _ in 0..PROPOSALS {
                groups.iter_mut().for_each(|group| group.propose(pump, &PAYLOAD, 1));
            }
        })
    }
}

/// Measures both crowds in every round, and prints a line for each.
pub(crate) fn measure(rounds: usize) {
    let (ours, peers) = (Syncline::NAME, RaftRs::NAME);
    println!("per CPU second, medians of {rounds} rounds");
    println!("{:>32} {ours:>12} {peers:>12} {:>6}", "", "ratio");
    let (mut our_idle, mut its_idle) = (Crowd::<Syncline>::new(IDLE), Crowd::<RaftRs>::new(IDLE));
    let mut pairs = Pairs::default();
    (0..rounds).for_each(|_| pairs.take(|| our_idle.tick(), || its_idle.tick()));
    show(&format!("ticks of a group, {IDLE} idle"), &pairs);
    drop((our_idle, its_idle));
    let (mut ours, mut peers) = (Crowd::<Syncline>::new(ACTIVE), Crowd::<RaftRs>::new(ACTIVE));
    let mut pairs = Pairs::default();
    (0..rounds).for_each(|_| pairs.take(|| ours.propose(), || peers.propose()));
    show(&format!("proposals, {ACTIVE} active groups"), &pairs);
}

fn show(name: &str, pairs: &Pairs) {
    let (ours, peers, ratio) = pairs.medians();
    println!("{name:>32} {ours:>12.0} {peers:>12.0} {ratio:>6.2}");
}
