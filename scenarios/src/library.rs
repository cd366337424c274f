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

const BUNDLED: [Bundled; 29] = [
    bundle!("commit/commit_ahead_of_the_entries.scn"),
    bundle!("commit/commit_stops_where_the_message_does.scn"),
    bundle!("commit/conflicting_tail_is_replaced.scn"),
    bundle!("commit/figure_8.scn"),
    bundle!("commit/late_acknowledgement_is_not_counted.scn"),
    bundle!("commit/late_append_cuts_nothing.scn"),
    bundle!("commit/late_commit_takes_nothing_back.scn"),
    bundle!("commit/path_of_a_proposal.scn"),
    bundle!("crash/hole_in_the_tail.scn"),
    bundle!("crash/leader_forgets_what_others_committed.scn"),
    bundle!("crash/readable_is_not_safe.scn"),
    bundle!("crash/unsynced_tail_is_sent_again.scn"),
    bundle!("election/late_vote_is_not_counted.scn"),
    bundle!("election/leader_keeps_inherited_tail.scn"),
    bundle!("election/longer_log_is_not_newer.scn"),
    bundle!("election/one_way_cut.scn"),
    bundle!("election/slow_disk_campaigns_once.scn"),
    bundle!("election/unsynced_vote_is_lost.scn"),
    bundle!("election/vote_is_kept_for_the_term.scn"),
    bundle!("election/vote_request_covers_the_log.scn"),
    bundle!("election/vote_request_waits_for_its_sync.scn"),
    bundle!("election/vote_waits_for_its_sync.scn"),
    bundle!("sync/deposed_leader_still_syncs.scn"),
    bundle!("sync/followers_commit_before_the_leader.scn"),
    bundle!("sync/late_completion_a_b_a.scn"),
    bundle!("sync/late_completion_before_the_next_ready.scn"),
    bundle!("sync/leader_does_not_count_itself.scn"),
    bundle!("sync/several_readys_one_sync.scn"),
    bundle!("sync/sync_covers_what_was_written_before.scn"),
];
