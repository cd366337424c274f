//! A weighted random walk: a sort of choice by the plan's weights, then any choice of that sort.

use syncline_traces::{Choice, Seed, Sort};

use super::Strategy;
use crate::plan::Weights;
use crate::seed::Stream;
use crate::subject::Subject;
use crate::world::World;

/// The walk.
#[derive(Clone, Debug)]
pub struct Swarm {
    stream: Stream,
    weights: Weights,
    listed: Vec<Choice>,
}

impl Swarm {
    /// A walk with these weights.
    #[must_use]
    pub fn new(seed: Seed, weights: Weights) -> Swarm {
        Swarm { stream: Stream::of(seed, "schedule"), weights, listed: Vec::with_capacity(64) }
    }
}

impl<S: Subject> Strategy<S> for Swarm {
    fn next(&mut self, world: &World<S>) -> Option<Choice> {
        let offer = world.offer();
        let total: u32 = offer.sorts().map(|sort| self.weights.of(sort)).sum();
        if total == 0 {
            return None;
        }
        let mut draw = self.stream.below(total);
        let sort: Sort = offer.sorts().find(|sort| {
            let weight = self.weights.of(*sort);
            let found = draw < weight;
            draw = draw.wrapping_sub(weight);
            found
        })?;
        self.listed.clear();
        world.list(sort, &mut self.listed);
        let position = self.stream.below(self.listed.len() as u32);
        Some(self.listed[position as usize])
    }
}
