//! Our core beside the published crate `raft`: how often they ask for memory, and how much of it a
//! group keeps. `cargo run --release --bin memory`
//!
//! What is counted: every allocation and reallocation of all three nodes, of the logs beside them
//! and of the messages between them, save one for each command: the buffer in which a proposal owns
//! its bytes. The network and the batch reuse their buffers and add nothing.

#[path = "../../pump/cluster.rs"]
mod cluster;
mod raftrs;
#[path = "../../pump/syncline.rs"]
mod syncline;

use std::hint::black_box;
use std::process::ExitCode;

use allocation_counter::measure;
use cluster::{ELECTION_TICKS, Group, Load, Member, Pump, Setting};
use raftrs::RaftRs;
use syncline::Syncline;

const GROUPS: usize = 10_000;

fn main() -> ExitCode {
    if std::env::args().nth(1).is_some() {
        eprintln!("usage: memory");
        return ExitCode::from(2);
    }
    show();
    ExitCode::SUCCESS
}

fn show() {
    let (ours, peers) = (Syncline::NAME, RaftRs::NAME);
    println!("per proposal, without the command's own buffer");
    println!("               allocations                    bytes allocated");
    println!(
        "bytes x batch  {ours:>9} {peers:>9} {:>6}   {ours:>9} {peers:>9} {:>6}",
        "ratio", "ratio"
    );
    for setting in Setting::ALL {
        let (ours, peers) = (a_proposal::<Syncline>(setting), a_proposal::<RaftRs>(setting));
        let columns =
            |ours: f64, peers: f64| format!("{ours:>9.2} {peers:>9.2} {:>6.2}", peers / ours);
        println!("{setting:>13}  {}   {}", columns(ours.0, peers.0), columns(ours.1, peers.1));
    }
    println!("live memory of an idle group of three, {GROUPS} groups");
    let (of_ours, of_peers) = (an_idle_group::<Syncline>(), an_idle_group::<RaftRs>());
    let names = ["bytes", "allocations"];
    println!("{:>13}  {ours:>9} {peers:>9} {:>6}", "", "ratio");
    for (name, (ours, peers)) in names.into_iter().zip(of_ours.into_iter().zip(of_peers)) {
        println!("{name:>13}  {ours:>9.0} {peers:>9.0} {:>6.2}", peers / ours);
    }
}

/// Allocations and bytes.
fn a_proposal<M: Member>(setting: Setting) -> (f64, f64) {
    let mut load = Load::<M>::new(setting);
    // Long enough for buffers that grow with the log to have doubled as often as they will.
    let proposals = setting.proposals();
    load.run(proposals);
    let all = measure(|| load.run(proposals));
    let bytes = vec![0x5a; setting.payload_bytes];
    let own = measure(|| drop(black_box(M::payload(&bytes))));
    let mean = |total: u64, own: u64| total as f64 / proposals as f64 - own as f64;
    (mean(all.count_total, own.count_total), mean(all.bytes_total, own.bytes_total))
}

/// Bytes and allocations that are live once the group has elected its leader and has been idle for
/// longer than an election takes.
fn an_idle_group<M: Member>() -> [f64; 2] {
    let mut pump = Pump::<M>::default();
    let mut groups: Vec<Group<M>> = Vec::new();
    let live = measure(|| {
        groups.reserve_exact(GROUPS);
        for _ in 0..GROUPS {
            let mut group = Group::new(&mut pump);
            (0..2 * ELECTION_TICKS).for_each(|_| group.tick(&mut pump));
            groups.push(group);
        }
    });
    drop(groups);
    [live.bytes_current, live.count_current].map(|live| live as f64 / GROUPS as f64)
}
