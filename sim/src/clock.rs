//! Virtual time. Nodes know only ticks; the world's time is that of the node that has ticked most.
//!
//! Clocks may drift apart, but no further than the plan allows: a tick that would go beyond is not
//! on offer. The clock of a node that is down goes on.

use std::fmt;
use std::hash::{Hash, Hasher};

use syncline_raft::NodeId;
use syncline_traces::NodeSet;

/// Virtual microseconds since the world began.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct VirtualTime(pub u64);

impl VirtualTime {
    /// How long a tick is.
    pub const TICK: VirtualTime = VirtualTime(10_000);
}

impl fmt::Display for VirtualTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}ms", self.0 / 1_000, self.0 % 1_000)
    }
}

/// How often each node has ticked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Clock {
    ticks: [u32; NodeSet::NODES_MAX as usize],
    nodes: usize,
    drift: u32,
    /// The least and the most of the ticks, kept because they are asked for more often than a clock
    /// ticks.
    least: u32,
    most: u32,
}

impl Clock {
    pub(crate) fn new(nodes: usize, drift: u32) -> Clock {
        Clock { ticks: [0; NodeSet::NODES_MAX as usize], nodes, drift, least: 0, most: 0 }
    }

    fn all(&self) -> &[u32] {
        &self.ticks[..self.nodes]
    }

    /// Whether this node's clock may go on.
    pub(crate) fn may_tick(&self, node: NodeId) -> bool {
        self.ticks[node.number() as usize - 1] < self.least.saturating_add(self.drift)
    }

    pub(crate) fn tick(&mut self, node: NodeId) {
        let ticks = &mut self.ticks[node.number() as usize - 1];
        *ticks += 1;
        self.most = self.most.max(*ticks);
        self.least = self.all().iter().min().copied().unwrap_or(0);
    }

    /// How often a node has ticked.
    #[must_use]
    pub fn ticks_of(&self, node: NodeId) -> u32 {
        self.ticks[node.number() as usize - 1]
    }

    /// The ticks of the node that has ticked most.
    #[must_use]
    pub fn ticks(&self) -> u32 {
        self.most
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> VirtualTime {
        VirtualTime(u64::from(self.ticks()) * VirtualTime::TICK.0)
    }
}

/// Only the ticks count: how many nodes there are and how far they may drift never changes.
impl Hash for Clock {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for ticks in self.all() {
            state.write_u32(*ticks);
        }
    }
}
