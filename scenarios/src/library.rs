//! Every script of this folder, built into the crate, so that a program can play them anywhere.

use crate::lang::{Script, ScriptError};

/// A script that is built in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bundled {
    /// Its path in the folder of scenarios, such as `commit/figure_8.scn`.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

impl Bundled {
    /// Reads it.
    ///
    /// # Errors
    /// Never for what [`bundled`] lists: a test reads them all.
    pub fn script(&self) -> Result<Script, ScriptError> {
        Script::parse(self.name, self.text)
    }
}

/// One script, by its path in the folder of scenarios.
macro_rules! bundle {
    ($path:literal) => {
        $crate::library::Bundled { name: $path, text: include_str!(concat!("../", $path)) }
    };
}
pub(crate) use bundle;

/// All of them, in the order of their names.
#[must_use]
pub fn bundled() -> &'static [Bundled] {
    &BUNDLED
}

const BUNDLED: [Bundled; 144] = [
    bundle!("commit/commit_ahead_of_the_entries.scn"),
    bundle!("commit/commit_stops_where_the_message_does.scn"),
    bundle!("commit/conflicting_tail_is_replaced.scn"),
    bundle!("commit/figure_8.scn"),
    bundle!("commit/heartbeat_says_what_was_acknowledged.scn"),
    bundle!("commit/late_acknowledgement_is_not_counted.scn"),
    bundle!("commit/late_append_cuts_nothing.scn"),
    bundle!("commit/late_commit_takes_nothing_back.scn"),
    bundle!("commit/learner_does_not_count.scn"),
    bundle!("commit/path_of_a_proposal.scn"),
    bundle!("crash/commit_comes_with_its_entries.scn"),
    bundle!("crash/entries_come_with_their_term.scn"),
    bundle!("crash/hole_in_the_tail.scn"),
    bundle!("crash/leader_forgets_what_others_committed.scn"),
    bundle!("crash/readable_is_not_safe.scn"),
    bundle!("crash/state_goes_on_where_it_was.scn"),
    bundle!("crash/unsynced_tail_is_sent_again.scn"),
    bundle!("election/consent_is_no_vote.scn"),
    bundle!("election/equal_clocks_elect_one.scn"),
    bundle!("election/every_disk_is_slow.scn"),
    bundle!("election/forgetting_keeps_the_promise.scn"),
    bundle!("election/forgotten_leader.scn"),
    bundle!("election/hung_disk_ends_the_office.scn"),
    bundle!("election/laggard_asks_before_it_campaigns.scn"),
    bundle!("election/late_vote_is_not_counted.scn"),
    bundle!("election/leader_keeps_inherited_tail.scn"),
    bundle!("election/leader_with_a_hung_disk.scn"),
    bundle!("election/leader_without_a_quorum_steps_down.scn"),
    bundle!("election/learner_votes_when_asked.scn"),
    bundle!("election/longer_log_is_not_newer.scn"),
    bundle!("election/lost_request_to_campaign.scn"),
    bundle!("election/new_voter_that_does_not_know.scn"),
    bundle!("election/newer_log_beats_priority.scn"),
    bundle!("election/old_leader_hears_of_the_new_term.scn"),
    bundle!("election/one_way_cut.scn"),
    bundle!("election/promise_outlasts_the_question.scn"),
    bundle!("election/slow_disk_campaigns_once.scn"),
    bundle!("election/transfer_is_given_up.scn"),
    bundle!("election/transfer_waits_for_the_log.scn"),
    bundle!("election/unsynced_vote_is_lost.scn"),
    bundle!("election/vote_is_kept_for_the_term.scn"),
    bundle!("election/vote_names_what_is_committed.scn"),
    bundle!("election/vote_outlives_the_process.scn"),
    bundle!("election/vote_request_covers_the_log.scn"),
    bundle!("election/vote_request_waits_for_its_sync.scn"),
    bundle!("election/vote_waits_for_its_sync.scn"),
    bundle!("membership/application_leaves.scn"),
    bundle!("membership/demoted_leader_sends_changes_on.scn"),
    bundle!("membership/durable_change_knows_the_one_before.scn"),
    bundle!("membership/inherited_change_comes_first.scn"),
    bundle!("membership/joint_by_wish.scn"),
    bundle!("membership/joint_commit_needs_both_halves.scn"),
    bundle!("membership/leader_is_demoted.scn"),
    bundle!("membership/leader_is_replaced.scn"),
    bundle!("membership/leader_removes_itself.scn"),
    bundle!("membership/learner_is_promoted.scn"),
    bundle!("membership/new_leader_waits_with_changes.scn"),
    bundle!("membership/next_leader_leaves_the_joint.scn"),
    bundle!("membership/no_campaign_before_the_change_is_applied.scn"),
    bundle!("membership/one_change_at_a_time.scn"),
    bundle!("membership/one_voter_is_added.scn"),
    bundle!("membership/removed_node_does_not_disturb.scn"),
    bundle!("membership/state_names_its_members.scn"),
    bundle!("membership/tail_takes_the_change_with_it.scn"),
    bundle!("membership/two_are_added_then_removed.scn"),
    bundle!("paper/5_1_terms.scn"),
    bundle!("paper/5_2_election.scn"),
    bundle!("paper/5_2_one_vote_for_each_term.scn"),
    bundle!("paper/5_2_split_vote.scn"),
    bundle!("paper/5_3_fast_backtracking.scn"),
    bundle!("paper/5_3_log_matching.scn"),
    bundle!("paper/5_3_log_replication.scn"),
    bundle!("paper/5_4_1_election_restriction.scn"),
    bundle!("paper/5_4_2_older_terms.scn"),
    bundle!("paper/5_5_crashes.scn"),
    bundle!("paper/5_6_timing.scn"),
    bundle!("paper/6_membership.scn"),
    bundle!("paper/7_log_compaction.scn"),
    bundle!("paper/8_first_entry_of_a_term.scn"),
    bundle!("paper/8_linearizable_reads.scn"),
    bundle!("read/follower_asks_the_leader.scn"),
    bundle!("read/hung_disk_keeps_its_reader.scn"),
    bundle!("read/joint_read_is_not_half_confirmed.scn"),
    bundle!("read/joint_read_needs_both_halves.scn"),
    bundle!("read/lease_ends_before_the_check.scn"),
    bundle!("read/lease_is_not_forgotten.scn"),
    bundle!("read/lease_rests_on_the_clocks.scn"),
    bundle!("read/lease_serves_at_once.scn"),
    bundle!("read/lost_read_is_reported.scn"),
    bundle!("read/new_leader_reads_after_its_first_commit.scn"),
    bundle!("read/outcome_alone_is_a_ready.scn"),
    bundle!("read/promise_binds_the_application.scn"),
    bundle!("read/promise_outlives_the_term.scn"),
    bundle!("read/read_ends_with_the_office.scn"),
    bundle!("read/read_waits_for_a_round.scn"),
    bundle!("read/read_waits_for_the_apply.scn"),
    bundle!("read/restart_renews_the_promise.scn"),
    bundle!("read/round_that_left_before_the_read.scn"),
    bundle!("read/transfer_ends_the_lease.scn"),
    bundle!("replication/ack_waits_for_the_term.scn"),
    bundle!("replication/acks_out_of_order.scn"),
    bundle!("replication/entries_are_read_back.scn"),
    bundle!("replication/entries_bring_their_term.scn"),
    bundle!("replication/full_window_does_not_starve.scn"),
    bundle!("replication/full_window_opens_again.scn"),
    bundle!("replication/group_commit.scn"),
    bundle!("replication/heartbeat_answer_ends_the_wait.scn"),
    bundle!("replication/learner_syncs_before_it_acknowledges.scn"),
    bundle!("replication/lost_ack_delays_the_follower.scn"),
    bundle!("replication/lost_probe_is_sent_again.scn"),
    bundle!("replication/proposals_are_sent_on.scn"),
    bundle!("replication/too_much_uncommitted.scn"),
    bundle!("replication/two_deep.scn"),
    bundle!("snapshot/ack_ends_the_snapshot.scn"),
    bundle!("snapshot/compaction_waits_for_the_checkpoint.scn"),
    bundle!("snapshot/crash_between_state_and_log.scn"),
    bundle!("snapshot/delivered_but_not_acknowledged.scn"),
    bundle!("snapshot/failed_snapshot_is_sent_again.scn"),
    bundle!("snapshot/failed_snapshot_keeps_no_learner_out.scn"),
    bundle!("snapshot/install_waits_for_its_sync.scn"),
    bundle!("snapshot/known_snapshot_keeps_the_tail.scn"),
    bundle!("snapshot/late_entries_end_the_snapshot.scn"),
    bundle!("snapshot/log_of_nothing_but_a_snapshot.scn"),
    bundle!("snapshot/requested_by_the_follower.scn"),
    bundle!("snapshot/requested_from_a_new_leader.scn"),
    bundle!("snapshot/slow_follower_after_compaction.scn"),
    bundle!("snapshot/snapshot_is_named_when_it_is_there.scn"),
    bundle!("snapshot/snapshot_of_an_older_term.scn"),
    bundle!("snapshot/snapshot_of_the_whole_log_is_enough.scn"),
    bundle!("snapshot/snapshot_that_was_asked_for_is_taken.scn"),
    bundle!("snapshot/state_names_what_is_applied.scn"),
    bundle!("snapshot/two_installs_in_flight.scn"),
    bundle!("snapshot/what_is_applied_may_be_lost.scn"),
    bundle!("sync/deposed_leader_still_syncs.scn"),
    bundle!("sync/first_entry_of_a_term_counts_when_synced.scn"),
    bundle!("sync/follower_applies_what_it_has_synced.scn"),
    bundle!("sync/followers_commit_before_the_leader.scn"),
    bundle!("sync/late_completion_a_b_a.scn"),
    bundle!("sync/late_completion_before_the_next_ready.scn"),
    bundle!("sync/leader_does_not_count_itself.scn"),
    bundle!("sync/overwrite_lowers_what_is_synced.scn"),
    bundle!("sync/several_readys_one_sync.scn"),
    bundle!("sync/sync_covers_what_was_written_before.scn"),
    bundle!("sync/what_is_issued_is_not_issued_again.scn"),
];
