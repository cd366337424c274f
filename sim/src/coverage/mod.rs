//! What a run has exercised: each rare situation is a goal, and is counted.
//!
//! A campaign that never reaches a goal has not tested what it was made for, so the counts are
//! printed with every result. They are views of the events and never decide anything.

mod bytes;
mod feature;

use std::collections::BTreeSet;

use syncline_raft::{Index, LogId, NodeId, RoleKind, SyncWanted};
use syncline_traces::{CrashKind, Direction, Event, Loss, NodeSet, WriteNo};

use self::feature::FeatureMemory;
use crate::plan::{Plan, Profile};
use crate::subject::Subject;
use crate::world::World;

macro_rules! goals {
    ($($goal:ident $word:literal $doc:literal,)*) => {
        /// A situation worth reaching.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum Goal {
            $(#[doc = $doc] $goal,)*
        }

        impl Goal {
            /// All goals, in the order in which they are reported.
            pub const ALL: &'static [Goal] = &[$(Goal::$goal,)*];

            /// Its word in reports.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    $(Goal::$goal => $word,)*
                }
            }
        }
    };
}

goals! {
    Elected "elections" "A node became leader.",
    Deposed "leaders-deposed" "A leader stepped down.",
    Proposed "proposals" "A leader took a command.",
    Committed "commits" "A node reported a commit.",
    Applied "entries-applied" "An entry was applied.",
    CommitAhead "commits-ahead-of-leader-sync" "A leader committed what its own disk did not hold.",
    ReadyAhead "readys-ahead-of-sync" "A write was issued while earlier ones were unsynced.",
    SeveralWrites "syncs-covering-several-writes" "One report covered several writes.",
    Uncovered "writes-after-sync-began" "A sync completed that did not cover the newest write.",
    Overlapped "syncs-overlapping" "A sync began while another was under way.",
    LateReport "reports-out-of-order" "A completion was reported after a later one.",
    WaitedVote "syncs-wanted-by-votes" "A sync began for which a vote waited.",
    WaitedGated "syncs-wanted-by-acks" "A sync began for which an acknowledgement waited.",
    WaitedOwnCopy "syncs-wanted-by-leaders" "A sync began for a leader's own copy.",
    WaitedApply "syncs-wanted-by-apply" "A sync began for which committed entries waited.",
    CrashedProcess "crashes-of-process" "A process died.",
    CrashedMachine "crashes-of-machine" "A machine lost power.",
    LostUnsynced "unsynced-writes-lost" "A crash took away unsynced writes (counts the writes).",
    LostLeaderTail "leaders-losing-unsynced-tail" "A crash took away a leader's unsynced writes.",
    CrashedInSync "crashes-during-sync" "A machine lost power while a sync was under way.",
    Unreported "completions-never-reported" "A sync completed, and a crash came before the report.",
    Holes "crashes-leaving-a-hole" "Writes survived behind one that did not.",
    Recovered "recoveries-by-sync" "A host synced what it found before it restarted its node.",
    CrashedRecovery "crashes-during-recovery" "Power was lost before a recovery was synced.",
    Restarted "restarts" "A node was built again.",
    Truncated "tails-overwritten" "A write voided a part of the log.",
    TruncatedUnsynced "tails-overwritten-unsynced" "A write voided what was not synced yet.",
    Aba "entries-written-again" "An entry was overwritten and then came back (A-B-A).",
    Dropped "messages-dropped" "The network lost a message.",
    Duplicated "messages-duplicated" "The network repeated a message.",
    Overtaken "messages-overtaken" "A message arrived before an older one of its link.",
    LinkFull "links-full" "A link had no room.",
    CutBoth "cuts-both-ways" "A partition both ways.",
    CutOneWay "cuts-one-way" "A partition one way.",
    PreVoted "pre-votes" "A node asked who would vote for it, before it entered a term.",
    PromiseKept "votes-withheld-by-promise" "A node that had promised to elect nobody ignored a request of a later term.",
    HandedOver "transfers-completed" "A node became leader because another handed its office over.",
    StallHandedOver "stalled-leaders-handing-over" "A leader whose disk hung told another to take over.",
    Forgotten "leaders-forgotten" "A follower forgot its leader on request.",
    Forwarded "proposals-forwarded" "A follower sent a command on.",
    RefusedForSize "proposals-refused-for-size" "A leader had too much uncommitted to take a command.",
    HeldUp "writes-held-up" "A host had to wait for a sync before it could write more.",
    CommitAcross "commits-across-groups" "A leader committed what several failure domains hold.",
    ChangeProposed "changes-proposed" "A leader took a change of the membership.",
    ChangeForwarded "changes-forwarded" "A follower sent a change of the membership on.",
    ChangeRefused "changes-refused" "A node refused a change of the membership.",
    JointEntered "joint-memberships-entered" "A joint membership became active.",
    JointLeft "joint-memberships-left" "A joint membership was left by the leader.",
    JointLeftByHand "joint-memberships-left-by-hand" "A joint membership was left by the application.",
    Promoted "learners-promoted" "A learner became a voter.",
    Demoted "voters-demoted" "A voter became a learner.",
    LeaderRemoved "leaders-removed" "A leader lost its vote by a change.",
    BlankJoined "blank-nodes-joined" "A node that knew of no cluster learned that it is a member of one.",
    ReadByQuorum "reads-by-quorum" "A leader served a read that a quorum had confirmed.",
    ReadByLease "reads-by-lease" "A leader served a read by its lease.",
    ReadForwarded "reads-by-followers" "A follower served a read that its leader had confirmed.",
    ReadLost "reads-lost" "A read was lost.",
    Checkpointed "checkpoints" "A state machine was written down.",
    Compacted "compactions" "A node let go of a part of its log.",
    SnapshotSent "snapshots-sent" "A leader sent a snapshot.",
    SnapshotInstalled "snapshots-installed" "A snapshot took the place of a state machine.",
    SnapshotFailed "snapshots-failed" "A snapshot could not be made, or did not arrive.",
    SnapshotAskedFor "snapshots-asked-for" "A follower asked for a snapshot.",
    InstallsOverlapping "installs-overlapping" "A snapshot took the place of a log while another was not installed yet.",
    RestartedInstalling "restarts-with-install-due" "A node restarted with a snapshot that its state machine had not taken.",
    RestartedAhead "restarts-from-checkpoint" "A node restarted from a state that it had written down.",
    Fetched "fetches-answered" "A leader was given entries that it no longer kept in memory.",
    FetchFailed "fetches-failed" "Entries could not be read back.",
    Unreached "unreachable-reports" "A leader was told that a member cannot be reached.",
    SyncLost "syncs-failed" "A sync failed, and what it was to make durable was taken for clean.",
    SyncReverted "syncs-failed-and-reverted" "A sync failed, and what it was to make durable could not be read any more.",
    FailedLate "syncs-failed-when-done" "A sync was done and said that it had failed.",
    WriteShort "writes-short" "A part of a write was done, and it failed.",
    IoFailed "operations-failed" "An operation that is no sync failed and did nothing.",
    NoSpace "disks-full" "There was no space for a file or a write.",
    OpsAtOnce "operations-at-once" "An operation completed while others were under way.",
    FileRemoved "files-removed" "A log or its host let go of a file.",
    LogRead "logs-read" "A log was read after a crash.",
    KeptUnsynced "unsynced-writes-found" "A recovery found writes that had not been durable (counts the writes).",
    CutRecovery "recoveries-cut-short" "Power was lost, or the process, while a log that was read was made durable.",
    Rot "bits-flipped" "A bit of a durable batch flipped.",
    WriteLost "durable-writes-lost" "A durable batch had never been written.",
    Misdirected "writes-misdirected" "Other bytes lay in the place of a durable batch.",
    HeaderFlipped "headers-flipped" "A bit of the header of a segment flipped.",
    SnapshotFlipped "snapshots-flipped" "A bit of the newest snapshot flipped.",
    FileLost "segments-lost" "A segment was gone.",
    NewestLost "newest-segments-lost" "The newest segment was gone, and the end of the one before told.",
    DiskLost "disks-lost" "Everything on a disk was gone.",
    Unreadable "reads-failed" "A file could not be read.",
    Stale "reads-stale" "What was there before was read.",
    DamageFound "damaged-logs-refused" "A log found out that it was damaged.",
    DamagedOpen "open-logs-damaged" "A log was damaged while a process had it open.",
    Unread "entries-not-read-back" "A log found what its node had asked for damaged, or could not read it.",
    Lied "syncs-that-lied" "A sync was said to be complete that had done nothing.",
}

impl Goal {
    /// Whether runs of a family can reach it: the features are off in most.
    #[must_use]
    pub fn is_within_reach_of(self, profile: Profile) -> bool {
        match profile {
            Profile::Swarm | Profile::Swarm3 | Profile::Timed => !self.is_of_a_feature(),
            Profile::Everything | Profile::EverythingTimed => !self.is_of_bytes(),
            Profile::Disk | Profile::DiskUniform | Profile::DiskTimed => {
                !self.is_of_records() && self != Goal::Lied
            }
            Profile::LyingDisk => !self.is_of_records(),
        }
    }

    /// Whether it is about disks of bytes.
    #[must_use]
    pub fn is_of_bytes(self) -> bool {
        self >= Goal::SyncLost
    }

    /// Whether it is about disks of records: what a power cut takes is known at once.
    #[must_use]
    pub fn is_of_records(self) -> bool {
        matches!(self, Goal::LostLeaderTail | Goal::Holes | Goal::Recovered)
    }

    /// Whether it is about more than electing, replicating and failing.
    #[must_use]
    pub fn is_of_a_feature(self) -> bool {
        self >= Goal::PreVoted
    }
}

/// Counts, one for each goal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Coverage([u64; Goal::ALL.len()]);

impl Default for Coverage {
    fn default() -> Coverage {
        Coverage([0; Goal::ALL.len()])
    }
}

impl Coverage {
    /// How often a goal was reached.
    #[must_use]
    pub fn of(&self, goal: Goal) -> u64 {
        self.0[goal as usize]
    }

    /// Adds what another run has reached.
    pub fn add(&mut self, other: &Coverage) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count += more;
        }
    }

    fn reach(&mut self, goal: Goal) {
        self.0[goal as usize] += 1;
    }

    fn reach_if(&mut self, goal: Goal, holds: bool) {
        self.0[goal as usize] += u64::from(holds);
    }

    fn reach_times(&mut self, goal: Goal, times: u64) {
        self.0[goal as usize] += times;
    }
}

/// What must be remembered of one node to tell its rare situations.
#[derive(Clone, Debug, Default)]
struct Memory {
    leads: bool,
    down: bool,
    /// Its log was read, and it has not started again.
    recovers: bool,
    syncs: u32,
    unreported: u32,
    reported: WriteNo,
    log: Vec<LogId>,
    displaced: BTreeSet<LogId>,
}

impl Memory {
    /// Where an index lies in what is remembered of the log, which may begin behind a base.
    fn place(&self, index: Index) -> usize {
        let first = self.log.first().map_or(index, |id| id.index);
        (index.0.saturating_sub(first.0) as usize).min(self.log.len())
    }
}

/// Watches a run for goals.
#[derive(Clone, Debug)]
pub struct Watch {
    coverage: Coverage,
    nodes: Vec<Memory>,
    features: Vec<FeatureMemory>,
    overtakes: u64,
}

impl Watch {
    pub(crate) fn new(plan: &Plan) -> Watch {
        let nodes = vec![Memory::default(); plan.nodes as usize];
        let all = NodeSet::first(u64::from(plan.nodes)).iter();
        let features = all.map(|node| FeatureMemory::new(plan, node)).collect();
        Watch { coverage: Coverage::default(), nodes, features, overtakes: 0 }
    }

    /// What has been reached so far.
    #[must_use]
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// Looks at the events of one step; the world is as the step has left it.
    pub(crate) fn see<S: Subject>(&mut self, events: &[Event], world: &World<S>) {
        for event in events {
            match event.node() {
                Some(node) => {
                    self.see_node(node, event, world);
                    let memory = &mut self.features[node.number() as usize - 1];
                    memory.see(event, &mut self.coverage, world);
                }
                None => self.see_network(event),
            }
        }
        if let [Event::ReadBegan { node, .. }, Event::Leased { .. }, ..] = events {
            self.features[node.number() as usize - 1].leased();
        }
        let overtakes = world.net().overtakes();
        self.coverage.reach_times(Goal::Overtaken, overtakes - self.overtakes);
        self.overtakes = overtakes;
    }

    fn see_network(&mut self, event: &Event) {
        match event {
            Event::Lost { loss: Loss::Network, .. } => self.coverage.reach(Goal::Dropped),
            Event::Lost { loss: Loss::Overflow, .. } => self.coverage.reach(Goal::LinkFull),
            Event::Cut { direction: Direction::Both, .. } => self.coverage.reach(Goal::CutBoth),
            Event::Cut { .. } => self.coverage.reach(Goal::CutOneWay),
            _ => {}
        }
    }

    fn see_node<S: Subject>(&mut self, node: NodeId, event: &Event, world: &World<S>) {
        let slot = node.number() as usize - 1;
        let (memory, coverage) = (&mut self.nodes[slot], &mut self.coverage);
        let disk = &world.disks()[slot];
        match *event {
            Event::Became { role, .. } => {
                let leads = role == RoleKind::Leader;
                coverage.reach_if(Goal::Elected, leads && !memory.leads);
                coverage.reach_if(Goal::Deposed, memory.leads && !leads);
                memory.leads = leads;
            }
            Event::Proposed { .. } => coverage.reach(Goal::Proposed),
            Event::Applied { .. } => coverage.reach(Goal::Applied),
            Event::Duplicated { .. } => coverage.reach(Goal::Duplicated),
            Event::Committed { index, .. } => {
                coverage.reach(Goal::Committed);
                coverage.reach_if(Goal::CommitAhead, memory.leads && index > disk.held());
            }
            Event::Issued { .. } => coverage.reach_if(Goal::ReadyAhead, disk.unsynced() > 0),
            Event::Truncated { from, .. } => {
                coverage.reach(Goal::Truncated);
                coverage.reach_if(Goal::TruncatedUnsynced, disk.unsynced() > 0);
                let kept = memory.place(from);
                memory.displaced.extend(memory.log.drain(kept..));
            }
            Event::Appended { entry, .. } => {
                coverage.reach_if(Goal::Aba, memory.displaced.contains(&entry));
                memory.log.push(entry);
            }
            // What a snapshot takes the place of is not overwritten.
            Event::Replaced { .. } => memory.log.clear(),
            _ => memory.see_disk(event, coverage, world, slot),
        }
    }
}

impl Memory {
    fn see_disk<S: Subject>(
        &mut self,
        event: &Event,
        coverage: &mut Coverage,
        world: &World<S>,
        slot: usize,
    ) {
        let disk = &world.disks()[slot];
        match *event {
            Event::SyncBegan { .. } => {
                self.syncs += 1;
                coverage.reach_if(Goal::Overlapped, self.syncs > 1);
                let wanted = world.hosts()[slot].sync_wanted();
                coverage.reach_if(Goal::WaitedVote, wanted == Some(SyncWanted::Vote));
                coverage.reach_if(Goal::WaitedGated, wanted == Some(SyncWanted::Gated));
                coverage.reach_if(Goal::WaitedOwnCopy, wanted == Some(SyncWanted::OwnCopy));
                coverage.reach_if(Goal::WaitedApply, wanted == Some(SyncWanted::ApplyBlocked));
            }
            Event::SyncCompleted { .. } => {
                self.syncs -= 1;
                self.unreported += 1;
                coverage.reach_if(Goal::Recovered, self.down);
                coverage.reach_if(Goal::Uncovered, disk.unsynced() > 0);
            }
            Event::Synced { upto, .. } => {
                self.unreported -= 1;
                coverage.reach_if(Goal::LateReport, upto < self.reported);
                coverage.reach_if(Goal::SeveralWrites, upto.0 > self.reported.0 + 1);
                self.reported = self.reported.max(upto);
            }
            Event::Crashed { crash, lost, .. } => self.see_crash(crash, lost, coverage, disk),
            Event::Restarted { .. } => {
                coverage.reach(Goal::Restarted);
                (self.down, self.recovers) = (false, false);
                self.reported = disk.written();
                // What a crash took away was not overwritten, and comes back without being A-B-A.
                self.log = disk.image().entries().iter().map(|entry| entry.id).collect();
                self.displaced.clear();
            }
            _ => self.see_bytes(event, coverage, disk),
        }
    }

    fn see_crash(
        &mut self,
        crash: CrashKind,
        lost: u32,
        coverage: &mut Coverage,
        disk: &crate::disk::Disk,
    ) {
        let machine = crash == CrashKind::Machine;
        coverage.reach(if machine { Goal::CrashedMachine } else { Goal::CrashedProcess });
        coverage.reach_times(Goal::LostUnsynced, u64::from(lost));
        coverage.reach_if(Goal::LostLeaderTail, self.leads && lost > 0);
        coverage.reach_if(Goal::CrashedInSync, machine && self.syncs > 0);
        coverage.reach_if(Goal::Unreported, !self.down && self.unreported > 0);
        coverage.reach_if(Goal::CrashedRecovery, self.down);
        coverage.reach_if(Goal::CutRecovery, self.recovers);
        self.recovers = false;
        coverage.reach_if(Goal::Holes, disk.has_residue());
        (self.leads, self.down, self.syncs, self.unreported) = (false, true, 0, 0);
    }
}
