//! The network: how long a message takes, in the order in which its link carries them.

use syncline_traces::{Link, Seed};

use crate::seed::Stream;

use super::row::{Network, Row};

/// All links of all groups. Two machines have one link for each group, as if each had a connection.
#[derive(Clone, Debug)]
pub(super) struct Wires {
    network: Network,
    machines: u64,
    stream: Stream,
    /// By group, sender and receiver: when the last message arrives.
    arrives: Vec<u64>,
    /// Likewise: until when it is being sent.
    busy: Vec<u64>,
}

impl Wires {
    pub(super) fn new(row: &Row, seed: Seed) -> Wires {
        let links = (row.groups * row.machines * row.machines) as usize;
        Wires {
            network: row.network,
            machines: u64::from(row.machines),
            stream: Stream::of(seed, "network"),
            arrives: vec![0; links],
            busy: vec![0; links],
        }
    }

    /// A message leaves so long after now. How long after now does it arrive?
    pub(super) fn carry(
        &mut self,
        group: u32,
        link: Link,
        bytes: u64,
        now: u64,
        after: u32,
    ) -> u32 {
        let (from, to) = (link.from.number() - 1, link.to.number() - 1);
        let place = (u64::from(group) * self.machines + from) * self.machines + to;
        let (busy, arrives) = (&mut self.busy[place as usize], &mut self.arrives[place as usize]);
        let leaves = (now + u64::from(after)).max(*busy);
        *busy = leaves + bytes / u64::from(self.network.bytes_per_micro);
        let arrival = *busy + u64::from(self.network.delay.draw(&mut self.stream));
        *arrives = (*arrives).max(arrival);
        (*arrives - now) as u32
    }
}
