//! Plans drawn from a seed: swarm testing (Groce and others, 2012).
//!
//! Each run leaves some faults out, makes others frequent, and differs in its numbers, so that a rare
//! combination is common in some runs rather than rare in all.

use std::fmt;
use std::str::FromStr;

use syncline_traces::{Seed, Sort};

use super::{Plan, Span, Survivors, SyncMode, Timing, Weights};
use crate::seed::Stream;

/// A family of plans.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Profile {
    /// Everything may differ from run to run.
    Swarm,
    /// As swarm, always with three nodes: for speeds that can be compared.
    Swarm3,
    /// Latencies decide the order, as on real hosts.
    Timed,
}

impl Profile {
    /// All of them.
    pub const ALL: [Profile; 3] = [Profile::Swarm, Profile::Swarm3, Profile::Timed];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Profile::Swarm => "swarm",
            Profile::Swarm3 => "swarm3",
            Profile::Timed => "timed",
        }
    }

    /// The plan that this family draws from a seed.
    #[must_use]
    pub fn draw(self, seed: Seed) -> Plan {
        let mut stream = Stream::of(seed, "plan");
        let nodes = match self {
            Profile::Swarm3 => 3,
            Profile::Swarm | Profile::Timed => stream.pick(&[1, 2, 3, 3, 3, 3, 3, 4, 5, 5]),
        };
        let plan = draw_plan(&mut stream, nodes);
        if self == Profile::Timed { timed(plan, &mut stream) } else { plan }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No family of plans has this name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownProfile {
    /// The name.
    pub found: String,
}

impl fmt::Display for UnknownProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected a profile (swarm, swarm3, timed), found '{}'", self.found)
    }
}

impl std::error::Error for UnknownProfile {}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(name: &str) -> Result<Profile, UnknownProfile> {
        let found = || UnknownProfile { found: name.to_owned() };
        Profile::ALL.into_iter().find(|profile| profile.name() == name).ok_or_else(found)
    }
}

fn draw_plan(stream: &mut Stream, nodes: u32) -> Plan {
    let heartbeat_ticks = stream.between(1, 2);
    Plan {
        nodes,
        steps_max: stream.pick(&[300, 600, 1_000, 1_500, 2_500]),
        core_seed: stream.bits(),
        election_ticks: heartbeat_ticks + stream.pick(&[1, 2, 4, 8]),
        heartbeat_ticks,
        inflight_messages_max: stream.pick(&[1, 2, 16, 64]),
        message_bytes_max: stream.pick(&[1, 64, 200, 1 << 20]),
        drift_ticks: stream.pick(&[1, 2, 5, 20]),
        link_capacity: stream.pick(&[4, 16, 64]),
        sync_lanes: stream.between(1, 3),
        proposals_max: stream.pick(&[10, 50, 200]),
        campaigns_max: stream.pick(&[0, 3, 20, 100]),
        crashes_max: stream.pick(&[0, 2, 10, 50]),
        cuts_max: stream.pick(&[0, 0, 3, 20]),
        cut_ticks_min: stream.pick(&[0, 2, 10]),
        keys: stream.pick(&[1, 4, 16]),
        sync: stream.pick(&[
            SyncMode::Free,
            SyncMode::Free,
            SyncMode::Free,
            SyncMode::EveryReady,
            SyncMode::After { writes: 2, ticks: 3 },
            SyncMode::After { writes: 8, ticks: 20 },
        ]),
        survivors: stream.pick(&[Survivors::Prefix, Survivors::Prefix, Survivors::Subset]),
        weights: draw_weights(stream),
        timing: None,
    }
}

/// What must go on is always likely; what disturbs is left out of many runs and rare in most.
fn draw_weights(stream: &mut Stream) -> Weights {
    let mut weights = Weights::ZERO;
    let steady = [
        (Sort::Tick, [10, 20, 40, 80]),
        (Sort::Deliver, [100, 200, 400, 400]),
        (Sort::Ready, [100, 200, 400, 400]),
        (Sort::Write, [100, 200, 400, 400]),
        (Sort::BeginSync, [30, 100, 200, 400]),
        (Sort::CompleteSync, [30, 100, 200, 400]),
        (Sort::ReportSync, [30, 100, 200, 400]),
        (Sort::Apply, [50, 100, 200, 400]),
        (Sort::Propose, [10, 30, 60, 120]),
        (Sort::Restart, [5, 20, 60, 200]),
        (Sort::Heal, [5, 20, 60, 200]),
    ];
    for (sort, likely) in steady {
        weights = weights.with(sort, stream.pick(&likely));
    }
    let disturbing = [
        (Sort::Campaign, [0, 1, 3, 10]),
        (Sort::Drop, [0, 1, 10, 40]),
        (Sort::Duplicate, [0, 1, 10, 40]),
        (Sort::CrashProcess, [0, 1, 3, 10]),
        (Sort::CrashMachine, [0, 2, 5, 15]),
        (Sort::Cut, [0, 1, 3, 10]),
    ];
    for (sort, rare) in disturbing {
        weights = weights.with(sort, stream.pick(&rare));
    }
    weights
}

/// Latencies of a local network and of disks between good and stalled.
fn timed(plan: Plan, stream: &mut Stream) -> Plan {
    let span = |stream: &mut Stream, bounds: [(u32, u32); 3]| {
        let (min, max) = stream.pick(&bounds);
        Span { min, max }
    };
    let timing = Timing {
        link: span(stream, [(50, 200), (1_000, 10_000), (100, 60_000)]),
        sync: span(stream, [(30, 100), (1_000, 5_000), (1_000, 200_000)]),
        host: span(stream, [(1, 5), (1, 50), (1, 2_000)]),
        propose: span(stream, [(500, 2_000), (5_000, 20_000), (20_000, 100_000)]),
        crash: span(stream, [(100_000, 500_000), (500_000, 2_000_000), (50_000, 100_000)]),
        down: span(stream, [(1_000, 20_000), (50_000, 200_000), (100_000, 1_000_000)]),
    };
    let sync = match plan.sync {
        SyncMode::Free => SyncMode::After { writes: 1, ticks: 1 },
        other => other,
    };
    Plan {
        election_ticks: 10,
        heartbeat_ticks: 2,
        drift_ticks: 2,
        sync,
        timing: Some(timing),
        ..plan
    }
}
