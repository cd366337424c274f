//! A plan: everything that a run is free to differ in, as plain data.
//!
//! It is drawn from a seed or written by hand, printed in the header of every trace, and read back
//! from there. Integers only.

mod draw;
mod weights;

use std::fmt;

use serde::{Deserialize, Serialize};
use syncline_raft::{CommitGroup, NodeId};
use syncline_traces::{Digest, Members, Mixer, NodeSet};
use syncline_wal::{Persistence, SyncPolicy};

pub use draw::{Profile, UnknownProfile};
pub use weights::Weights;

use crate::host::machine;

/// When a host may begin a sync.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum SyncMode {
    /// Whenever the scheduler likes.
    Free,
    /// As soon as a write is there for which somebody may wait; the next Ready is taken only when
    /// the sync is complete and reported, as in the classic loop.
    EveryReady,
    /// After so many writes or ticks.
    After {
        /// So many writes.
        writes: u32,
        /// So many ticks.
        ticks: u32,
    },
}

impl SyncMode {
    /// The policy that the host asks; `None` if it asks nobody.
    #[must_use]
    pub fn policy(self) -> Option<SyncPolicy> {
        match self {
            SyncMode::Free => None,
            SyncMode::EveryReady => Some(SyncPolicy::EveryReady),
            SyncMode::After { writes, ticks } => Some(SyncPolicy::After { writes, ticks }),
        }
    }
}

/// What a machine crash may leave of the unsynced writes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Survivors {
    /// Any prefix.
    Prefix,
    /// Any subset: the disk reorders.
    Subset,
}

/// A span of virtual microseconds, both ends included.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// The shortest.
    pub min: u32,
    /// The longest.
    pub max: u32,
}

impl Span {
    fn is_in_range(&self) -> bool {
        0 < self.min && self.min <= self.max
    }
}

/// How long a sync takes, in virtual microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum SyncTime {
    /// Anything in a span.
    Uniform(Span),
    /// Exponentially distributed, with this mean.
    Exponential(u32),
    /// Lognormally, with this median and sigma 0.6.
    LogNormal(u32),
    /// As a rule the first, and for so many of a thousand the second.
    Bimodal {
        /// As a rule.
        usual: Span,
        /// Now and then.
        slow: Span,
        /// For how many of a thousand.
        slow_per_mille: u32,
    },
}

impl SyncTime {
    fn is_in_range(&self) -> bool {
        match *self {
            SyncTime::Uniform(span) => span.is_in_range(),
            SyncTime::Exponential(mean) | SyncTime::LogNormal(mean) => {
                (1..=10_000_000).contains(&mean)
            }
            SyncTime::Bimodal { usual, slow, slow_per_mille } => {
                usual.is_in_range() && slow.is_in_range() && slow_per_mille <= 1_000
            }
        }
    }
}

/// Times in which a disk is worse than usual.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BadTimes {
    /// How many of a thousand syncs begin one.
    pub per_mille: u32,
    /// How long it lasts, in virtual microseconds.
    pub lasts: Span,
    /// How many times as long a sync takes meanwhile; 0 if none completes: the disk stalls, or hangs for
    /// good if that lasts for longer than the run.
    pub times: u32,
}

/// How long things take in a timed run, in virtual microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timing {
    /// From sending a message to its arrival.
    pub link: Span,
    /// From the beginning of a sync to its completion.
    pub sync: SyncTime,
    /// When a disk is worse than that, each for itself; `None` if never.
    pub bad_times: Option<BadTimes>,
    /// Any step of a host: take a Ready, write, begin or report a sync, apply.
    pub host: Span,
    /// Between two proposals.
    pub propose: Span,
    /// Between two crashes.
    pub crash: Span,
    /// From a crash to the restart.
    pub down: Span,
}

/// A plan.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// How many nodes, members or not: 1 to 9.
    pub nodes: u32,
    /// How many of them, the first ones, vote from the beginning.
    pub voters: u32,
    /// How many of them, the next ones, are learners from the beginning.
    pub learners: u32,
    /// Whether the other nodes know nothing of the cluster until a leader tells them.
    pub blank: bool,
    /// After how many steps the run ends.
    pub steps_max: u32,
    /// Where the nodes' own randomness comes from.
    pub core_seed: u32,
    /// Ticks without a leader after which a node campaigns, before jitter.
    pub election_ticks: u32,
    /// Ticks between heartbeats.
    pub heartbeat_ticks: u32,
    /// How many messages with entries may be under way to one follower.
    pub inflight_messages_max: u32,
    /// What the entries of one message may weigh, in bytes.
    pub message_bytes_max: u32,
    /// What the entries under way to one follower may weigh, in bytes.
    pub inflight_bytes_max: u32,
    /// What the entries may weigh that are being applied, in bytes.
    pub apply_bytes_max: u32,
    /// What a leader's uncommitted commands may weigh, in bytes.
    pub uncommitted_bytes_max: u32,
    /// What the entries may weigh that stay in memory without need, in bytes.
    pub cache_bytes_max: u32,
    /// What may be written and not synced, in bytes: with as much a host writes nothing more before a sync
    /// is complete.
    pub unsynced_bytes_max: u32,
    /// Whether nodes ask for votes before they enter a term.
    pub pre_vote: bool,
    /// Whether leaders step down when no quorum answers, and voters keep their promise (R22).
    pub check_quorum: bool,
    /// Whether reads are answered by lease; only with `check_quorum`.
    pub lease: bool,
    /// Whether followers send proposals on.
    pub forward: bool,
    /// In how many failure domains the nodes lie, for group commit; 0 for none.
    pub groups: u32,
    /// Whether nodes of higher number have a higher priority.
    pub priorities: bool,
    /// After how many ticks without a sync a leader hands over its office; 0 for never (R26).
    pub sync_stall_ticks_max: u32,
    /// How far the clocks of two nodes may be apart, in ticks.
    pub drift_ticks: u32,
    /// How many messages a link holds.
    pub link_capacity: u32,
    /// How many syncs of one disk may be under way at once.
    pub sync_lanes: u32,
    /// How many commands the clients propose in all.
    pub proposals_max: u32,
    /// How many elections are begun by choice, in all.
    pub campaigns_max: u32,
    /// How many crashes there are in all.
    pub crashes_max: u32,
    /// How many partitions there are in all.
    pub cuts_max: u32,
    /// How long a partition lasts at least, in ticks.
    pub cut_ticks_min: u32,
    /// How many changes of the membership are proposed in all.
    pub changes_max: u32,
    /// How many reads there are in all.
    pub reads_max: u32,
    /// How often a leader is told to hand over its office, or a follower to forget it, in all.
    pub transfers_max: u32,
    /// How many states of state machines are written down in all.
    pub checkpoints_max: u32,
    /// How often a host reports a member unreachable, or asks for a snapshot, in all.
    pub nuisances_max: u32,
    /// How many keys the clients write.
    pub keys: u32,
    /// How long a command is, in bytes; the value that it writes is as long.
    pub command_bytes: u32,
    /// For how many ticks at most faults cease when the steps are used up; 0 if the run ends there.
    pub calm_ticks: u32,
    /// For how many ticks a sync goes on then.
    pub calm_sync_ticks: u32,
    /// Whose disk hangs then, so that no sync of it completes any more; 0 if that is nobody's. The one
    /// fault that does not cease: a quorum must be left without that node, and leaders hand over (R26).
    pub calm_hung: u32,
    /// How long a segment of the log is, in bytes; 0 where disks hold records, and no bytes.
    pub segment_bytes: u32,
    /// Whether each batch of the log has sectors of its own.
    pub pads_sectors: bool,
    /// Whether segments are filled with zeros beforehand, and used again.
    pub preallocates: bool,
    /// Whether what a power cut leaves of bytes is drawn bit by bit, and not from the ways in which logs
    /// are known to break.
    pub uniform_cuts: bool,
    /// Whether a power cut may show what a file that is gone had where another has grown.
    pub shows_old_bytes: bool,
    /// Whether names may survive a power cut in any order.
    pub reorders_names: bool,
    /// Whether a power cut may tear what was written within a sector.
    pub tears_sectors: bool,
    /// How many operations of disks fail, in all.
    pub io_faults_max: u32,
    /// On how many disks durable bytes may be damaged: fewer than a quorum, which repairs them.
    pub damaged_max: u32,
    /// Whether they may be while a process has the log open, too.
    pub damages_open: bool,
    /// Whose disk may say that a sync is complete which has done nothing; 0 if that is nobody's.
    pub liar: u32,
    /// When a host may begin a sync.
    pub sync: SyncMode,
    /// What a machine crash may leave.
    pub survivors: Survivors,
    /// How likely each sort of choice is.
    pub weights: Weights,
    /// How long things take, if the run is timed; otherwise the weights decide.
    pub timing: Option<Timing>,
}

/// A plan that no world can follow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlanError {
    /// The field.
    pub field: &'static str,
    /// What is expected of it.
    pub expected: &'static str,
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "plan: expected {} to be {}", self.field, self.expected)
    }
}

impl std::error::Error for PlanError {}

impl Plan {
    /// A quiet plan for scripts: three nodes, no faults but those that the script names.
    #[must_use]
    pub fn scripted(nodes: u32) -> Plan {
        Plan {
            nodes,
            voters: nodes,
            learners: 0,
            blank: false,
            steps_max: 5_000,
            core_seed: 1,
            election_ticks: 10,
            heartbeat_ticks: 2,
            inflight_messages_max: 64,
            message_bytes_max: 1 << 20,
            inflight_bytes_max: 1 << 30,
            apply_bytes_max: 1 << 30,
            uncommitted_bytes_max: 1 << 30,
            cache_bytes_max: 1 << 30,
            unsynced_bytes_max: 1 << 30,
            pre_vote: false,
            check_quorum: false,
            lease: false,
            forward: false,
            groups: 0,
            priorities: false,
            sync_stall_ticks_max: 0,
            drift_ticks: 1_000,
            link_capacity: 64,
            sync_lanes: 2,
            proposals_max: 1_000,
            campaigns_max: 1_000,
            crashes_max: 1_000,
            cuts_max: 1_000,
            cut_ticks_min: 0,
            changes_max: 1_000,
            reads_max: 1_000,
            transfers_max: 1_000,
            checkpoints_max: 1_000,
            nuisances_max: 1_000,
            keys: 8,
            command_bytes: machine::COMMAND_BYTES_MIN,
            calm_ticks: 0,
            calm_sync_ticks: 0,
            calm_hung: 0,
            segment_bytes: 0,
            pads_sectors: false,
            preallocates: true,
            uniform_cuts: false,
            shows_old_bytes: false,
            reorders_names: false,
            tears_sectors: false,
            io_faults_max: 0,
            damaged_max: 0,
            damages_open: true,
            liar: 0,
            sync: SyncMode::Free,
            survivors: Survivors::Subset,
            weights: Weights::default(),
            timing: None,
        }
    }

    /// The same plan for so many nodes: as many as before do not vote, if that leaves anybody who does, and
    /// no disk hangs that the new voters cannot do without.
    #[must_use]
    pub fn with_nodes(self, nodes: u32) -> Plan {
        let others = self.nodes.saturating_sub(self.voters).min(nodes.saturating_sub(1));
        let learners = self.learners.min(others);
        let plan = Plan { nodes, voters: nodes - others, learners, ..self };
        let is_in_reach = plan.calm_hung <= plan.voters && plan.hangs_in_peace();
        Plan {
            calm_hung: if is_in_reach { plan.calm_hung } else { 0 },
            damaged_max: plan.damaged_max.min(plan.spared()),
            liar: plan.liar.min(nodes),
            ..plan
        }
    }

    /// Who belongs to the cluster in the beginning.
    #[must_use]
    pub fn began_with(&self) -> Members {
        let voters = NodeSet::first(u64::from(self.voters));
        let both = NodeSet::first(u64::from(self.voters + self.learners));
        Members { learners: both.without(voters), ..Members::of_voters(voters) }
    }

    /// What one node knows of that.
    #[must_use]
    pub fn known_by(&self, node: NodeId) -> Members {
        let members = self.began_with();
        if self.blank && !members.all().contains(node) { Members::default() } else { members }
    }

    /// By how many ticks a lease is shortened, if there are any: twice what two clocks may be apart,
    /// for one may have been ahead when the lease began and behind when it ends (R22).
    #[must_use]
    pub fn lease_drift_ticks(&self) -> Option<u32> {
        self.lease.then_some(2 * self.drift_ticks)
    }

    /// Whether clients and operators ask for more than commands.
    #[must_use]
    pub fn has_wishes(&self) -> bool {
        let Plan { changes_max, reads_max, transfers_max, checkpoints_max, nuisances_max, .. } =
            *self;
        [changes_max, reads_max, transfers_max, checkpoints_max, nuisances_max]
            .iter()
            .any(|max| *max > 0)
    }

    fn lease_fits(&self) -> bool {
        !self.lease || self.drift_ticks < self.election_ticks.div_ceil(2)
    }

    fn hangs_in_peace(&self) -> bool {
        self.calm_hung == 0 || (self.sync_stall_ticks_max > 0 && self.voters >= 3)
    }

    /// How many voters a quorum can do without.
    fn spared(&self) -> u32 {
        self.voters.saturating_sub(1) / 2
    }

    /// Whether disks hold bytes.
    #[must_use]
    pub fn has_bytes(&self) -> bool {
        self.segment_bytes > 0
    }

    /// What the file system below a log does not promise.
    #[must_use]
    pub fn persistence(&self) -> Persistence {
        let Plan { shows_old_bytes, reorders_names, tears_sectors, .. } = *self;
        Persistence { shows_old_bytes, reorders_names, tears_sectors }
    }

    /// What goes wrong with bytes needs bytes.
    fn fits_disks(&self) -> bool {
        self.has_bytes() || self.io_faults_max + self.damaged_max + self.liar == 0
    }

    /// The cluster goes on without a node whose log is damaged, so it must have a quorum without it, in
    /// whatever membership, and nobody waits for it in the end.
    fn bears_damage(&self) -> bool {
        let is_steady = self.changes_max == 0 && self.calm_ticks == 0;
        self.damaged_max == 0 || (self.damaged_max <= self.spared() && is_steady)
    }

    /// The node whose disk hangs once all other faults have ceased.
    #[must_use]
    pub fn hung_in_calm(&self) -> Option<NodeId> {
        NodeId::new(u64::from(self.calm_hung))
    }

    /// The priority of a node.
    #[must_use]
    pub fn priority(&self, node: NodeId) -> i32 {
        if self.priorities { node.number() as i32 } else { 0 }
    }

    /// The failure domain of each node, if they lie in any.
    pub fn commit_groups(&self) -> impl Iterator<Item = (NodeId, CommitGroup)> {
        let groups = u64::from(self.groups);
        let nodes = NodeSet::first(if groups > 0 { u64::from(self.nodes) } else { 0 });
        nodes.iter().map(move |node| (node, CommitGroup(node.number() % groups)))
    }

    /// Checks that a world can follow the plan.
    ///
    /// # Errors
    /// The first field that is out of its range.
    pub fn validate(&self) -> Result<(), PlanError> {
        let nodes = 1..=NodeSet::NODES_MAX as u32;
        let spans = self.timing.is_none_or(|timing| {
            let Timing { link, sync, bad_times, host, propose, crash, down } = timing;
            let are_in_range = [link, host, propose, crash, down].iter().all(Span::is_in_range);
            are_in_range
                && sync.is_in_range()
                && bad_times.is_none_or(|bad| bad.per_mille <= 1_000 && bad.lasts.is_in_range())
        });
        let checks = [
            (nodes.contains(&self.nodes), "nodes", "from 1 to 9"),
            (self.voters > 0, "voters", "more than 0"),
            (self.voters <= self.nodes, "voters", "at most the number of nodes"),
            (
                self.learners <= self.nodes.saturating_sub(self.voters),
                "learners",
                "among the other nodes",
            ),
            ((1..=1_000_000).contains(&self.steps_max), "steps_max", "from 1 to 1000000"),
            (self.heartbeat_ticks > 0, "heartbeat_ticks", "more than 0"),
            (self.heartbeat_ticks < self.election_ticks, "election_ticks", "above heartbeat_ticks"),
            (self.election_ticks <= 10_000, "election_ticks", "at most 10000"),
            (self.inflight_messages_max > 0, "inflight_messages_max", "more than 0"),
            (self.inflight_bytes_max > 0, "inflight_bytes_max", "more than 0"),
            (self.unsynced_bytes_max > 0, "unsynced_bytes_max", "more than 0"),
            (!self.lease || self.check_quorum, "lease", "off without check_quorum"),
            (self.lease_fits(), "drift_ticks", "below half of election_ticks with a lease"),
            (self.drift_ticks > 0, "drift_ticks", "more than 0"),
            (self.link_capacity > 0, "link_capacity", "more than 0"),
            (self.link_capacity <= 10_000, "link_capacity", "at most 10000"),
            ((1..=16).contains(&self.sync_lanes), "sync_lanes", "from 1 to 16"),
            (self.keys > 0, "keys", "more than 0"),
            (
                (machine::COMMAND_BYTES_MIN..=1 << 16).contains(&self.command_bytes),
                "command_bytes",
                "from 8 to 65536",
            ),
            (self.calm_ticks <= 100_000, "calm_ticks", "at most 100000"),
            (self.calm_sync_ticks <= 100, "calm_sync_ticks", "at most 100"),
            (self.calm_hung <= self.nodes, "calm_hung", "a node, or 0"),
            (self.hangs_in_peace(), "calm_hung", "0 without sync_stall_ticks_max or three voters"),
            (
                self.segment_bytes == 0 || (1_024..=1 << 20).contains(&self.segment_bytes),
                "segment_bytes",
                "0, or from 1024 to 1048576",
            ),
            (self.fits_disks(), "segment_bytes", "more than 0 with faults of bytes"),
            (
                self.bears_damage(),
                "damaged_max",
                "below a quorum, without changes of the membership and without a calm",
            ),
            (self.liar <= self.nodes, "liar", "a node, or 0"),
            (self.liar == 0 || self.calm_ticks == 0, "liar", "0 with a calm"),
            (self.weights.total() < 1 << 31, "weights", "below 2^31 in sum"),
            (spans, "timing", "spans with 0 < min <= max, and parts of a thousand"),
        ];
        match checks.into_iter().find(|(holds, ..)| !holds) {
            Some((_, field, expected)) => Err(PlanError { field, expected }),
            None => Ok(()),
        }
    }

    /// What the plan amounts to, to tell whether a seed still draws the same one.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Mixer::digest_of(self)
    }
}
