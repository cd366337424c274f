//! What it costs to sync, by policy, in virtual time: the promise of etcd issue 12257, measured.
//!
//! A *row* is a cluster with its disks, its network and its load; a *policy* says when hosts sync
//! and what waits for it. Each Raft group is a world like any other, with all of its oracles. What
//! is different from other runs is who chooses: a driver lets everything happen when it falls due,
//! with latencies from laws in integers. So a figure is exact: the same on every machine.
//!
//! Left out, on purpose: crashes, elections and lost messages (nothing is measured about them here);
//! what the application does with an entry; and the time of a write into the page cache beyond the
//! cost of a Ready.

mod awaited;
mod clients;
mod cluster;
mod driver;
mod group;
mod lanes;
mod loops;
mod measure;
mod pacer;
mod policy;
mod row;
mod rows;
mod simulated;
mod syncs;
mod wires;

use syncline_traces::{Mixer, Seed};
use syncline_wal::Pace;

use crate::mutant::Mutant;
use crate::world::BeginError;

use driver::Driver;
use policy::{Scheme, Sends, Sharing};
use simulated::Simulated;

pub use crate::latency::{Latency, Law, Quantiles, Stall};
pub use cluster::{Cluster, Parcel, Passed, Progress, Taken};
pub use group::Broken;
pub use measure::{Latencies, Measured};
pub use policy::{Policy, UnknownPolicy};
pub use row::{Device, Devices, Flushes, Load, Network, Row};
pub use rows::ROWS;

/// How long a row runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Budget {
    /// How many commands are applied before anything is counted.
    pub warm_up: u64,
    /// How many are then counted.
    pub commands: u64,
    /// What latencies and arrivals are drawn from, besides the name of the row.
    pub seed: u64,
}

impl Budget {
    /// The least that a row is measured by.
    pub const COMMANDS: u64 = 20_000;

    /// A budget for a row: so many commands, and more where so few would say little. A turn of all
    /// clients of a closed loop is one sample of a disk, so each proposes two hundred times, and often
    /// enough for twenty stalls of a disk that stalls. The p99 of an open loop rests on few long syncs,
    /// each of which delays many commands, so it has three times as many, and if it can twenty seconds
    /// of them.
    #[must_use]
    pub fn of(row: &Row, commands: u64) -> Budget {
        match row.load {
            Load::Closed(clients) => {
                let clients = u64::from(clients);
                let turns = 200.max(20 * u64::from(row.devices.stalls_every().unwrap_or(0)));
                Budget {
                    warm_up: 1_000 + 20 * clients,
                    commands: commands.max(turns * clients),
                    seed: 0,
                }
            }
            Load::Open(per_second) => {
                let long = (20 * u64::from(per_second)).min(10 * commands);
                Budget { warm_up: 1_000, commands: long.max(3 * commands), seed: 0 }
            }
        }
    }
}

/// Why a row has no result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Its worlds do not begin.
    Begin(BeginError),
    /// An oracle has convicted it.
    Broken(Broken),
}

/// Runs a row under a policy, before all oracles.
///
/// # Errors
/// If a promise is broken.
pub fn measure(row: &Row, policy: Policy, budget: Budget) -> Result<Measured, Fault> {
    simulate(row, policy.scheme(), budget, None)
}

/// Runs a row with any pace, which all groups of a machine share; otherwise as [`measure`].
///
/// # Errors
/// If a promise is broken.
pub fn measure_pace(row: &Row, pace: Pace, budget: Budget) -> Result<Measured, Fault> {
    let scheme = Scheme { pace: Some(pace), sharing: Sharing::PerMachine, sends: Sends::First };
    simulate(row, scheme, budget, None)
}

/// Runs a row under a policy with a known bug switched on, which an oracle should convict; otherwise as
/// [`measure`].
///
/// # Errors
/// If a promise is broken.
pub fn measure_mutant(
    row: &Row,
    policy: Policy,
    budget: Budget,
    mutant: Mutant,
) -> Result<Measured, Fault> {
    simulate(row, policy.scheme(), budget, Some(mutant))
}

fn simulate(
    row: &Row,
    scheme: Scheme,
    budget: Budget,
    mutant: Option<Mutant>,
) -> Result<Measured, Fault> {
    let mut cluster = Simulated::new(row, seed_of(row, budget), mutant)?;
    Driver::new(&mut cluster, row, scheme, budget).run().map_err(Fault::Broken)
}

/// Runs a row under a policy on a cluster that is not a simulated one: with the row's clients and
/// network, and whatever the cluster has for disks.
///
/// # Errors
/// If the cluster says so.
pub fn measure_on<C: Cluster>(
    cluster: &mut C,
    row: &Row,
    policy: Policy,
    budget: Budget,
) -> Result<Measured, C::Fault> {
    Driver::new(cluster, row, policy.scheme(), budget).run()
}

/// What a row draws from: the same for every policy, so that all meet the same disks.
fn seed_of(row: &Row, budget: Budget) -> Seed {
    Seed(Mixer::digest_of(&row.name).0 as u64 ^ budget.seed)
}
