//! One run: a world, its judges, and the digest of all that happens.
//!
//! The digest begins with the plan, then rolls over the world's fingerprint after each step and over
//! the events of the step: two runs of equal digests went through the same states and said the same.

use std::any::Any;
use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind};

use syncline_traces::{Choice, Digest, Event, Mixer, Seed, Verdict, Violation};

use crate::coverage::{Coverage, Watch};
use crate::disk::Disk;
use crate::mutant::Mutant;
use crate::oracle::{Judges, Sentence, role_word, sentence_for_panic, waits_for};
use crate::plan::Plan;
use crate::strategy::{Calm, Strategy, Swarm, Timed};
use crate::subject::Subject;
use crate::world::{BeginError, NotEnabled, World};

/// A cluster where nothing happens but idle ticks is given up after this many for each planned step.
const CHOICES_PER_STEP_MAX: u64 = 8;

/// A run under way.
pub struct Run<S: Subject> {
    world: World<S>,
    judges: Judges,
    watch: Watch,
    digest: Mixer,
    events: Vec<Event>,
    choices: Vec<Choice>,
    tally: Tally,
    violation: Option<Violation>,
}

/// How much has happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Choices made, idle ticks included.
    pub choices: u64,
    /// Choices that did more than let a clock tick.
    pub steps: u64,
    /// Events, without those of idle ticks.
    pub events: u64,
    /// Events, with those of idle ticks: the number of the last line of a trace.
    pub lines: u64,
}

impl<S: Subject> Run<S> {
    /// A run that has not begun, before all oracles.
    ///
    /// # Errors
    /// If the plan is out of range, or the subject refuses to start.
    pub fn new(plan: Plan, mutant: Option<Mutant>) -> Result<Run<S>, BeginError> {
        Run::before(Judges::all(&plan), plan, mutant)
    }

    /// A run that has not begun, before these oracles.
    ///
    /// # Errors
    /// If the plan is out of range, or the subject refuses to start.
    pub fn before(
        judges: Judges,
        plan: Plan,
        mutant: Option<Mutant>,
    ) -> Result<Run<S>, BeginError> {
        // Whoever edits the plan of a trace changes its digests, even where the run goes on alike.
        let mut digest = Mixer::default();
        (plan, mutant.map(Mutant::name)).hash(&mut digest);
        Ok(Run {
            world: World::new(plan, mutant)?,
            judges,
            watch: Watch::new(&plan),
            digest,
            events: Vec::with_capacity(64),
            choices: Vec::with_capacity(plan.steps_max.min(4_096) as usize),
            tally: Tally::default(),
            violation: None,
        })
    }

    /// Makes one choice happen and judges what came of it, unless a promise is broken already:
    /// then nothing happens any more.
    ///
    /// # Errors
    /// If the world does not offer the choice. Nothing has changed then.
    pub fn take(&mut self, choice: &Choice) -> Result<&[Event], NotEnabled> {
        self.events.clear();
        if self.violation.is_some() {
            return Ok(&self.events);
        }
        self.choices.push(*choice);
        // A panic of the code under test is caught here, so that it becomes a violation with a trace
        // like any other; the world is not used again after it.
        let (world, events) = (&mut self.world, &mut self.events);
        match catch_unwind(AssertUnwindSafe(|| world.step(choice, events))) {
            Ok(Ok(())) => self.count_and_judge(),
            Ok(Err(refused)) => {
                self.choices.pop();
                return Err(refused);
            }
            Err(panic) => self.record_panic(choice, panic.as_ref()),
        }
        // Nobody listens in most runs, and then this is one load and one comparison.
        if tracing::enabled!(target: "syncline", tracing::Level::DEBUG) {
            self.tell(choice);
        }
        Ok(&self.events)
    }

    /// Tells whoever listens what has just happened, and when in virtual time. The run does not
    /// notice.
    #[cold]
    fn tell(&self, choice: &Choice) {
        let (t, step) = (self.world.clock().now().0, self.tally.choices);
        let first = self.tally.lines + 1 - self.events.len() as u64;
        for (event, i) in self.events.iter().zip(first..) {
            tracing::debug!(target: "syncline", t, i, step, %choice, "{event}");
        }
    }

    /// Lets the digest depend on the seed that the choices are drawn from, so that a trace cannot
    /// claim another one. To be said before the first choice.
    pub(crate) fn sow(&mut self, seed: Seed) {
        assert!(self.choices.is_empty());
        seed.0.hash(&mut self.digest);
    }

    fn count_and_judge(&mut self) {
        let idle = matches!(self.events[..], [Event::Ticked { .. }]);
        // Once faults have ceased, oracles count the ticks.
        let counts = !idle || self.world.is_calm();
        self.count(!idle);
        self.world.fingerprint().hash(&mut self.digest);
        for event in &self.events {
            event.hash(&mut self.digest);
        }
        if !counts {
            return;
        }
        self.watch.see(&self.events, &self.world);
        if let Err(mut sentence) = self.judges.judge(&self.events, &self.world) {
            if sentence.oracle.is_liveness() {
                sentence.found.push_str(&waits_for(&self.world));
            }
            self.violation = Some(self.violation_of(sentence));
        }
    }

    fn count(&mut self, counts: bool) {
        let count = self.events.len() as u64;
        self.tally.choices += 1;
        self.tally.lines += count;
        if counts {
            self.tally.steps += 1;
            self.tally.events += count;
        }
    }

    fn record_panic(&mut self, choice: &Choice, panic: &(dyn Any + Send)) {
        let node = choice.node().unwrap_or(self.world.hosts()[0].id());
        self.events.clear();
        self.events.push(Event::Panicked { node });
        self.count(true);
        self.events[0].hash(&mut self.digest);
        self.violation = Some(self.violation_of(sentence_for_panic(node, panic)));
    }

    fn violation_of(&self, sentence: Sentence) -> Violation {
        let Sentence { oracle, node, found, event } = sentence;
        let role = role_word(self.judges.facts().office(node).0);
        let what = event_word(&self.events[event]);
        Violation {
            oracle: oracle.to_string(),
            node,
            event: self.tally.lines - (self.events.len() - 1 - event) as u64,
            step: self.tally.choices,
            promise: oracle.promise().to_owned(),
            found,
            signature: format!("{oracle}/{role}/{what}"),
        }
    }

    /// Lets a strategy choose until it ends the run, the plan's steps are used up (or, in a cluster
    /// that has fallen asleep, a multiple of them in idle ticks), or a promise is broken.
    ///
    /// # Errors
    /// If the strategy picks what the world does not offer.
    pub fn drive(&mut self, strategy: &mut impl Strategy<S>) -> Result<(), NotEnabled> {
        let steps_max = u64::from(self.world.plan().steps_max);
        let choices_max = steps_max * CHOICES_PER_STEP_MAX;
        while self.tally.steps < steps_max && self.violation.is_none() {
            if self.tally.choices >= choices_max {
                break;
            }
            let Some(choice) = strategy.next(&self.world) else {
                break;
            };
            self.take(&choice)?;
            strategy.seen(&self.events, &self.world);
        }
        Ok(())
    }

    /// Lets a strategy choose until it ends the run or a promise is broken, however long that takes:
    /// what comes after the steps of the plan.
    ///
    /// # Errors
    /// If the strategy picks what the world does not offer.
    pub fn calm_down(&mut self, strategy: &mut impl Strategy<S>) -> Result<(), NotEnabled> {
        while self.violation.is_none() {
            let Some(choice) = strategy.next(&self.world) else {
                break;
            };
            self.take(&choice)?;
            strategy.seen(&self.events, &self.world);
        }
        Ok(())
    }

    /// A second run in the same state; `None` if the subject cannot be forked.
    #[must_use]
    pub fn fork(&self) -> Option<Run<S>> {
        Some(Run {
            world: self.world.fork()?,
            judges: self.judges.fork(),
            watch: self.watch.clone(),
            digest: self.digest,
            events: self.events.clone(),
            choices: self.choices.clone(),
            tally: self.tally,
            violation: self.violation.clone(),
        })
    }

    /// The world.
    #[must_use]
    pub fn world(&self) -> &World<S> {
        &self.world
    }

    /// The events of the last choice.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// How much has happened.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// What was exercised.
    #[must_use]
    pub fn coverage(&self) -> &Coverage {
        self.watch.coverage()
    }

    /// What the run amounts to so far.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest.digest()
    }

    /// The digest's state, for whoever writes a digest beside each event.
    pub(crate) fn mixer(&self) -> Mixer {
        self.digest
    }

    /// The broken promise, if one is.
    #[must_use]
    pub fn violation(&self) -> Option<&Violation> {
        self.violation.as_ref()
    }

    /// The judgement so far.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match &self.violation {
            None => Verdict::Passed,
            Some(violation) if self.is_out_of_contract() => {
                Verdict::OutOfContract(violation.clone())
            }
            Some(violation) => Verdict::Violation(violation.clone()),
        }
    }

    /// Whether a disk has said that a sync was complete which had done nothing. No promise can be kept on
    /// such a disk.
    fn is_out_of_contract(&self) -> bool {
        self.world.disks().iter().any(Disk::has_lied)
    }

    /// Everything that was chosen.
    #[must_use]
    pub fn choices(&self) -> &[Choice] {
        &self.choices
    }
}

/// The first word of an event's name in a trace.
fn event_word(event: &Event) -> String {
    match serde_json::to_value(event) {
        Ok(serde_json::Value::Object(map)) => map.keys().next().cloned().unwrap_or_default(),
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The plan that it followed.
    pub plan: Plan,
    /// How much happened.
    pub tally: Tally,
    /// Virtual microseconds.
    pub virtual_micros: u64,
    /// What it amounts to.
    pub digest: Digest,
    /// The broken promise, if one is.
    pub violation: Option<Violation>,
    /// A disk has lied, so that nobody could have kept it.
    pub is_out_of_contract: bool,
    /// What was exercised.
    pub coverage: Coverage,
    /// Everything that was chosen.
    pub choices: Vec<Choice>,
}

impl<S: Subject> From<Run<S>> for Outcome {
    fn from(run: Run<S>) -> Outcome {
        Outcome {
            plan: *run.world.plan(),
            tally: run.tally,
            virtual_micros: run.world.clock().now().0,
            digest: run.digest(),
            coverage: *run.coverage(),
            is_out_of_contract: run.is_out_of_contract(),
            violation: run.violation,
            choices: run.choices,
        }
    }
}

/// Runs a plan once, its strategy drawing from a seed.
///
/// # Errors
/// If the plan is out of range, or the subject refuses to start.
pub fn run_once<S: Subject>(
    seed: Seed,
    plan: Plan,
    mutant: Option<Mutant>,
) -> Result<Outcome, BeginError> {
    let mut run = Run::<S>::new(plan, mutant)?;
    run.sow(seed);
    drive_as_planned(&mut run, seed);
    Ok(run.into())
}

/// Lets the strategy that the plan asks for drive a run.
pub(crate) fn drive_as_planned<S: Subject>(run: &mut Run<S>, seed: Seed) {
    let plan = *run.world().plan();
    let driven = match Timed::new(seed, &plan) {
        Some(mut timed) => run.drive(&mut timed),
        None => run.drive(&mut Swarm::new(seed, plan.weights)),
    };
    driven.expect("a strategy picks from what the world offers");
    if let Some(mut calm) = Calm::new(&plan) {
        run.calm_down(&mut calm).expect("a strategy picks from what the world offers");
        // Some oracle has less patience than that, so the calm waits for what nobody owes. With a mutant on
        // its host may owe it, at a level where nobody looks.
        let is_explained =
            calm.is_over() || run.violation.is_some() || run.world.mutant().is_some();
        assert!(
            is_explained,
            "the calm ran out of {} ticks, and no oracle says why",
            plan.calm_ticks
        );
    }
}
