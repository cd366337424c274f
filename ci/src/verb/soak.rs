//! `soak`: fresh seeds until the time is up, in one folder, through kills and restarts.
//!
//! The runs of a soak are those of one campaign, by number, in batches. Before a batch begins its
//! numbers are claimed in the state file, and when it is done what came of it is added there. So a
//! kill loses at most the batch in flight, and no seed is run again or counted twice.
//!
//! In a small share of the runs a known bug is switched on: a canary. If the canaries are not caught
//! the judges are blind, and the soak fails however quiet it was.

mod batch;
mod canary;
mod lock;
mod state;
mod summary;

use std::fs;
use std::time::{Duration, Instant};

use crate::args::{self, Percent};
use crate::engine::{self, Span};
use crate::exit::{Exit, Refusal};
use crate::family::Family;
use crate::library::Library;
use crate::out::{self, Reader};
use crate::progress::Progress;
use crate::text::{counted, waited};
use crate::trial::{Trial, Until};

use batch::{Batch, Patrol};
use state::{Done, State};
use summary::Summary;

/// When a line first tells how far it has come, where there is no terminal.
const FIRST_LINE: Duration = Duration::from_secs(10);
/// How long a batch takes: a share of the whole, within these bounds. A kill loses one batch.
const BATCH_TIME: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(10));
/// This share of the runs, of a hundred, is done twice and compared.
const TWICE: u32 = 1;
/// What is left of the time is not worth a batch.
const MOMENT: Duration = Duration::from_millis(10);
/// How large the first batch is, for each thread.
const FIRST_BATCH: u64 = 32;

/// Soaks.
///
/// # Errors
/// If the folder cannot be used, or the command line contradicts what lies there.
pub(crate) fn run(libraries: &[Library], args: &args::Soak) -> Result<Exit, Refusal> {
    if args.time.0 <= MOMENT {
        let [least, time] = [MOMENT, args.time.0].map(|time| time.as_millis());
        let text =
            format!("expected more than {least}ms, for no batch fits in less, found {time}ms");
        return Err(Refusal::usage(text));
    }
    let folder = &args.out;
    let drawn = Family::new(libraries, &args.family, args.seed)?;
    fs::create_dir_all(folder).map_err(|error| {
        let text = format_args!("{}: expected a place for a folder: {error}", folder.display());
        Refusal::usage(text)
    })?;
    let lock = lock::take(folder)?;
    let mut state = State::open(folder, &drawn, args.seed)?;
    let family = drawn.with_seed(state.seed());
    announce(&state, &family, args);
    let fault = soak(&mut state, &family, args)?;
    let summary = Summary::of(&state, &family, fault.as_deref());
    summary.write(folder)?;
    drop(lock);
    Reader::of(args.json).give(&summary.to_words(folder), &summary);
    summary.tell();
    Ok(summary.exit())
}

fn announce(state: &State, family: &Family, args: &args::Soak) {
    let (library, campaign) = (family.library.name(), &family.campaign);
    let mutant = campaign.mutant.map_or(String::new(), |id| format!(", mutant {id} on,"));
    let jobs = counted(args.jobs.count() as u64, "thread");
    out::tell(format_args!(
        "seed {}: soaking {library}{mutant} for {} on {jobs}, profile {}, in {}",
        campaign.seed,
        waited(args.time.0),
        campaign.profile,
        args.out.display(),
    ));
    if state.next() > 0 {
        out::tell(format_args!(
            "going on at run {} after {}; {} lost in kills",
            state.next(),
            waited(state.time()),
            counted(state.lost(), "run"),
        ));
    }
}

/// Does batch after batch. Says what is wrong with the harness, if it cannot go on.
fn soak(state: &mut State, family: &Family, args: &args::Soak) -> Result<Option<String>, Refusal> {
    let Some(left) = args.time.0.checked_sub(state.time()).filter(|left| *left > MOMENT) else {
        out::tell("the time is up already: a longer --time goes on");
        return Ok(None);
    };
    let began = Instant::now();
    let deadline = began + left;
    let check = Percent(TWICE);
    let trial = Trial { until: Until::Never, check, ..Trial::new(*family) };
    let patrol = Patrol { trial };
    let batch_time = (args.time.0 / 100).clamp(BATCH_TIME.0, BATCH_TIME.1);
    let jobs = args.jobs.count();
    let mut progress = Progress::begin(FIRST_LINE);
    let mut size = FIRST_BATCH * jobs as u64;
    let before = state.time();
    let mut fault = None;
    while Instant::now() < deadline && fault.is_none() {
        let first = state.next();
        let end = first.saturating_add(size);
        state.claim(first, end)?;
        let batch_began = Instant::now();
        let mut batch = Batch::begin(state, family, &args.out, &mut progress);
        let next =
            engine::drive(&patrol, Span { first, end, deadline: Some(deadline) }, jobs, &mut batch);
        let done = batch.end(next)?;
        fault = done.fault;
        // From the end of the batch before, so that nothing of the time is forgotten.
        let millis = (before + began.elapsed()).saturating_sub(state.time()).as_millis() as u64;
        state.done(Done { next, millis, ..done.done })?;
        size = resized(next - first, batch_began.elapsed(), batch_time);
    }
    Ok(fault)
}

/// So many runs take a batch's time, if the next ones are like the last.
fn resized(runs: u64, took: Duration, batch_time: Duration) -> u64 {
    let runs = u128::from(runs.max(1)) * batch_time.as_nanos() / took.as_nanos().max(1);
    u64::try_from(runs).unwrap_or(u64::MAX).clamp(FIRST_BATCH, 1 << 20)
}
