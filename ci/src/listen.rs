//! `-v`: prints every event of a run as it happens, stamped with virtual time.
//!
//! A subscriber is set up for one run, on the thread that carries it, and is gone afterwards: two
//! runs side by side do not meet. What it prints is collected, so that the lines of a run stay
//! together.

use std::fmt;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use syncline_sim::VirtualTime;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber, subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::{Context, SubscriberExt};

/// Whether somebody wants to see every event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Listen {
    /// Nobody.
    Off,
    /// Somebody.
    On,
}

impl Listen {
    pub(crate) fn of(verbose: bool) -> Listen {
        if verbose { Listen::On } else { Listen::Off }
    }

    /// Does something, and adds what is to be seen of it to the text.
    pub(crate) fn to<T>(self, text: &mut Vec<u8>, work: impl FnOnce() -> T) -> T {
        match self {
            Listen::Off => work(),
            Listen::On => listening(text, work),
        }
    }
}

fn listening<T>(text: &mut Vec<u8>, work: impl FnOnce() -> T) -> T {
    let (now, lines) = (Now::default(), Lines::default());
    let fields = debug_fn(|writer, field, value| match field.name() {
        "message" => write!(writer, "{value:?}"),
        // The time stands at the beginning of the line already.
        "t" => Ok(()),
        name => write!(writer, " {name}={value:?}"),
    });
    let printer = tracing_subscriber::fmt::layer()
        .with_timer(now.clone())
        .with_level(false)
        .with_target(false)
        .with_ansi(false)
        .fmt_fields(fields)
        .with_writer(lines.clone());
    // The clock comes first, so that the printer finds the time of this event and not of the last.
    let listener = tracing_subscriber::registry().with(now).with(printer);
    let done = subscriber::with_default(listener, work);
    text.append(&mut lines.0.lock().unwrap_or_else(PoisonError::into_inner));
    done
}

/// Virtual time as the last event had it.
#[derive(Clone, Default)]
struct Now(Arc<AtomicU64>);

impl<S: Subscriber> Layer<S> for Now {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        event.record(&mut Stamp(&self.0));
    }
}

struct Stamp<'a>(&'a AtomicU64);

impl Visit for Stamp<'_> {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "t" {
            self.0.store(value, Ordering::Relaxed);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

impl FormatTime for Now {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let now = VirtualTime(self.0.load(Ordering::Relaxed)).to_string();
        write!(writer, "{now:>12}")
    }
}

/// What was printed so far.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Lines;

    fn make_writer(&'a self) -> Lines {
        self.clone()
    }
}
