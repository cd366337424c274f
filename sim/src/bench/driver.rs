//! The driver: one queue of time over all groups of a row, which lets everything happen when it falls
//! due.
//!
//! A host's loop is free or at work on a Ready. When that is done its messages leave, its write is in
//! the page cache, and what it handed out is applied. Messages and commands reach a node at once,
//! whatever its loop does. Each group has a loop of its own on each machine (`loops.rs`); the disks are
//! what groups share, and a pace says when they sync (`syncs.rs`).

use syncline_raft::NodeId;
use syncline_traces::Link;
use syncline_wal::Micros;

use crate::clock::VirtualTime;
use crate::strategy::Timeline;

use super::awaited::Awaited;
use super::clients::Clients;
use super::cluster::{Cluster, Passed};
use super::loops::Loop;
use super::measure::{Measured, Meter};
use super::pacer::Pacer;
use super::policy::{Scheme, Sharing};
use super::row::Row;
use super::wires::Wires;
use super::{Budget, seed_of};

/// How long a tick of the nodes is.
const TICK_MICROS: u32 = 100_000;

/// What falls due.
#[derive(Clone, Copy, Debug)]
pub(super) enum Due<M> {
    /// The clocks of a group tick.
    Tick(u32),
    /// A command arrives from outside.
    Arrive,
    /// A client proposes.
    Propose { group: u32, client: u32 },
    /// A message arrives.
    Deliver { group: u32, link: Link, message: M },
    /// A loop looks for a Ready.
    Look { group: u32, node: NodeId },
    /// A loop is done with its Ready.
    Done { group: u32, node: NodeId },
    /// A pace wanted to be asked again.
    Ask(u32),
}

/// What the driver knows of a group.
pub(super) struct Seat<M> {
    /// What its nodes' hosts are at, by machine.
    pub(super) loops: Vec<Loop<M>>,
    pub(super) awaited: Awaited,
    /// Since when the leader has been ahead of its own disk.
    ahead_since: Option<Micros>,
}

/// A row under way.
pub(super) struct Driver<'a, C: Cluster> {
    pub(super) cluster: &'a mut C,
    pub(super) row: &'a Row,
    pub(super) scheme: Scheme,
    budget: Budget,
    pub(super) timeline: Timeline<Due<C::Message>>,
    pub(super) seats: Vec<Seat<C::Message>>,
    /// One for each machine, or for each machine and group.
    pub(super) pacers: Vec<Pacer>,
    /// The pacer that asked for each sync, by machine and number of the request.
    pub(super) asked: Vec<Vec<u32>>,
    pub(super) wires: Wires,
    pub(super) clients: Clients,
    pub(super) meter: Meter,
}

impl<'a, C: Cluster> Driver<'a, C> {
    pub(super) fn new(
        cluster: &'a mut C,
        row: &'a Row,
        scheme: Scheme,
        budget: Budget,
    ) -> Driver<'a, C> {
        let machines = row.machines as usize;
        let pacers = match scheme.sharing {
            Sharing::PerMachine => machines,
            Sharing::PerGroup => machines * row.groups as usize,
        };
        let seed = seed_of(row, budget);
        let seat = |group| Seat {
            loops: (0..machines).map(|_| Loop::default()).collect(),
            awaited: Awaited::after(cluster.progress(group, cluster.leader(group)).committed),
            ahead_since: None,
        };
        Driver {
            row,
            scheme,
            budget,
            timeline: Timeline::default(),
            seats: (0..row.groups).map(seat).collect(),
            pacers: vec![Pacer::new(scheme.pace); pacers],
            asked: vec![Vec::new(); machines],
            wires: Wires::new(row, seed),
            clients: Clients::new(row, seed),
            meter: Meter::default(),
            cluster,
        }
    }

    /// Runs until enough commands are applied.
    pub(super) fn run(mut self) -> Result<Measured, C::Fault> {
        self.begin();
        let mut is_warm = false;
        while self.meter.applied < self.budget.commands || !is_warm {
            if !is_warm && self.meter.applied >= self.budget.warm_up {
                is_warm = true;
                let now = self.now();
                self.meter.begin(now.0, self.cluster.flushes());
                for seat in &mut self.seats {
                    seat.ahead_since = seat.ahead_since.map(|_| now);
                }
            }
            let due = self.timeline.next_due().expect("clocks tick for ever");
            let Passed { now, ended } = self.cluster.wait(Micros(due.0))?;
            self.timeline.pass(VirtualTime(now.0));
            match ended {
                Some((machine, no)) => self.end_sync(machine, no)?,
                None => {
                    let due = self.timeline.pop().expect("just looked at");
                    self.happen(due)?;
                }
            }
        }
        let now = self.now();
        for seat in &self.seats {
            self.meter.ahead_micros += now.since(seat.ahead_since.unwrap_or(now)).0;
        }
        Ok(self.meter.end(now.0, self.cluster.flushes(), u64::from(self.row.groups)))
    }

    /// What falls due whatever else happens.
    fn begin(&mut self) {
        for group in 0..self.row.groups {
            let phase = u64::from(TICK_MICROS) * u64::from(group) / u64::from(self.row.groups);
            self.timeline.push(phase as u32, Due::Tick(group));
        }
        for (group, client, after) in self.clients.first() {
            self.timeline.push(after, Due::Propose { group, client });
        }
        if let Some(after) = self.clients.gap() {
            self.timeline.push(after, Due::Arrive);
        }
    }

    pub(super) fn now(&self) -> Micros {
        Micros(self.timeline.now().0)
    }

    fn happen(&mut self, due: Due<C::Message>) -> Result<(), C::Fault> {
        match due {
            Due::Tick(group) => {
                self.timeline.push(TICK_MICROS, due);
                for machine in 0..self.row.machines {
                    let node = node_on(machine);
                    self.cluster.tick(group, node)?;
                    self.note(group, node);
                    self.work(group, node);
                }
                Ok(())
            }
            Due::Arrive => {
                let after = self.clients.gap().expect("an open loop");
                self.timeline.push(after, due);
                let (group, client) = self.clients.arrival();
                self.propose(group, client)
            }
            Due::Propose { group, client } => self.propose(group, client),
            Due::Deliver { group, link, message } => {
                self.cluster.deliver(group, link, message)?;
                self.note(group, link.to);
                self.work(group, link.to);
                Ok(())
            }
            Due::Look { group, node } => self.take(group, node),
            Due::Done { group, node } => self.finish(group, node),
            Due::Ask(pacer) => {
                let now = self.now();
                self.pacers[pacer as usize].rings(now);
                self.pace(pacer)
            }
        }
    }

    fn propose(&mut self, group: u32, client: u32) -> Result<(), C::Fault> {
        let (now, leader) = (self.now(), self.cluster.leader(group));
        self.seats[group as usize].awaited.expect(client, now.0);
        self.cluster.propose(group)?;
        self.note(group, leader);
        self.work(group, leader);
        Ok(())
    }

    /// Notes whether a leader to which something has happened is ahead of its disk.
    pub(super) fn note(&mut self, group: u32, node: NodeId) {
        if node != self.cluster.leader(group) {
            return;
        }
        let (now, progress) = (self.now(), self.cluster.progress(group, node));
        let seat = &mut self.seats[group as usize];
        match (progress.committed > progress.synced, seat.ahead_since) {
            (true, None) => seat.ahead_since = Some(now),
            (false, Some(since)) => {
                self.meter.ahead_micros += now.since(since).0;
                seat.ahead_since = None;
            }
            _ => {}
        }
    }
}

/// The node of any group on a machine.
pub(super) fn node_on(machine: u32) -> NodeId {
    NodeId::new(u64::from(machine) + 1).expect("counted from 1")
}

/// The machine of a node.
pub(super) fn machine_of(node: NodeId) -> u32 {
    node.number() as u32 - 1
}
