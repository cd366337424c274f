//! The roster of mutants: for each known bug the oracle that must convict it, how hard it is to
//! find, and the script that shows it.
//!
//! A row counts because its script fails with the bug and passes without it, which a test holds. It
//! is never a target to tune for: bugs that are not listed here must be found as well.

use syncline_raft::Mutant as Core;
use syncline_sim::{HostMutant as Host, Mutant, OracleId, Profile};
use syncline_wal::Mutant as Log;

use crate::library::{Bundled, bundle};

/// One known bug.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// The bug.
    pub mutant: Mutant,
    /// What it does, in a few words.
    pub name: &'static str,
    /// The oracle that convicts it in its script, and in some run of a campaign.
    pub convicted_by: OracleId,
    /// How hard it is for a random walk.
    pub difficulty: Difficulty,
    /// The script that fails with it.
    pub script: Bundled,
}

impl Row {
    /// The family of plans in which chance is to meet it. What shows only when faults have ceased is
    /// looked for where many runs end in a calm, and every feature is used; what goes beyond a limit, where
    /// limits are narrow; what is in the log, where disks hold bytes.
    #[must_use]
    pub const fn profile(&self) -> Profile {
        match self.mutant {
            Mutant::Log(_) => Profile::Disk,
            _ if self.convicted_by.is_liveness() || self.convicted_by.is_about_limits() => {
                Profile::Everything
            }
            _ => Profile::Swarm,
        }
    }
}

/// How hard a bug is to find.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Difficulty {
    /// Most random runs of some length meet it.
    Easy,
    /// It takes a rare alignment of events.
    Hard,
    /// It takes a strategy that knows where to look, or its script.
    Guided,
}

/// What a campaign may spend on finding a bug.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Budget {
    /// So many runs.
    pub runs_max: u64,
    /// So many seconds, if time is limited; whatever ends first.
    pub seconds_max: Option<u32>,
}

impl Difficulty {
    /// Its word in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Difficulty::Easy => "easy",
            Difficulty::Hard => "hard",
            Difficulty::Guided => "guided",
        }
    }

    /// What a campaign may spend.
    #[must_use]
    pub const fn budget(self) -> Budget {
        match self {
            Difficulty::Easy => Budget { runs_max: 2_000, seconds_max: None },
            Difficulty::Hard | Difficulty::Guided => {
                Budget { runs_max: 100_000, seconds_max: Some(60) }
            }
        }
    }
}

/// All rows, in the order of [`Mutant::all`].
#[must_use]
pub fn roster() -> &'static [Row] {
    ROSTER
}

/// The row of a bug. There is one for each, which a test holds.
#[must_use]
pub fn find(mutant: Mutant) -> Option<&'static Row> {
    ROSTER.iter().find(|row| row.mutant == mutant)
}

macro_rules! rows {
    ($($room:ident $mutant:ident: $oracle:ident, $difficulty:ident, $name:literal, $script:literal;)+) => {
        const ROSTER: &[Row] = &[$(Row {
            mutant: Mutant::$room($room::$mutant),
            name: $name,
            convicted_by: OracleId::$oracle,
            difficulty: Difficulty::$difficulty,
            script: bundle!($script),
        }),+];
    };
}

rows! {
    Core B1: O22, Easy, "window without bytes",
        "limits/window_counts_bytes.scn";
    Core B2: O22, Easy, "promise withheld again and again",
        "limits/promise_is_withheld_once.scn";
    Core B3: O22, Easy, "applying limited by Ready",
        "limits/applying_ends_with_the_apply.scn";
    Core B4: O22, Easy, "inherited tail not uncommitted",
        "limits/inherited_tail_is_uncommitted.scn";
    Core B5: O22, Easy, "message of any weight",
        "limits/message_has_its_weight.scn";
    Core B6: O22, Easy, "sign of life frees the window",
        "limits/sign_of_life_frees_one_message.scn";
    Core B7: O22, Easy, "sign of life sends all again",
        "limits/sign_of_life_asks_for_nothing.scn";
    Core B8: O22, Easy, "proposals sent on without limit",
        "limits/follower_sends_on_what_fits.scn";
    Core F1: O8, Easy, "vote request before its sync",
        "election/vote_request_waits_for_its_sync.scn";
    Core F2: O8, Easy, "vote request before the sync of its log",
        "election/vote_request_covers_the_log.scn";
    Core F4: O6, Easy, "leader counts its unsynced copy",
        "sync/leader_does_not_count_itself.scn";
    Core F5: O8, Easy, "follower acknowledges before its sync",
        "crash/unsynced_tail_is_sent_again.scn";
    Core F6: O7, Easy, "apply of what is not synced here",
        "sync/followers_commit_before_the_leader.scn";
    Core F7: O7, Guided, "sync acknowledged by index (A-B-A)",
        "sync/late_completion_a_b_a.scn";
    Core F8: O7, Guided, "sync acknowledged by index and term (A-B-A)",
        "sync/late_completion_a_b_a.scn";
    Core F11: O6, Easy, "first entry of a term counted unsynced",
        "sync/first_entry_of_a_term_counts_when_synced.scn";
    Core F12: O8, Easy, "message released by the write before",
        "election/vote_request_waits_for_its_sync.scn";
    Core F16: O8, Easy, "vote before its sync",
        "election/vote_waits_for_its_sync.scn";
    Core F17: O8, Guided, "learned term not written for its own sake",
        "replication/ack_waits_for_the_term.scn";
    Core F19: O8, Guided, "snapshot acknowledged before its sync",
        "snapshot/install_waits_for_its_sync.scn";
    Core F24: O12, Guided, "overwritten change kept",
        "membership/tail_takes_the_change_with_it.scn";
    Core F27: O2, Easy, "issued entries issued again",
        "sync/what_is_issued_is_not_issued_again.scn";
    Core F29: O8, Guided, "learner acknowledges before its sync",
        "replication/learner_syncs_before_it_acknowledges.scn";
    Core F31: O7, Easy, "follower applies what it has not synced",
        "sync/follower_applies_what_it_has_synced.scn";
    Core F35: O16, Guided, "lease back after a transfer",
        "read/transfer_ends_the_lease.scn";
    Core F36: O16, Guided, "promise void in a new term",
        "read/promise_outlives_the_term.scn";
    Core F37: O16, Guided, "campaign against the own promise",
        "read/promise_binds_the_application.scn";
    Core F38: O15, Guided, "read joins a round under way",
        "read/round_that_left_before_the_read.scn";
    Core F39: O4, Guided, "entries written without their commit",
        "membership/durable_change_knows_the_one_before.scn";
    Core F40: O16, Guided, "lease until the leader looks",
        "read/lease_ends_before_the_check.scn";
    Core F41: O7, Guided, "snapshot applied before its sync",
        "snapshot/install_waits_for_its_sync.scn";
    Core F42: O7, Easy, "overwrite leaves the synced index",
        "sync/overwrite_lowers_what_is_synced.scn";
    Core F43: O6, Guided, "acknowledgement of an earlier term counted",
        "commit/late_acknowledgement_is_not_counted.scn";
    Core K1: O4, Guided, "commit of an older term by count (figure 8)",
        "commit/figure_8.scn";
    Core K2: O10, Easy, "vote forgotten on stepping down",
        "election/vote_is_kept_for_the_term.scn";
    Core K3: O1, Easy, "vote of an earlier term counted",
        "election/late_vote_is_not_counted.scn";
    Core K4: O4, Hard, "vote for the longer log",
        "election/longer_log_is_not_newer.scn";
    Core K5: O6, Guided, "commit up to the end of the log",
        "commit/commit_stops_where_the_message_does.scn";
    Core K6: O10, Easy, "commit index goes back",
        "commit/late_commit_takes_nothing_back.scn";
    Core K7: O10, Guided, "late acknowledgement believed",
        "replication/acks_out_of_order.scn";
    Core K10: O6, Easy, "append cuts off what comes after it",
        "commit/late_append_cuts_nothing.scn";
    Core K11: O2, Easy, "conflicting tail kept",
        "commit/conflicting_tail_is_replaced.scn";
    Core K13: O8, Easy, "entries taken without their term",
        "replication/entries_bring_their_term.scn";
    Core K15: O6, Guided, "learner's copy counted",
        "commit/learner_does_not_count.scn";
    Core K16: O10, Guided, "consent written down as a vote",
        "election/consent_is_no_vote.scn";
    Core K19: O5, Easy, "entry applied twice",
        "commit/path_of_a_proposal.scn";
    Core K20: O3, Easy, "new leader cuts its own tail",
        "election/leader_keeps_inherited_tail.scn";
    Core K21: O6, Easy, "heartbeat with a commit that was not acknowledged",
        "commit/heartbeat_says_what_was_acknowledged.scn";
    Core La: L2, Easy, "lost probe never repeated",
        "replication/lost_probe_is_sent_again.scn";
    Core Lb: L2, Easy, "full window never opened again",
        "replication/full_window_opens_again.scn";
    Core Le: L2, Hard, "no answer to an older term",
        "election/old_leader_hears_of_the_new_term.scn";
    Core Lf: L3, Easy, "reads forgotten on stepping down",
        "read/read_ends_with_the_office.scn";
    Core Lg: L3, Hard, "transfer never given up",
        "election/lost_request_to_campaign.scn";
    Core Li: L3, Hard, "outcome of a read alone is no Ready",
        "read/outcome_alone_is_a_ready.scn";
    Core Lk: L1, Hard, "the same timeouts everywhere",
        "election/equal_clocks_elect_one.scn";
    Core Ll: L1, Easy, "timer runs while the vote waits",
        "election/every_disk_is_slow.scn";
    Core Lm: L3, Hard, "leader with a hung disk stays",
        "election/hung_disk_ends_the_office.scn";
    Core Ln: L1, Hard, "longer log wanted of a lower priority",
        "election/newer_log_beats_priority.scn";
    Core M1: O12, Guided, "change proposed on top of an inherited one",
        "membership/inherited_change_comes_first.scn";
    Core M2: O12, Guided, "two changes at once",
        "membership/one_change_at_a_time.scn";
    Core M3: O6, Guided, "joint commit by the incoming half",
        "membership/joint_commit_needs_both_halves.scn";
    Core M4: L4, Hard, "joint membership left by its leader alone",
        "membership/next_leader_leaves_the_joint.scn";
    Core M5: L1, Hard, "unaware voter gives no vote",
        "election/new_voter_that_does_not_know.scn";
    Core M8: L3, Hard, "leader stays without a vote",
        "membership/demoted_leader_sends_changes_on.scn";
    Core M12: O12, Guided, "membership of a snapshot ignored",
        "membership/one_voter_is_added.scn";
    Core N7: O10, Guided, "snapshot takes its receiver's term back",
        "snapshot/snapshot_of_an_older_term.scn";
    Core N10: L2, Hard, "snapshot of the whole log not delivered",
        "snapshot/snapshot_of_the_whole_log_is_enough.scn";
    Core N11: L5, Hard, "failed snapshot not sent again",
        "snapshot/failed_snapshot_keeps_no_learner_out.scn";
    Core N12: L2, Easy, "snapshot refused that was asked for",
        "snapshot/snapshot_that_was_asked_for_is_taken.scn";
    Core N14: O4, Guided, "snapshot takes the place of the tail",
        "snapshot/known_snapshot_keeps_the_tail.scn";
    Core Q1: O15, Guided, "read answered without asking",
        "paper/8_linearizable_reads.scn";
    Core Q2: O15, Guided, "read before the first commit of the term",
        "read/new_leader_reads_after_its_first_commit.scn";
    Core Q5: O16, Guided, "promise forgotten on restart",
        "read/restart_renews_the_promise.scn";
    Core Q8: O16, Guided, "leader forgotten under a lease",
        "read/lease_is_not_forgotten.scn";
    Core Q10: O15, Guided, "read confirmed by the incoming half",
        "read/joint_read_is_not_half_confirmed.scn";
    Core W7: O20, Easy, "panic on a commit ahead of the entries",
        "commit/commit_ahead_of_the_entries.scn";
    Host NoSyncOnOpen: O8, Easy, "no sync on open",
        "crash/readable_is_not_safe.scn";
    Host D6: O8, Easy, "sync covers what was written while it ran",
        "sync/sync_covers_what_was_written_before.scn";
    Host D27: O14, Guided, "log let go of before a durable state has it",
        "snapshot/what_is_applied_may_be_lost.scn";
    Host D29: L1, Easy, "last write never synced",
        "sync/last_write_is_synced.scn";
    Host D32: L2, Easy, "ticks forgotten after a rest",
        "sync/ticks_count_after_a_rest.scn";
    Host D33: O22, Easy, "sync under way taken for done",
        "limits/host_waits_for_room.scn";
    Host F34: O11, Easy, "hard state written before the entries",
        "crash/commit_comes_with_its_entries.scn";
    Host F44: O11, Easy, "entries written before their term",
        "crash/entries_come_with_their_term.scn";
    Host M13: O13, Guided, "state written down with an old membership",
        "membership/state_names_its_members.scn";
    Host N1: O11, Guided, "snapshot named before it is there",
        "snapshot/snapshot_is_named_when_it_is_there.scn";
    Host N9: O13, Guided, "state named by what was handed out",
        "snapshot/state_names_what_is_applied.scn";
    Host N13: O20, Guided, "beginning of an empty log forgotten",
        "snapshot/log_of_nothing_but_a_snapshot.scn";
    Host Q7: O16, Guided, "clock slower than the drift allows for",
        "read/lease_rests_on_the_clocks.scn";
    Host Q9: O15, Guided, "read served before the apply",
        "read/read_waits_for_the_apply.scn";
    Host W5: O9, Easy, "vote lost in a restart",
        "election/vote_outlives_the_process.scn";
    Host W11: O5, Guided, "applied index lost in a restart",
        "crash/state_goes_on_where_it_was.scn";
    Host W15: O5, Easy, "commit index taken for the applied one",
        "crash/state_goes_on_where_it_was.scn";
    Log D6: O19, Easy, "sync taken to cover what came after it",
        "disk/sync_covers_what_was_written_before.scn";
    Log D15: O19, Easy, "failed sync taken for done",
        "disk/failed_sync_ends_the_process.scn";
    Log D17: O19, Easy, "zeros taken for the end",
        "disk/zeros_are_no_end.scn";
    Log D18: O19, Easy, "damage taken for torn",
        "disk/rotten_batch_is_refused.scn";
    Log D19: O19, Easy, "damaged batch skipped",
        "disk/rotten_batch_is_refused.scn";
    Log D20: O19, Easy, "damage taken for the end when read back",
        "disk/what_is_damaged_is_not_served.scn";
    Log D21: O19, Easy, "batch taken wherever it lies",
        "disk/batch_in_the_wrong_place.scn";
    Log D24: O19, Easy, "void entry kept",
        "disk/overwritten_tail_is_gone.scn";
    Log D27: O19, Easy, "segments removed too early",
        "disk/log_goes_once_that_is_durable.scn";
    Log D28: O19, Easy, "file named before its bytes are durable",
        "disk/file_has_its_bytes_before_its_name.scn";
    Log D35: O19, Easy, "empty folder taken for a new node",
        "disk/empty_folder_is_no_new_node.scn";
    Log D36: O19, Easy, "segment named before the one before it is durable",
        "disk/segment_before_is_durable_first.scn";
    Log D37: O19, Easy, "readable taken for durable",
        "disk/readable_bytes_are_not_durable.scn";
    Log D39: O19, Easy, "folder not synced",
        "disk/names_are_synced_too.scn";
    Log D40: O19, Hard, "log begun amid what is void",
        "disk/log_begins_with_nothing_void.scn";
    Log D41: O19, Guided, "spare written to while it may still be named",
        "disk/spare_is_no_segment_any_more.scn";
    Log D42: O19, Hard, "sync released out of turn",
        "disk/syncs_are_released_in_turn.scn";
    Log D43: O19, Easy, "sync released before a write that it covers",
        "disk/sync_waits_for_its_writes.scn";
    Log D44: O19, Easy, "tail written anew without evidence",
        "disk/recovered_tail_has_evidence.scn";
    Log D45: O19, Easy, "folder synced amid a change of names",
        "disk/names_are_synced_when_they_are_there.scn";
    Log D46: O19, Hard, "segment named while an earlier sync is in doubt",
        "disk/segment_is_named_without_a_doubt.scn";
    Log D47: O19, Hard, "names left by a dead process taken for durable",
        "disk/names_of_a_dead_process_are_synced.scn";
}
