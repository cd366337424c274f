//! Plans as proptest strategies: plain data, which shrinks field by field to the plainest plan that
//! still fails.

use proptest::prelude::*;
use syncline_sim::{Plan, Survivors, SyncMode, Weights};
use syncline_traces::{Seed, Sort};

/// Any seed.
pub fn seeds() -> impl Strategy<Value = Seed> {
    any::<u64>().prop_map(Seed)
}

/// Any plan of an untimed run of at most so many steps.
pub fn plans(steps_max: u32) -> impl Strategy<Value = Plan> {
    (cluster(steps_max), budgets(), sync(), weights()).prop_map(
        |(cluster, budgets, (sync, sync_lanes, survivors), weights)| Plan {
            crashes_max: budgets.0,
            cuts_max: budgets.1,
            proposals_max: budgets.2,
            campaigns_max: budgets.3,
            cut_ticks_min: budgets.4,
            sync,
            sync_lanes,
            survivors,
            weights,
            ..cluster
        },
    )
}

fn cluster(steps_max: u32) -> impl Strategy<Value = Plan> {
    let ticks = (1_u32..=3, 1_u32..=10, 1_u32..=20);
    let links = (1_u32..=32, 1_u32..=64, prop::sample::select(vec![1_u32, 64, 1 << 20]));
    (1_u32..=5, 1..=steps_max, any::<u32>(), ticks, links).prop_map(
        |(nodes, steps_max, core_seed, (heartbeat_ticks, more, drift_ticks), links)| Plan {
            steps_max,
            core_seed,
            heartbeat_ticks,
            election_ticks: heartbeat_ticks + more,
            drift_ticks,
            inflight_messages_max: links.0,
            link_capacity: links.1,
            message_bytes_max: links.2,
            ..Plan::scripted(nodes)
        },
    )
}

fn budgets() -> impl Strategy<Value = (u32, u32, u32, u32, u32)> {
    (0_u32..30, 0_u32..10, 0_u32..100, 0_u32..50, 0_u32..10)
}

fn sync() -> impl Strategy<Value = (SyncMode, u32, Survivors)> {
    let after = (1_u32..10, 1_u32..20);
    let mode = prop_oneof![
        Just(SyncMode::Free),
        Just(SyncMode::EveryReady),
        after.prop_map(|(writes, ticks)| SyncMode::After { writes, ticks }),
    ];
    (mode, 1_u32..=4, prop::sample::select(vec![Survivors::Prefix, Survivors::Subset]))
}

/// What must go on has some weight; anything else may have none.
fn weights() -> impl Strategy<Value = Weights> {
    const DISTURBING: [Sort; 6] = [
        Sort::Campaign,
        Sort::Drop,
        Sort::Duplicate,
        Sort::CrashProcess,
        Sort::CrashMachine,
        Sort::Cut,
    ];
    prop::collection::vec(0_u32..200, Sort::ALL.len()).prop_map(|drawn| {
        Sort::ALL.into_iter().zip(drawn).fold(Weights::ZERO, |weights, (sort, weight)| {
            let disturbing = DISTURBING.contains(&sort);
            weights.with(sort, if disturbing { weight / 20 } else { weight + 20 })
        })
    })
}
