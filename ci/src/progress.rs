//! One line that says how far it has come: rewritten in a terminal, now and then elsewhere.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::out;
use crate::sums::Sums;
use crate::text::{grouped, long_time, short, waited};

/// Where there is no terminal, lines become rarer, but not rarer than this.
const EVERY_MAX: Duration = Duration::from_secs(60);

/// Shows how far a campaign has come.
pub(crate) struct Progress {
    began: Instant,
    /// In a terminal.
    bar: Option<ProgressBar>,
    /// Elsewhere: when the next line is due, and how long after it the next.
    due: Duration,
    every: Duration,
}

impl Progress {
    /// Begins. Where there is no terminal, the first line is printed after so long.
    pub(crate) fn begin(every: Duration) -> Progress {
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            bar.set_draw_target(ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar
        });
        Progress { began: Instant::now(), bar, due: every, every }
    }

    /// A moment has passed.
    pub(crate) fn show(&mut self, sums: &Sums) {
        let waited = self.began.elapsed();
        if let Some(bar) = &self.bar {
            bar.set_message(line(waited, sums));
        } else if waited >= self.due {
            self.every = (2 * self.every).min(EVERY_MAX);
            self.due = waited + self.every;
            out::tell(line(waited, sums));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn line(time: Duration, sums: &Sums) -> String {
    format!(
        "{:>8}  {:>9} runs  {:>7} events  {:>6} events/s per core  {:>12} simulated  {} violations",
        waited(time),
        grouped(sums.runs),
        short(sums.events),
        short(sums.per_second(sums.events)),
        long_time(sums.virtual_micros),
        sums.violations,
    )
}
