//! Who proposes, and when.

use syncline_traces::Seed;

use crate::seed::Stream;

use super::row::{Load, Network, Row};
use crate::latency::{UNIT, exponential_gap};

/// The clients of all groups.
#[derive(Clone, Debug)]
pub(super) struct Clients {
    load: Load,
    groups: u32,
    stream: Stream,
    /// When the next command arrives, in ten-thousandths of a microsecond, so that no rounding of one
    /// gap moves the rate.
    next: u64,
    arrived: u32,
}

impl Clients {
    pub(super) fn new(row: &Row, seed: Seed) -> Clients {
        let stream = Stream::of(seed, "clients");
        Clients { load: row.load, groups: row.groups, stream, next: 0, arrived: 0 }
    }

    /// How long after an answer its client's next command arrives: once there and back again; `None`
    /// in an open loop.
    pub(super) fn turn(&mut self, network: &Network) -> Option<u32> {
        let Load::Closed(_) = self.load else {
            return None;
        };
        let way = |stream: &mut Stream| network.delay.draw(stream);
        Some(way(&mut self.stream) + way(&mut self.stream))
    }

    /// The clients of a closed loop: the group of each, its number, and when it begins. They do not
    /// begin all at once.
    pub(super) fn first(&mut self) -> Vec<(u32, u32, u32)> {
        let Load::Closed(clients) = self.load else {
            return Vec::new();
        };
        let groups = self.groups;
        (0..clients).map(|client| (client % groups, client, self.stream.below(1_000))).collect()
    }

    /// How long it is until the next arrival; `None` in a closed loop.
    pub(super) fn gap(&mut self) -> Option<u32> {
        let Load::Open(per_second) = self.load else {
            return None;
        };
        let before = self.next / UNIT;
        self.next += exponential_gap(&mut self.stream, per_second);
        Some((self.next / UNIT - before) as u32)
    }

    /// To which group the next command goes, and its number.
    pub(super) fn arrival(&mut self) -> (u32, u32) {
        self.arrived += 1;
        (self.stream.below(self.groups), self.arrived)
    }
}
