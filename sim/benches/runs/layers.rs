//! The same runs, with one thing more in each layer: what the difference takes is what that costs.

use std::hash::Hash;

use syncline_sim::{
    Campaign, Judges, Plan, Profile, RaftCore, Run, Source, Strategy, Swarm, Tally, World, record,
};
use syncline_traces::{Choice, Event, Mixer, Seed};

/// One run, and all that a walk through it needs.
pub(crate) struct Sample {
    seed: Seed,
    plan: Plan,
    choices: Vec<Choice>,
}

/// What a run does beside letting things happen.
#[derive(Clone, Copy)]
pub(crate) enum Layer {
    /// Nothing: a world, and a walk through it.
    World,
    /// Its choices are kept.
    Choices,
    /// Every state and every event is digested.
    Digest,
    /// What was exercised is counted.
    Coverage,
    /// All oracles judge.
    Oracles,
    /// Every event is written down with its causes and its digest.
    Trace,
}

impl Layer {
    pub(crate) const ALL: [(Layer, &str); 6] = [
        (Layer::World, "the world and a walk through it"),
        (Layer::Choices, "and the choices kept"),
        (Layer::Digest, "and the digest"),
        (Layer::Coverage, "and the coverage"),
        (Layer::Oracles, "and all oracles: a run"),
        (Layer::Trace, "and a trace of every event"),
    ];

    /// Goes through the samples, as far as this layer goes.
    pub(crate) fn play(self, samples: &[Sample]) {
        for sample in samples {
            match self {
                Layer::World => walk(sample, |_, _| {}),
                Layer::Choices => {
                    let mut choices = Vec::with_capacity(sample.choices.len());
                    walk(sample, |_, choice| choices.push(*choice));
                    assert_eq!(choices.len(), sample.choices.len());
                }
                Layer::Digest => digest(sample),
                Layer::Coverage => judge(sample, Judges::none(&sample.plan)),
                Layer::Oracles => judge(sample, Judges::all(&sample.plan)),
                Layer::Trace => {
                    let Sample { seed, plan, ref choices } = *sample;
                    let source = Source { seed: Some(seed), plan, mutant: None };
                    record::<RaftCore>(&source, choices).expect("its own choices");
                }
            }
        }
    }
}

/// The first runs of a campaign, and what happens in all of them together.
pub(crate) fn samples(runs: u64) -> (Vec<Sample>, Tally) {
    let campaign = Campaign::new(Seed(1), Profile::Swarm3);
    let mut sum = Tally::default();
    let sample = |number| {
        let seed = campaign.seed_of(number);
        let outcome = campaign.run::<RaftCore>(seed).expect("in range");
        assert!(outcome.violation.is_none(), "the core keeps its promises");
        sum.steps += outcome.tally.steps;
        sum.events += outcome.tally.events;
        Sample { seed, plan: outcome.plan, choices: outcome.choices }
    };
    ((0..runs).map(sample).collect(), sum)
}

/// The world after a choice, and what came of it.
type Seen<'a> = (&'a World<RaftCore>, &'a [Event]);

fn walk(sample: &Sample, mut see: impl FnMut(Seen<'_>, &Choice)) {
    let mut world = World::<RaftCore>::new(sample.plan, None).expect("in range");
    let mut swarm = Swarm::new(sample.seed, sample.plan.weights);
    let mut events = Vec::new();
    for _ in &sample.choices {
        let choice = swarm.next(&world).expect("the walk is as long as the run");
        events.clear();
        world.step(&choice, &mut events).expect("on offer");
        see((&world, &events), &choice);
    }
}

fn digest(sample: &Sample) {
    let mut choices = Vec::with_capacity(sample.choices.len());
    let mut mixer = Mixer::default();
    walk(sample, |(world, events), choice| {
        choices.push(*choice);
        world.fingerprint().hash(&mut mixer);
        for event in events {
            event.hash(&mut mixer);
        }
    });
    std::hint::black_box((mixer.digest(), choices));
}

fn judge(sample: &Sample, judges: Judges) {
    let mut run = Run::<RaftCore>::before(judges, sample.plan, None).expect("in range");
    run.drive(&mut Swarm::new(sample.seed, sample.plan.weights)).expect("on offer");
}
