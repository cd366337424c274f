//! Plans drawn from a seed: swarm testing (Groce and others, 2012).
//!
//! Each run leaves some faults out, makes others frequent, and differs in its numbers, so that a rare
//! combination is common in some runs rather than rare in all.

use std::fmt;
use std::str::FromStr;

use syncline_traces::{Seed, Sort};

use super::{BadTimes, Plan, Span, Survivors, SyncMode, SyncTime, Timing, Weights};
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
    /// As swarm, with every feature of the core: changes of the membership, snapshots, reads, leases,
    /// transfers.
    Everything,
    /// As everything, but latencies decide the order.
    EverythingTimed,
    /// As everything, on disks of bytes that fail in every way that a cluster can bear.
    Disk,
    /// As disk, and what a power cut leaves is drawn bit by bit: to see what is gained by asking for
    /// the ways in which logs are known to break.
    DiskUniform,
    /// As disk, but latencies decide the order.
    DiskTimed,
    /// As disk, and one disk lies about its syncs, which no cluster can bear.
    LyingDisk,
}

impl Profile {
    /// All of them.
    pub const ALL: [Profile; 9] = [
        Profile::Swarm,
        Profile::Swarm3,
        Profile::Timed,
        Profile::Everything,
        Profile::EverythingTimed,
        Profile::Disk,
        Profile::DiskUniform,
        Profile::DiskTimed,
        Profile::LyingDisk,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Profile::Swarm => "swarm",
            Profile::Swarm3 => "swarm3",
            Profile::Timed => "timed",
            Profile::Everything => "everything",
            Profile::EverythingTimed => "everything-timed",
            Profile::Disk => "disk",
            Profile::DiskUniform => "disk-uniform",
            Profile::DiskTimed => "disk-timed",
            Profile::LyingDisk => "lying-disk",
        }
    }

    /// The plan that this family draws from a seed.
    #[must_use]
    pub fn draw(self, seed: Seed) -> Plan {
        let mut stream = Stream::of(seed, "plan");
        let nodes = match self {
            Profile::Swarm3 => 3,
            _ => stream.pick(&[1, 2, 3, 3, 3, 3, 3, 4, 5, 5]),
        };
        let plan = draw_plan(&mut stream, nodes);
        let plan = match self {
            Profile::Swarm | Profile::Swarm3 => plan,
            Profile::Timed => timed(plan, &mut stream),
            Profile::Everything => everything(plan, &mut stream),
            Profile::EverythingTimed | Profile::DiskTimed => {
                let plan = everything(plan, &mut stream);
                timed(plan, &mut stream)
            }
            Profile::Disk | Profile::DiskUniform | Profile::LyingDisk => {
                everything(plan, &mut stream)
            }
        };
        // A calm costs some hundred choices, so not every run has one.
        let calm_ticks = match self {
            Profile::Swarm3 => 0,
            Profile::Swarm | Profile::Timed => stream.pick(&[0, 0, 0, 0, 0, 0, 0, CALM_TICKS]),
            Profile::Everything
            | Profile::EverythingTimed
            | Profile::Disk
            | Profile::DiskUniform
            | Profile::DiskTimed => stream.pick(&[0, 0, 0, CALM_TICKS]),
            Profile::LyingDisk => 0,
        };
        let steps_max = match calm_ticks {
            0 => plan.steps_max,
            // Late in a run few faults are left to cease.
            _ => stream.pick(&[100, 300, 600, plan.steps_max]).min(plan.steps_max),
        };
        let plan = Plan { calm_ticks, steps_max, ..plan };
        match self {
            Profile::Disk | Profile::DiskTimed => {
                let plan = bytes(plan, &mut stream);
                let plan = slow(plan, &mut stream);
                hang(plan, &mut stream)
            }
            Profile::DiskUniform => Plan { uniform_cuts: true, ..bytes(plan, &mut stream) },
            Profile::LyingDisk => {
                let plan = bytes(plan, &mut stream);
                Plan { liar: stream.between(1, plan.nodes), ..plan }
            }
            _ => {
                let plan = slow(plan, &mut stream);
                hang(plan, &mut stream)
            }
        }
    }
}

/// In the calm of some runs syncs take their time.
fn slow(plan: Plan, stream: &mut Stream) -> Plan {
    let calm_sync_ticks = stream.pick(&[0, 0, 0, 0, 0, 1, 1, 3 * plan.election_ticks]);
    match calm_sync_ticks {
        // Of two timeouts that differ by less than a sync takes, neither comes first. Where there are
        // but two or three timeouts to draw from, an election may fail for ever.
        _ if plan.calm_ticks == 0 || plan.election_ticks < 5 => plan,
        // A sync waits for all segments that what it covers goes on in, one after the other. Where few
        // commands fill one, it may take longer than anybody waits for a disk.
        _ if plan.has_bytes() && !holds_commands(&plan) => plan,
        0 | 1 => Plan { calm_sync_ticks, ..plan },
        // A leader does not put up with such disks, if it may complain (R26). Of a log that goes on in a
        // new segment it has to wait for several of them, one after the other.
        _ if plan.sync_stall_ticks_max > 0 || plan.has_bytes() => plan,
        // Syncs that are slower than an election timeout. On a disk that takes one at a time a vote
        // may wait for two of them, and then R25 is not enough for an election to succeed.
        _ => Plan { calm_sync_ticks, sync: SyncMode::Free, sync_lanes: 16, ..plan },
    }
}

/// Whether several commands lie in a segment of the log, behind its header.
fn holds_commands(plan: &Plan) -> bool {
    plan.segment_bytes >= 4_096 + 4 * plan.command_bytes
}

/// In the calm of some runs one disk hangs, where the cluster can do without any one of its voters,
/// whatever has happened before. With failure domains it could not.
fn hang(plan: Plan, stream: &mut Stream) -> Plan {
    let may_hang = plan.calm_ticks > 0
        && plan.sync_stall_ticks_max > 0
        && plan.voters >= 3
        && plan.changes_max == 0
        && plan.groups == 0;
    if !may_hang {
        return plan;
    }
    let drawn = stream.between(0, 2 * plan.voters - 1);
    Plan { calm_hung: if drawn < plan.voters { drawn + 1 } else { 0 }, ..plan }
}

/// Disks of bytes, which fail. Small segments, so that logs come to let go of some, and commands of which one
/// lies within a sector, across some, across pages, or in a batch that is longer than most segments.
fn bytes(plan: Plan, stream: &mut Stream) -> Plan {
    let mut weights = plan.weights;
    for (sort, likely) in [
        (Sort::CompleteSync, [100, 200, 400, 800]),
        (Sort::Open, [20, 60, 200, 400]),
        (Sort::FailOp, [0, 1, 3, 10]),
        (Sort::Checkpoint, [0, 10, 40, 60]),
    ] {
        weights = weights.with(sort, stream.pick(&likely));
    }
    // A log is open for much longer than it waits to be opened.
    let damages_open = stream.pick(&[false, true]);
    let damage = if damages_open { [1, 3, 6, 12] } else { [20, 60, 100, 200] };
    let weights = weights.with(Sort::Damage, stream.pick(&damage));
    let plan = Plan {
        segment_bytes: stream.pick(&[4_608, 5_120, 6_144, 12_288, 24_576]),
        command_bytes: stream.pick(&[plan.command_bytes, 100, 700, 3_000]),
        pads_sectors: stream.pick(&[false, true]),
        preallocates: stream.pick(&[false, true, true]),
        shows_old_bytes: stream.pick(&[false, true]),
        reorders_names: stream.pick(&[false, true]),
        tears_sectors: stream.pick(&[false, true]),
        io_faults_max: stream.pick(&[0, 0, 2, 10]),
        changes_max: stream.pick(&[0, plan.changes_max]),
        checkpoints_max: stream.pick(&[0, 5, 20, 50]),
        damages_open,
        weights,
        ..plan
    };
    // A node whose log is damaged never comes back.
    let damaged_max = stream.between(0, 2 * plan.spared()).min(plan.spared());
    let plan = Plan { damaged_max, ..plan };
    if plan.bears_damage() { plan } else { Plan { damaged_max: 0, ..plan } }
}

/// Enough for every deadline of the liveness oracles in turn. A calm ends long before, as soon as
/// nobody waits for anything.
const CALM_TICKS: u32 = 50_000;

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
        let names = Profile::ALL.map(Profile::name).join(", ");
        write!(f, "expected a profile ({names}), found '{}'", self.found)
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

/// What every profile draws. The features are as quiet as in a script, and nothing is asked of them.
fn draw_plan(stream: &mut Stream, nodes: u32) -> Plan {
    let heartbeat_ticks = stream.between(1, 2);
    Plan {
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
        changes_max: 0,
        reads_max: 0,
        transfers_max: 0,
        checkpoints_max: 0,
        nuisances_max: 0,
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
        ..Plan::scripted(nodes)
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

/// Each feature is on in some runs and off in others.
fn everything(plan: Plan, stream: &mut Stream) -> Plan {
    let outsiders = stream.pick(&[0, 0, 1, 2]).min(plan.nodes - 1);
    let learners = stream.pick(&[0, 0, 1]).min(outsiders);
    let coin = |stream: &mut Stream| stream.pick(&[false, true]);
    let check_quorum = coin(stream);
    let lease = check_quorum && coin(stream);
    let drift_ticks = if lease { stream.between(1, 2) } else { plan.drift_ticks };
    let election_ticks = if lease {
        plan.election_ticks.max(2 * drift_ticks + 1) + stream.between(0, 4)
    } else {
        plan.election_ticks
    };
    let mut weights = plan.weights;
    for (sort, likely) in [
        (Sort::Transfer, [0, 1, 3, 10]),
        (Sort::Forget, [0, 0, 1, 3]),
        (Sort::Change, [0, 3, 10, 40]),
        (Sort::Read, [0, 10, 30, 60]),
        (Sort::Checkpoint, [0, 3, 10, 40]),
        (Sort::Compact, [5, 20, 60, 60]),
        (Sort::SendSnapshot, [30, 100, 200, 400]),
        (Sort::ReportSnapshot, [30, 100, 200, 400]),
        (Sort::Fetch, [30, 100, 200, 400]),
        (Sort::Unreachable, [0, 0, 1, 3]),
        (Sort::RequestSnapshot, [0, 0, 1, 3]),
    ] {
        weights = weights.with(sort, stream.pick(&likely));
    }
    Plan {
        voters: plan.nodes - outsiders,
        learners,
        blank: coin(stream),
        steps_max: stream.pick(&[600, 1_000, 1_500, 2_500, 2_500]),
        election_ticks,
        drift_ticks,
        pre_vote: coin(stream),
        check_quorum,
        lease,
        forward: coin(stream),
        groups: stream.pick(&[0, 0, 0, 2, 3]),
        priorities: stream.pick(&[false, false, true]),
        sync_stall_ticks_max: stall_ticks(plan.sync, stream.pick(&[0, 0, 5, 20])),
        inflight_bytes_max: stream.pick(&[1, 100, 1 << 30]),
        apply_bytes_max: stream.pick(&[1, 100, 1 << 30]),
        uncommitted_bytes_max: stream.pick(&[100, 1 << 30, 1 << 30]),
        cache_bytes_max: stream.pick(&[0, 100, 1 << 30]),
        changes_max: stream.pick(&[0, 3, 10, 30]),
        reads_max: stream.pick(&[0, 10, 50]),
        transfers_max: stream.pick(&[0, 3, 10]),
        checkpoints_max: stream.pick(&[0, 5, 20]),
        nuisances_max: stream.pick(&[0, 0, 5]),
        unsynced_bytes_max: stream.pick(&[1, 200, 1_000, 1 << 30, 1 << 30]),
        weights,
        ..plan
    }
}

/// A leader whose host lets its writes wait for longer than that has nothing to complain of, and would
/// hand its office on for ever (R26).
fn stall_ticks(sync: SyncMode, ticks: u32) -> u32 {
    match sync {
        SyncMode::After { ticks: patience, .. } if ticks > 0 => ticks.max(2 * patience),
        _ => ticks,
    }
}

/// Disks by the laws that real ones come close to.
fn sync_time(stream: &mut Stream) -> SyncTime {
    let span = |min, max| Span { min, max };
    stream.pick(&[
        SyncTime::Uniform(span(30, 100)),
        SyncTime::Uniform(span(1_000, 5_000)),
        SyncTime::Uniform(span(1_000, 200_000)),
        SyncTime::Exponential(1_000),
        SyncTime::Exponential(30_000),
        SyncTime::LogNormal(4_000),
        SyncTime::Bimodal {
            usual: span(500, 1_000),
            slow: span(20_000, 400_000),
            slow_per_mille: 20,
        },
    ])
}

/// In some runs a disk is slow for a while now and then, or does nothing at all.
fn bad_times(stream: &mut Stream) -> Option<BadTimes> {
    let bad =
        |per_mille, min, max, times| Some(BadTimes { per_mille, lasts: Span { min, max }, times });
    stream.pick(&[
        None,
        None,
        None,
        bad(20, 100_000, 1_000_000, 10),
        bad(10, 300_000, 3_000_000, 0),
        bad(2, 10_000_000, 60_000_000, 0),
    ])
}

/// Latencies of a local network and of disks between good and stalled.
fn timed(plan: Plan, stream: &mut Stream) -> Plan {
    let span = |stream: &mut Stream, bounds: [(u32, u32); 3]| {
        let (min, max) = stream.pick(&bounds);
        Span { min, max }
    };
    let timing = Timing {
        link: span(stream, [(50, 200), (1_000, 10_000), (100, 60_000)]),
        sync: sync_time(stream),
        bad_times: bad_times(stream),
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
