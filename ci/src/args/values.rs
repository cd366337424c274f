//! The values that the command line takes, each with what is expected of it.

use std::fmt;
use std::str::FromStr;
use std::thread;
use std::time::Duration;

use syncline_sim::Profile;
use syncline_sim::bench::Policy;

/// The help on a family of plans: all there are, and what each is.
pub(super) fn profiles() -> String {
    let words = |profile: Profile| match profile {
        Profile::Swarm => "faults by lot",
        Profile::Swarm3 => "always three nodes",
        Profile::Timed => "latencies decide the order",
        Profile::Everything => "every feature of the core",
        Profile::EverythingTimed => "every feature, by latencies",
        Profile::Disk => "every feature, on disks of bytes that fail",
        Profile::DiskUniform => "power cuts drawn bit by bit",
        Profile::DiskTimed => "disks of bytes, by latencies in virtual time",
        Profile::LyingDisk => "a disk whose syncs lie",
    };
    let all = Profile::ALL.map(|profile| format!("{profile} ({})", words(profile)));
    format!("The family of plans: {}", all.join(", "))
}

/// The help on policies.
pub(super) fn policies() -> String {
    format!("Only these policies: {}", Policy::ALL.map(Policy::name).join(", "))
}

/// A text is not the value that was expected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct NotAValue {
    expected: &'static str,
    found: String,
}

impl fmt::Display for NotAValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, found '{}'", self.expected, self.found)
    }
}

impl std::error::Error for NotAValue {}

fn whole(text: &str, range: std::ops::RangeInclusive<u32>) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && range.contains(number))
}

macro_rules! whole_number {
    ($name:ident, $range:expr, $expected:literal, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) struct $name(pub(crate) u32);

        impl FromStr for $name {
            type Err = NotAValue;

            fn from_str(text: &str) -> Result<$name, NotAValue> {
                let error = || NotAValue { expected: $expected, found: text.to_owned() };
                whole(text, $range).map($name).ok_or_else(error)
            }
        }
    };
}

whole_number!(Nodes, 1..=9, "a number of nodes (1 to 9)", "How many nodes.");
whole_number!(
    Steps,
    1..=1_000_000,
    "a number of steps (1 to 1000000)",
    "How many steps a run has at most."
);

whole_number!(
    Commands,
    1..=10_000_000,
    "a number of commands (1 to 10000000)",
    "How many commands are measured."
);

/// How many runs: at least one, because none would pass for good.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Runs(pub(crate) u64);

impl FromStr for Runs {
    type Err = NotAValue;

    fn from_str(text: &str) -> Result<Runs, NotAValue> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let error = |expected| NotAValue { expected, found: text.to_owned() };
        match text.parse().ok().filter(|_| digits) {
            Some(0) => Err(error("at least one run, for none shows nothing")),
            Some(number) => Ok(Runs(number)),
            None => Err(error("a number of runs")),
        }
    }
}

/// So many of a hundred.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Percent(pub(crate) u32);

impl FromStr for Percent {
    type Err = NotAValue;

    fn from_str(text: &str) -> Result<Percent, NotAValue> {
        let number = whole(text.strip_suffix('%').unwrap_or(text), 0..=100);
        let error = || NotAValue { expected: "a percentage (0 to 100)", found: text.to_owned() };
        number.map(Percent).ok_or_else(error)
    }
}

/// How many threads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Jobs {
    /// As many as the machine has cores for us.
    Auto,
    /// So many.
    Count(usize),
}

impl Jobs {
    /// The number.
    pub(crate) fn count(self) -> usize {
        match self {
            Jobs::Auto => thread::available_parallelism().map_or(1, usize::from),
            Jobs::Count(count) => count,
        }
    }
}

impl FromStr for Jobs {
    type Err = NotAValue;

    fn from_str(text: &str) -> Result<Jobs, NotAValue> {
        if text == "auto" {
            return Ok(Jobs::Auto);
        }
        let expected = "a number of threads (1 to 1024) or auto";
        let error = || NotAValue { expected, found: text.to_owned() };
        whole(text, 1..=1024).map(|count| Jobs::Count(count as usize)).ok_or_else(error)
    }
}

/// How long to look: more than no time, because no run fits in that and none would pass for good.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Limit(pub(crate) Duration);

impl FromStr for Limit {
    type Err = NotAValue;

    fn from_str(text: &str) -> Result<Limit, NotAValue> {
        let Patience(time) = text.parse()?;
        let expected = "a time above zero, for no run fits in none";
        let error = || NotAValue { expected, found: text.to_owned() };
        (!time.is_zero()).then_some(Limit(time)).ok_or_else(error)
    }
}

/// How long before something else is tried; perhaps no time at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Patience(pub(crate) Duration);

impl FromStr for Patience {
    type Err = NotAValue;

    fn from_str(text: &str) -> Result<Patience, NotAValue> {
        let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(at);
        let millis = match unit {
            "ms" => Some(1),
            "s" => Some(1_000),
            "m" | "min" => Some(60_000),
            "h" => Some(3_600_000),
            "d" => Some(86_400_000),
            _ => None,
        };
        let number = whole(number, 0..=u32::MAX).map(u64::from);
        let time = number.zip(millis).and_then(|(number, millis)| number.checked_mul(millis));
        let expected = "a time such as 500ms, 10s, 5m or 8h";
        let error = || NotAValue { expected, found: text.to_owned() };
        time.map(|millis| Patience(Duration::from_millis(millis))).ok_or_else(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit() {
        let limit = |text: &str| text.parse::<Limit>().map(|limit| limit.0.as_millis());
        assert_eq!(limit("10s"), Ok(10_000));
        assert_eq!(limit("250ms"), Ok(250));
        assert_eq!(limit("8h"), Ok(28_800_000));
        for text in ["10", "s", "", "1.5s", "-1s", "10 s", "99999999999s"] {
            let error = limit(text).unwrap_err().to_string();
            assert!(error.ends_with(&format!("5m or 8h, found '{text}'")), "{error}");
        }
    }

    #[test]
    fn numbers_stay_in_their_range() {
        assert_eq!("5%".parse(), Ok(Percent(5)));
        assert!("101".parse::<Percent>().is_err());
        assert_eq!("9".parse(), Ok(Nodes(9)));
        assert!("10".parse::<Nodes>().is_err());
        assert!("+1".parse::<Nodes>().is_err());
        assert_eq!("auto".parse(), Ok(Jobs::Auto));
        assert!("0".parse::<Jobs>().is_err());
    }
}
