//! All oracles together, each asked only about what it watches.

use syncline_raft::NodeId;
use syncline_traces::{Event, EventSort};

use super::apply_durable::ApplyDurable;
use super::catch_up::CatchUp;
use super::commit_durable::CommitDurable;
use super::compaction::Compaction;
use super::configuration::Configuration;
use super::election_safety::ElectionSafety;
use super::facts::Facts;
use super::joint_left::JointLeft;
use super::late_comer::LateComer;
use super::leader_append_only::LeaderAppendOnly;
use super::leader_completeness::LeaderCompleteness;
use super::lease::Lease;
use super::limits::Limits;
use super::log_matching::LogMatching;
use super::machine_safety::MachineSafety;
use super::monotonic::Monotonic;
use super::no_panic::NoRefusal;
use super::one_leader::OneLeader;
use super::one_vote::OneVote;
use super::read_freshness::ReadFreshness;
use super::recovery::Recovery;
use super::request_ends::RequestEnds;
use super::restart_sanity::RestartSanity;
use super::send_time::SendTime;
use super::snapshots::Snapshots;
use super::{Evidence, Oracle, OracleId};
use crate::plan::Plan;
use crate::subject::Subject;
use crate::world::World;

/// A promise that was broken: which, by whom, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sentence {
    /// Which promise.
    pub oracle: OracleId,
    /// By which node.
    pub node: NodeId,
    /// What is so instead.
    pub found: String,
    /// The number of the event within its step, from 0.
    pub event: usize,
}

/// The oracles of one run.
#[derive(Debug)]
pub struct Judges {
    oracles: Vec<Box<dyn Oracle>>,
    /// For each sort of event, the positions of the oracles that watch it.
    watchers: [Vec<u8>; EventSort::COUNT],
    facts: Facts,
}

impl Judges {
    /// Every oracle there is, for the cluster of a plan.
    #[must_use]
    pub fn all(plan: &Plan) -> Judges {
        let nodes = plan.nodes as usize;
        let oracles: Vec<Box<dyn Oracle>> = vec![
            Box::new(SendTime::default()),
            Box::new(ElectionSafety::new(nodes)),
            Box::new(LogMatching::default()),
            Box::new(LeaderAppendOnly),
            Box::new(LeaderCompleteness),
            Box::new(MachineSafety::new(nodes)),
            Box::new(CommitDurable),
            Box::new(ApplyDurable),
            Box::new(OneVote::new(nodes)),
            Box::new(Monotonic::new(nodes)),
            Box::new(RestartSanity),
            Box::new(Configuration::new(plan)),
            Box::new(Snapshots::new(nodes)),
            Box::new(Compaction::new(nodes)),
            Box::new(ReadFreshness::default()),
            Box::new(Lease),
            Box::new(Recovery),
            Box::new(NoRefusal),
            Box::new(Limits::new(plan)),
            Box::new(OneLeader::new(plan)),
            Box::new(CatchUp::new(plan)),
            Box::new(RequestEnds::new(plan)),
            Box::new(JointLeft::new(plan)),
            Box::new(LateComer::new(plan)),
        ];
        Judges::of(oracles, plan)
    }

    /// No oracle at all: to measure what the others cost.
    #[must_use]
    pub fn none(plan: &Plan) -> Judges {
        Judges::of(Vec::new(), plan)
    }

    fn of(oracles: Vec<Box<dyn Oracle>>, plan: &Plan) -> Judges {
        let mut watchers = [const { Vec::new() }; EventSort::COUNT];
        for (position, oracle) in oracles.iter().enumerate() {
            for sort in oracle.watches() {
                watchers[*sort as usize].push(position as u8);
            }
        }
        Judges { oracles, watchers, facts: Facts::new(plan) }
    }

    /// Judges the events of one step. The world is as the step has left it.
    ///
    /// # Errors
    /// The first promise that is broken.
    pub fn judge<S: Subject>(
        &mut self,
        events: &[Event],
        world: &World<S>,
    ) -> Result<(), Sentence> {
        if self.oracles.is_empty() {
            return Ok(());
        }
        for (number, event) in events.iter().enumerate() {
            let evidence =
                Evidence { disks: world.disks(), logs: world.logs(), facts: &self.facts };
            for position in &self.watchers[event.sort() as usize] {
                let oracle = &mut self.oracles[usize::from(*position)];
                if let Err(breach) = oracle.judge(event, evidence) {
                    let (node, found) = (breach.node, breach.found);
                    return Err(Sentence { oracle: oracle.id(), node, found, event: number });
                }
            }
            self.facts.record(event, world.logs());
        }
        Ok(())
    }

    /// What follows from the events so far.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// A second bench of oracles in the same state.
    #[must_use]
    pub fn fork(&self) -> Judges {
        Judges {
            oracles: self.oracles.iter().map(|oracle| oracle.fork()).collect(),
            watchers: self.watchers.clone(),
            facts: self.facts.clone(),
        }
    }
}
