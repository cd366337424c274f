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

const BUNDLED: [Bundled; 59] = [
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
    bundle!("crash/hole_in_the_tail.scn"),
    bundle!("crash/leader_forgets_what_others_committed.scn"),
    bundle!("crash/readable_is_not_safe.scn"),
    bundle!("crash/unsynced_tail_is_sent_again.scn"),
    bundle!("election/forgetting_keeps_the_promise.scn"),
    bundle!("election/forgotten_leader.scn"),
    bundle!("election/laggard_asks_before_it_campaigns.scn"),
    bundle!("election/late_vote_is_not_counted.scn"),
    bundle!("election/leader_keeps_inherited_tail.scn"),
    bundle!("election/leader_with_a_hung_disk.scn"),
    bundle!("election/leader_without_a_quorum_steps_down.scn"),
    bundle!("election/learner_votes_when_asked.scn"),
    bundle!("election/longer_log_is_not_newer.scn"),
    bundle!("election/one_way_cut.scn"),
    bundle!("election/promise_outlasts_the_question.scn"),
    bundle!("election/slow_disk_campaigns_once.scn"),
    bundle!("election/transfer_is_given_up.scn"),
    bundle!("election/transfer_waits_for_the_log.scn"),
    bundle!("election/unsynced_vote_is_lost.scn"),
    bundle!("election/vote_is_kept_for_the_term.scn"),
    bundle!("election/vote_names_what_is_committed.scn"),
    bundle!("election/vote_request_covers_the_log.scn"),
    bundle!("election/vote_request_waits_for_its_sync.scn"),
    bundle!("election/vote_waits_for_its_sync.scn"),
    bundle!("membership/joint_commit_needs_both_halves.scn"),
    bundle!("replication/ack_waits_for_the_term.scn"),
    bundle!("replication/entries_are_read_back.scn"),
    bundle!("replication/full_window_does_not_starve.scn"),
    bundle!("replication/group_commit.scn"),
    bundle!("replication/heartbeat_answer_ends_the_wait.scn"),
    bundle!("replication/learner_syncs_before_it_acknowledges.scn"),
    bundle!("replication/lost_ack_delays_the_follower.scn"),
    bundle!("replication/proposals_are_sent_on.scn"),
    bundle!("replication/too_much_uncommitted.scn"),
    bundle!("replication/two_deep.scn"),
    bundle!("snapshot/install_waits_for_its_sync.scn"),
    bundle!("snapshot/known_snapshot_keeps_the_tail.scn"),
    bundle!("snapshot/snapshot_of_an_older_term.scn"),
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
