//! One cell of the table: a row under a policy, in integers.

use serde::Serialize;
use syncline_sim::bench::{Latencies, Load, Measured, Policy};

/// Latencies in microseconds: virtual ones, unless the run was real.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Spread {
    pub(super) mean: u64,
    pub(super) p50: u32,
    pub(super) p99: u32,
    pub(super) p999: u32,
}

impl Spread {
    fn of(latencies: &Latencies) -> Spread {
        Spread {
            mean: latencies.mean(),
            p50: latencies.per_mille(500),
            p99: latencies.per_mille(990),
            p999: latencies.per_mille(999),
        }
    }
}

/// What came of a row under a policy.
#[derive(Clone, Serialize)]
pub(super) struct Cell {
    #[serde(serialize_with = "by_name")]
    pub(super) policy: Policy,
    pub(super) commands: u64,
    pub(super) micros: u64,
    pub(super) commands_per_second: u64,
    pub(super) commit_micros: Spread,
    pub(super) apply_micros: Spread,
    /// Tenths for 1,000 commands.
    pub(super) syncs_per_10_000: u64,
    pub(super) flushes_per_10_000: u64,
    pub(super) syncs_per_second: u64,
    pub(super) bytes_per_sync: u64,
    pub(super) leader_ahead_per_mille: u64,
}

fn by_name<S: serde::Serializer>(policy: &Policy, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(policy.name())
}

impl Cell {
    pub(super) fn of(policy: Policy, measured: &Measured) -> Cell {
        Cell {
            policy,
            commands: measured.commands,
            micros: measured.micros,
            commands_per_second: measured.per_second(),
            commit_micros: Spread::of(&measured.commit),
            apply_micros: Spread::of(&measured.apply),
            syncs_per_10_000: measured.syncs_per_10_000(),
            flushes_per_10_000: measured.flushes_per_10_000(),
            syncs_per_second: measured.syncs_per_second(),
            bytes_per_sync: measured.bytes_per_sync(),
            leader_ahead_per_mille: measured.ahead_per_mille(),
        }
    }

    /// How much worse it is than another by what its row is about, in tenths of a percent: less
    /// throughput in a closed loop, a higher p99 of apply in an open one. Below zero if it is better.
    pub(super) fn loss_against(&self, other: &Cell, load: Load) -> i64 {
        let (mine, best) = match load {
            Load::Closed(_) => (other.commands_per_second, self.commands_per_second),
            Load::Open(_) => (u64::from(self.apply_micros.p99), u64::from(other.apply_micros.p99)),
        };
        mine as i64 * 1_000 / best.max(1) as i64 - 1_000
    }
}
