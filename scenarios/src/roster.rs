//! The roster of mutants: for each known bug the oracle that must convict it, how hard it is to
//! find, and the script that shows it.
//!
//! A row counts because its script fails with the bug and passes without it, which a test holds. It
//! is never a target to tune for: bugs that are not listed here must be found as well.

use syncline_raft::Mutant as Core;
use syncline_sim::{HostMutant, Mutant, OracleId};

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
    &ROSTER
}

/// The row of a bug. There is one for each, which a test holds.
#[must_use]
pub fn find(mutant: Mutant) -> Option<&'static Row> {
    ROSTER.iter().find(|row| row.mutant == mutant)
}

const ROSTER: [Row; 19] = [
    Row {
        mutant: Mutant::Core(Core::F1),
        name: "vote request before its sync",
        convicted_by: OracleId::O8,
        difficulty: Difficulty::Easy,
        script: bundle!("election/vote_request_waits_for_its_sync.scn"),
    },
    Row {
        mutant: Mutant::Core(Core::F2),
        name: "vote request before the sync of its log",
        convicted_by: OracleId::O8,
        difficulty: Difficulty::Easy,
        script: bundle!("election/vote_request_covers_the_log.scn"),
    },
    Row {
        mutant: Mutant::Core(Core::F4),
        name: "leader counts its unsynced copy",
        convicted_by: OracleId::O6,
        difficulty: Difficulty::Easy,
        script: bundle!("sync/leader_does_not_count_itself.scn"),
    },
    Row {
        mutant: Mutant::Core(Core::F5),
        name: "follower acknowledges before its sync",
        convicted_by: OracleId::O8,
        difficulty: Difficulty::Easy,
        script: bundle!("crash/unsynced_tail_is_sent_again.scn"),
    },
    Row {
        mutant: Mutant::Core(Core::F6),
        name: "apply of what is not synced here",
        convicted_by: OracleId::O7,
        difficulty: Difficulty::Easy,
        script: bundle!("sync/followers_commit_before_the_leader.scn"),
    },
    Row {
        mutant: Mutant::Core(Core::F7),
        name: "sync acknowledged by index (A-B-A)",
        convicted_by: OracleId::O7,
        difficulty: Difficulty::Guided,
        script: bundle!("sync/late_completion_a_b_a.scn"),
    },
    Row {
        mutant: Mutant::Core(Core::F8),
        name: "sync acknowledged by index and term (A-B-A)",
        convicted_by: OracleId::O7,
        difficulty: Difficulty::Guided,
        script: bundle!("sync/late_completion_a_b_a.scn"),
    },
    Row {
        mutant: Mutant::Core(Core::F12),
        name: "message released by the write before",
        convicted_by: OracleId::O8,
        difficulty: Difficulty::Easy,
        script: bundle!("election/vote_request_waits_for_its_sync.scn"),
    },
    Row {
        mutant: Mutant::Core(Core::F16),
        name: "vote before its sync",
        convicted_by: OracleId::O8,
        difficulty: Difficulty::Easy,
        script: bundle!("election/vote_waits_for_its_sync.scn"),
    },
    Row {
        mutant: Mutant::Core(Core::K1),
        name: "commit of an older term by count (figure 8)",
        convicted_by: OracleId::O4,
        difficulty: Difficulty::Guided,
        script: bundle!("commit/figure_8.scn"),
    },
    Row {
        mutant: Mutant::Core(Core::K2),
        name: "vote forgotten on stepping down",
        convicted_by: OracleId::O10,
        difficulty: Difficulty::Easy,
        script: bundle!("election/vote_is_kept_for_the_term.scn"),
    },
    Row {
        mutant: Mutant::Core(Core::K3),
        name: "vote of an earlier term counted",
        convicted_by: OracleId::O1,
        difficulty: Difficulty::Easy,
        script: bundle!("election/late_vote_is_not_counted.scn"),
    },
    Row {
        mutant: Mutant::Core(Core::K4),
        name: "vote for the longer log",
        convicted_by: OracleId::O4,
        difficulty: Difficulty::Hard,
        script: bundle!("election/longer_log_is_not_newer.scn"),
    },
    Row {
        mutant: Mutant::Core(Core::K6),
        name: "commit index goes back",
        convicted_by: OracleId::O10,
        difficulty: Difficulty::Easy,
        script: bundle!("commit/late_commit_takes_nothing_back.scn"),
    },
    Row {
        mutant: Mutant::Core(Core::K11),
        name: "conflicting tail kept",
        convicted_by: OracleId::O2,
        difficulty: Difficulty::Easy,
        script: bundle!("commit/conflicting_tail_is_replaced.scn"),
    },
    Row {
        mutant: Mutant::Core(Core::K19),
        name: "entry applied twice",
        convicted_by: OracleId::O5,
        difficulty: Difficulty::Easy,
        script: bundle!("commit/path_of_a_proposal.scn"),
    },
    Row {
        mutant: Mutant::Core(Core::K20),
        name: "new leader cuts its own tail",
        convicted_by: OracleId::O3,
        difficulty: Difficulty::Easy,
        script: bundle!("election/leader_keeps_inherited_tail.scn"),
    },
    Row {
        mutant: Mutant::Core(Core::W7),
        name: "panic on a commit ahead of the entries",
        convicted_by: OracleId::O20,
        difficulty: Difficulty::Easy,
        script: bundle!("commit/commit_ahead_of_the_entries.scn"),
    },
    Row {
        mutant: Mutant::Host(HostMutant::NoSyncOnOpen),
        name: "no sync on open",
        convicted_by: OracleId::O8,
        difficulty: Difficulty::Easy,
        script: bundle!("crash/readable_is_not_safe.scn"),
    },
];
