//! What runs add up to, as it is written to a file, read back and shown.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::time::Duration;

use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use syncline_sim::{Coverage, Goal, Profile, Totals};
use syncline_traces::Digest;

use crate::text::{grouped, long_time};

/// What runs add up to. Their order does not matter.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sums {
    /// How many runs.
    pub(crate) runs: u64,
    /// How many of them broke a promise.
    pub(crate) violations: u64,
    /// How many of them broke one that nobody could keep.
    pub(crate) out_of_contract: u64,
    /// Events, without those of idle ticks.
    pub(crate) events: u64,
    /// Choices that changed the state.
    pub(crate) steps: u64,
    /// Virtual time.
    pub(crate) virtual_micros: u64,
    /// Time that the runs took, on however many cores.
    pub(crate) cpu_nanos: u64,
    /// What was exercised.
    pub(crate) goals: Goals,
    /// The sum of what each seed amounts to.
    pub(crate) digest: Digest,
}

impl Sums {
    /// Adds runs, and the time that they took.
    pub(crate) fn add(&mut self, totals: &Totals, cpu: Duration) {
        self.merge(&Sums {
            runs: totals.runs,
            violations: totals.violations,
            out_of_contract: totals.out_of_contract,
            events: totals.events,
            steps: totals.steps,
            virtual_micros: totals.virtual_micros,
            cpu_nanos: u64::try_from(cpu.as_nanos()).unwrap_or(u64::MAX),
            goals: Goals::of(&totals.coverage),
            digest: totals.digest,
        });
    }

    /// Adds what other runs add up to.
    pub(crate) fn merge(&mut self, other: &Sums) {
        self.runs += other.runs;
        self.violations += other.violations;
        self.out_of_contract += other.out_of_contract;
        self.events += other.events;
        self.steps += other.steps;
        self.virtual_micros += other.virtual_micros;
        self.cpu_nanos += other.cpu_nanos;
        self.goals.add(&other.goals);
        self.digest = self.digest.plus(other.digest);
    }

    /// So many, in a second on one core.
    pub(crate) fn per_second(&self, count: u64) -> u64 {
        let rate = u128::from(count) * 1_000_000_000 / u128::from(self.cpu_nanos.max(1));
        u64::try_from(rate).unwrap_or(u64::MAX)
    }

    /// The summary for people.
    pub(crate) fn to_words(&self) -> String {
        let mut words = String::new();
        let rated = [("events", self.events), ("steps", self.steps), ("runs", self.runs)];
        for (name, count) in rated {
            let rate = grouped(self.per_second(count));
            let _ = writeln!(
                words,
                "  {name:<10}{:>16}   {rate:>10} a second on one core",
                grouped(count)
            );
        }
        let _ = writeln!(
            words,
            "  {:<10}{:>16}   of virtual time",
            "simulated",
            long_time(self.virtual_micros)
        );
        words
    }
}

/// How often each goal was reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Goals([u64; Goal::ALL.len()]);

impl Default for Goals {
    fn default() -> Goals {
        Goals([0; Goal::ALL.len()])
    }
}

impl Goals {
    fn of(coverage: &Coverage) -> Goals {
        Goals(std::array::from_fn(|at| coverage.of(Goal::ALL[at])))
    }

    fn add(&mut self, other: &Goals) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count += more;
        }
    }

    fn shows(&self, goals: &[Goal]) -> bool {
        let counts = |goal: &Goal| !goal.is_of_a_feature() || self.0[*goal as usize] > 0;
        goals.iter().any(counts)
    }

    fn each(&self) -> impl Iterator<Item = (Goal, u64)> {
        Goal::ALL.iter().copied().zip(self.0)
    }

    /// Those that such runs could have reached, and have not.
    pub(crate) fn unmet(&self, profile: Profile) -> Vec<&'static str> {
        let missed = |(goal, count): &(Goal, u64)| *count == 0 && goal.is_within_reach_of(profile);
        self.each().filter(missed).map(|(goal, _)| goal.word()).collect()
    }
}

impl Serialize for Goals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(Goal::ALL.len()))?;
        for (goal, count) in self.each() {
            map.serialize_entry(goal.word(), &count)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Goals {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Goals, D::Error> {
        let counts = BTreeMap::<String, u64>::deserialize(deserializer)?;
        let mut goals = Goals::default();
        for (word, count) in counts {
            let known = Goal::ALL.iter().position(|goal| goal.word() == word);
            let at = known.ok_or_else(|| D::Error::custom(format!("no goal '{word}'")))?;
            goals.0[at] = count;
        }
        Ok(goals)
    }
}

/// What the goals are about, in the order in which they are shown.
const GROUPS: [(&str, &[Goal]); 10] = [
    (
        "elections and the log",
        &[
            Goal::Elected,
            Goal::Deposed,
            Goal::Proposed,
            Goal::Committed,
            Goal::Applied,
            Goal::Truncated,
            Goal::TruncatedUnsynced,
            Goal::Aba,
        ],
    ),
    (
        "syncs apart from everything else",
        &[
            Goal::CommitAhead,
            Goal::ReadyAhead,
            Goal::SeveralWrites,
            Goal::Uncovered,
            Goal::Overlapped,
            Goal::LateReport,
        ],
    ),
    (
        "who waited for a sync",
        &[
            Goal::WaitedVote,
            Goal::WaitedGated,
            Goal::WaitedOwnCopy,
            Goal::WaitedApply,
            Goal::HeldUp,
        ],
    ),
    (
        "crashes",
        &[
            Goal::CrashedProcess,
            Goal::CrashedMachine,
            Goal::LostUnsynced,
            Goal::LostLeaderTail,
            Goal::CrashedInSync,
            Goal::Unreported,
            Goal::Holes,
            Goal::Recovered,
            Goal::CrashedRecovery,
            Goal::Restarted,
        ],
    ),
    (
        "network",
        &[
            Goal::Dropped,
            Goal::Duplicated,
            Goal::Overtaken,
            Goal::LinkFull,
            Goal::CutBoth,
            Goal::CutOneWay,
        ],
    ),
    (
        "offices and proposals",
        &[
            Goal::PreVoted,
            Goal::PromiseKept,
            Goal::HandedOver,
            Goal::StallHandedOver,
            Goal::Forgotten,
            Goal::Forwarded,
            Goal::RefusedForSize,
            Goal::CommitAcross,
        ],
    ),
    (
        "membership",
        &[
            Goal::ChangeProposed,
            Goal::ChangeForwarded,
            Goal::ChangeRefused,
            Goal::JointEntered,
            Goal::JointLeft,
            Goal::JointLeftByHand,
            Goal::Promoted,
            Goal::Demoted,
            Goal::LeaderRemoved,
            Goal::BlankJoined,
        ],
    ),
    ("reads", &[Goal::ReadByQuorum, Goal::ReadByLease, Goal::ReadForwarded, Goal::ReadLost]),
    (
        "snapshots and old entries",
        &[
            Goal::Checkpointed,
            Goal::Compacted,
            Goal::SnapshotSent,
            Goal::SnapshotInstalled,
            Goal::SnapshotFailed,
            Goal::SnapshotAskedFor,
            Goal::InstallsOverlapping,
            Goal::RestartedInstalling,
            Goal::RestartedAhead,
            Goal::Fetched,
            Goal::FetchFailed,
            Goal::Unreached,
        ],
    ),
    (
        "disks of bytes",
        &[
            Goal::SyncLost,
            Goal::SyncReverted,
            Goal::FailedLate,
            Goal::WriteShort,
            Goal::IoFailed,
            Goal::NoSpace,
            Goal::OpsAtOnce,
            Goal::FileRemoved,
            Goal::LogRead,
            Goal::KeptUnsynced,
            Goal::CutRecovery,
            Goal::Rot,
            Goal::WriteLost,
            Goal::Misdirected,
            Goal::HeaderFlipped,
            Goal::SnapshotFlipped,
            Goal::FileLost,
            Goal::NewestLost,
            Goal::DiskLost,
            Goal::Unreadable,
            Goal::Stale,
            Goal::DamageFound,
            Goal::DamagedOpen,
            Goal::Unread,
            Goal::Lied,
        ],
    ),
];

impl Goals {
    /// Whether such runs could have reached it. What is about disks of the other kind they could not, nor a
    /// lie where no disk tells any.
    fn is_in_reach(&self, goal: Goal) -> bool {
        let has_bytes = self.0[Goal::LogRead as usize] > 0;
        let is_elsewhere = goal == Goal::Lied || (goal.is_of_records() && has_bytes);
        self.0[goal as usize] > 0 || !is_elsewhere
    }
}

impl fmt::Display for Goals {
    /// A table in two columns, group by group. A feature that no run has used has no place in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grouped_goals = GROUPS.iter().flat_map(|(_, goals)| *goals);
        let rest: Vec<Goal> = Goal::ALL
            .iter()
            .filter(|goal| !grouped_goals.clone().any(|g| g == *goal))
            .copied()
            .collect();
        let groups = GROUPS.iter().copied().chain([("more", rest.as_slice())]);
        for (title, goals) in groups.filter(|(_, goals)| self.shows(goals)) {
            writeln!(f, "  {title}")?;
            let goals: Vec<Goal> = goals.iter().copied().filter(|g| self.is_in_reach(*g)).collect();
            for pair in goals.chunks(2) {
                let mut line = String::from("  ");
                for goal in pair {
                    let count = grouped(self.0[*goal as usize]);
                    write!(line, "  {:<29}{count:>12}  ", goal.word())?;
                }
                writeln!(f, "{}", line.trim_end())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_goal_is_in_one_group() {
        let mut grouped: Vec<Goal> = GROUPS.iter().flat_map(|(_, goals)| *goals).copied().collect();
        grouped.sort();
        assert_eq!(grouped, Goal::ALL, "show a new goal beside its like");
    }

    #[test]
    fn sums_are_read_back_as_they_were_written() {
        let mut sums = Sums { runs: 3, cpu_nanos: 5, ..Sums::default() };
        sums.goals.0[2] = 7;
        let text = serde_json::to_string(&sums).unwrap();
        assert_eq!(serde_json::from_str::<Sums>(&text).unwrap(), sums);
        assert!(serde_json::from_str::<Sums>(&text.replace("elections", "electrons")).is_err());
    }
}
