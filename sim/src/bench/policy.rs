//! The policies that are compared.

use std::fmt;
use std::str::FromStr;

use syncline_wal::{Micros, Pace};

/// When a host syncs, and what waits for it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Policy {
    /// The textbook's loop: write and sync, then send, then take the next Ready.
    Serial,
    /// A leader sends first; the sync of a Ready comes before the next Ready.
    Coupled,
    /// Readys are taken for a millisecond or 64 KiB; then none until a sync has completed.
    Pause,
    /// Readys are always taken, and one sync is under way at any time that somebody waits for one.
    Decoupled,
    /// The same with up to four syncs at once.
    Deep,
    /// As decoupled, but a write waits for a millisecond or 64 KiB before its sync begins.
    Delayed,
    /// The policy that follows the disk.
    Adaptive,
    /// No syncs: what a write costs that a power cut may take away. Not safe.
    Never,
}

/// Whether each group syncs by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sharing {
    /// Each has a log and syncs of its own.
    PerGroup,
    /// All groups of a machine write one log.
    PerMachine,
}

/// When a leader sends the entries of a Ready.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sends {
    /// Before they are synced.
    First,
    /// When they are.
    AfterSync,
}

/// How a host goes about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Scheme {
    /// Its pace; `None` if it never syncs.
    pub(super) pace: Option<Pace>,
    pub(super) sharing: Sharing,
    pub(super) sends: Sends,
}

impl Policy {
    /// All, in the order of the table.
    pub const ALL: [Policy; 8] = [
        Policy::Serial,
        Policy::Coupled,
        Policy::Pause,
        Policy::Decoupled,
        Policy::Deep,
        Policy::Delayed,
        Policy::Adaptive,
        Policy::Never,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Policy::Serial => "serial",
            Policy::Coupled => "coupled",
            Policy::Pause => "pause",
            Policy::Decoupled => "decoupled",
            Policy::Deep => "deep",
            Policy::Delayed => "delayed",
            Policy::Adaptive => "adaptive",
            Policy::Never => "never",
        }
    }

    /// Whether it syncs at all.
    #[must_use]
    pub const fn is_safe(self) -> bool {
        !matches!(self, Policy::Never)
    }

    /// Whether it is one of those that the adaptive policy is measured against: safe, and with
    /// settings that stay what they are.
    #[must_use]
    pub const fn is_fixed(self) -> bool {
        self.is_safe() && !matches!(self, Policy::Adaptive)
    }

    /// The pace of a host; `None` if it never syncs.
    fn pace(self) -> Option<Pace> {
        let (delay, bytes) = (Micros(1_000), 64 << 10);
        let decoupled = |depth| {
            Some(Pace::Decoupled { delay: Micros(0), bytes: u64::MAX, readys: u32::MAX, depth })
        };
        match self {
            Policy::Serial | Policy::Coupled => Some(Pace::Coupled),
            Policy::Pause => Some(Pace::Pause { delay, bytes }),
            Policy::Decoupled => decoupled(1),
            Policy::Deep => decoupled(4),
            Policy::Delayed => Some(Pace::Decoupled { delay, bytes, readys: u32::MAX, depth: 1 }),
            Policy::Adaptive => Some(Pace::Adaptive { percent: 90, depth: 4, bytes_max: 64 << 20 }),
            Policy::Never => None,
        }
    }

    /// How a host goes about it.
    pub(super) fn scheme(self) -> Scheme {
        let is_alone = matches!(self, Policy::Serial | Policy::Coupled);
        Scheme {
            pace: self.pace(),
            sharing: if is_alone { Sharing::PerGroup } else { Sharing::PerMachine },
            sends: if self == Policy::Serial { Sends::AfterSync } else { Sends::First },
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No policy has this name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnknownPolicy;

impl fmt::Display for UnknownPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected one of {}", Policy::ALL.map(Policy::name).join(", "))
    }
}

impl std::error::Error for UnknownPolicy {}

impl FromStr for Policy {
    type Err = UnknownPolicy;

    fn from_str(name: &str) -> Result<Policy, UnknownPolicy> {
        Policy::ALL.into_iter().find(|policy| policy.name() == name).ok_or(UnknownPolicy)
    }
}
