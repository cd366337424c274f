//! A panic of the code under test is a finding, not noise.
//!
//! The simulator catches it and turns it into a violation with a trace. The message that the
//! standard library prints by itself, thousands of times in a campaign against a known bug, would
//! drown that. So it is silent in a thread that runs a simulation, and as usual everywhere else.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};

thread_local! {
    /// How many simulations this thread is in.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    /// Where the last panic of a simulation was.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Makes panics inside of [`quietly`] silent, for the whole process.
pub(crate) fn install() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if DEPTH.get() == 0 {
            usual(info);
        } else {
            let place = info.location().map(ToString::to_string).unwrap_or_default();
            PLACE.set(place);
        }
    }));
}

/// Runs a simulation. A panic that the simulator does not catch is the harness's own fault.
///
/// # Errors
/// What the harness said when it panicked, and where.
pub(crate) fn quietly<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    DEPTH.set(DEPTH.get() + 1);
    // Nothing that the closure touches is used again after a panic, save what it had finished.
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    DEPTH.set(DEPTH.get() - 1);
    done.map_err(|panic| format!("{} at {}", message(panic.as_ref()), PLACE.take()))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without a message").replace('\n', " ")
}
