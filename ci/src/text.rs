//! Numbers and times as people read them.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

/// A number with its digits in groups of three.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number and what it counts.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

/// A large number in three digits or so.
pub(crate) fn short(number: u64) -> String {
    match number {
        0..10_000 => grouped(number),
        10_000..1_000_000 => format!("{}k", number / 1_000),
        1_000_000..100_000_000 => {
            format!("{}.{}M", number / 1_000_000, number / 100_000 % 10)
        }
        100_000_000..1_000_000_000 => format!("{}M", number / 1_000_000),
        _ => format!("{}.{}G", grouped(number / 1_000_000_000), number / 100_000_000 % 10),
    }
}

/// A time of any length, in its two largest units.
pub(crate) fn long_time(micros: u64) -> String {
    let seconds = micros / 1_000_000;
    match seconds {
        0..60 => format!("{}.{} s", seconds, micros / 100_000 % 10),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} {} h", counted(seconds / 86_400, "day"), seconds / 3_600 % 24),
    }
}

/// A time that somebody waited.
pub(crate) fn waited(time: Duration) -> String {
    long_time(u64::try_from(time.as_micros()).unwrap_or(u64::MAX))
}

/// Seconds with three decimals, for reports.
pub(crate) fn seconds(time: Duration) -> f64 {
    time.as_millis() as f64 / 1_000.0
}

/// A path as a shell reads it.
pub(crate) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:,@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) && !text.starts_with('-') {
        return text;
    }
    let mut quoted = String::from("'");
    for c in text.chars() {
        if c == '\'' {
            let _ = write!(quoted, "'\\''");
        } else {
            quoted.push(c);
        }
    }
    quoted.push('\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_from_the_right() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")];
        assert!(cases.iter().all(|(number, text)| grouped(*number) == *text));
        assert_eq!(counted(1, "run"), "1 run");
        assert_eq!(counted(1_200, "run"), "1,200 runs");
    }

    #[test]
    fn large_numbers_are_short() {
        let cases = [
            (9_999, "9,999"),
            (10_000, "10k"),
            (61_949_000, "61.9M"),
            (200_000_000, "200M"),
            (4_150_000_000, "4.1G"),
        ];
        assert!(cases.iter().all(|(number, text)| short(*number) == *text));
    }

    #[test]
    fn times_have_two_units() {
        assert_eq!(long_time(61_000_000), "1 min 1 s");
        assert_eq!(long_time(3_700_000_000), "1 h 1 min");
        assert_eq!(long_time(1_260_000), "1.2 s");
        assert_eq!(long_time(90_000_000_000), "1 day 1 h");
    }

    #[test]
    fn a_path_can_be_pasted() {
        assert_eq!(quoted(Path::new("out/core-F4.jsonl")), "out/core-F4.jsonl");
        assert_eq!(quoted(Path::new("my runs/it's")), "'my runs/it'\\''s'");
        assert_eq!(quoted(Path::new("-x")), "'-x'");
    }
}
