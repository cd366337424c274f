//! The causes of a recorded run as a graph.

use std::hash::BuildHasherDefault;

use petgraph::Directed;
use petgraph::graphmap::GraphMap;
use petgraph::visit::Dfs;

use crate::digest::Mixer;
use crate::format::Trace;

/// Which event of a trace follows from which others.
#[derive(Clone, Debug)]
pub struct CausalGraph {
    /// From each event to its causes. Hashed with our own hasher, so that nothing depends on the
    /// process.
    causes: GraphMap<u64, (), Directed, BuildHasherDefault<Mixer>>,
}

impl CausalGraph {
    /// The graph that the lines of a trace state.
    #[must_use]
    pub fn of(trace: &Trace) -> CausalGraph {
        let edges = trace.lines.iter().map(|line| line.why.len()).sum();
        let mut causes = GraphMap::with_capacity(trace.lines.len(), edges);
        for line in &trace.lines {
            causes.add_node(line.i);
            for cause in &line.why {
                causes.add_edge(line.i, *cause, ());
            }
        }
        CausalGraph { causes }
    }

    /// The event and everything that it follows from, ascending; nothing if there is no such event.
    #[must_use]
    pub fn slice(&self, event: u64) -> Vec<u64> {
        if !self.causes.contains_node(event) {
            return Vec::new();
        }
        let mut walk = Dfs::new(&self.causes, event);
        let mut slice = Vec::new();
        while let Some(cause) = walk.next(&self.causes) {
            slice.push(cause);
        }
        slice.sort_unstable();
        slice
    }
}
