//! The driver: one queue of virtual time over all groups of a row, which makes every choice when it
//! falls due.
//!
//! A host's loop is free or at work on a Ready: 20 microseconds, and 2 for each entry that it
//! writes. At the end of that time its messages leave, its write is in the page cache, and what it
//! handed out is applied. Messages and commands reach a node at once, whatever its loop does. Each
//! group has a loop of its own on each machine; the disks are what groups share.

use syncline_raft::NodeId;
use syncline_traces::{Choice, Event, Link, MessageKey, Sort};
use syncline_wal::{Begin, Intake, Micros};

use crate::seed::Stream;
use crate::strategy::Timeline;

use super::clients::Clients;
use super::group::{Broken, Group, Hand, Parcel, bytes_of_entry};
use super::lanes::{Lanes, Request};
use super::measure::{Measured, Meter};
use super::pacer::{Pacer, Sync};
use super::policy::{Scheme, Sends, Sharing};
use super::row::Row;
use super::wires::Wires;
use super::{Budget, Fault, seed_of};

/// What a Ready costs its loop, in microseconds.
const READY_MICROS: u32 = 20;
/// What each entry that it writes costs besides.
const ENTRY_MICROS: u32 = 2;
/// How long a tick of the nodes is.
const TICK_MICROS: u32 = 100_000;

/// What falls due.
#[derive(Clone, Copy, Debug)]
enum Due {
    /// The clocks of a group tick.
    Tick(u32),
    /// A command arrives from outside.
    Arrive,
    /// A client proposes.
    Propose { group: u32, client: u32 },
    /// A message arrives.
    Deliver { group: u32, link: Link, key: MessageKey },
    /// A loop looks for a Ready.
    Look { group: u32, node: NodeId },
    /// A loop is done with its Ready.
    Done { group: u32, node: NodeId },
    /// A lane is done with its flush.
    Flushed { machine: u32, lane: u32 },
    /// A pace wanted to be asked again.
    Ask(u32),
}

/// A row under way.
pub(super) struct Driver<'a> {
    row: &'a Row,
    scheme: Scheme,
    budget: Budget,
    timeline: Timeline<Due>,
    groups: Vec<Group>,
    /// One for each machine, or for each machine and group.
    pacers: Vec<Pacer>,
    disks: Vec<Lanes>,
    /// The pacer that asked for each sync, by machine and number of the request.
    asked: Vec<Vec<u32>>,
    wires: Wires,
    clients: Clients,
    meter: Meter,
}

impl<'a> Driver<'a> {
    pub(super) fn new(row: &'a Row, scheme: Scheme, budget: Budget) -> Result<Driver<'a>, Fault> {
        let groups: Result<Vec<Group>, _> =
            (0..row.groups).map(|number| Group::new(row, number)).collect();
        let machines = row.machines as usize;
        let pacers = match scheme.sharing {
            Sharing::PerMachine => machines,
            Sharing::PerGroup => machines * row.groups as usize,
        };
        let seed = seed_of(row, budget);
        let disk = |machine: usize| {
            let stream = Stream::of(seed, &format!("disk {machine}"));
            Lanes::new(row.devices.of(machine, machines), stream)
        };
        Ok(Driver {
            row,
            scheme,
            budget,
            timeline: Timeline::default(),
            groups: groups.map_err(Fault::Begin)?,
            pacers: vec![Pacer::new(scheme.pace); pacers],
            disks: (0..machines).map(disk).collect(),
            asked: vec![Vec::new(); machines],
            wires: Wires::new(row, seed),
            clients: Clients::new(row, seed),
            meter: Meter::default(),
        })
    }

    /// Runs until enough commands are applied.
    pub(super) fn run(mut self) -> Result<Measured, Fault> {
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
        let mut is_warm = false;
        while self.meter.applied < self.budget.commands || !is_warm {
            if !is_warm && self.meter.applied >= self.budget.warm_up {
                is_warm = true;
                self.meter.begin(self.timeline.now().0);
                for group in &mut self.groups {
                    group.ahead_since = group.ahead_since.map(|_| self.timeline.now().0);
                }
            }
            let due = self.timeline.pop().expect("clocks tick for ever");
            self.happen(due).map_err(Fault::Broken)?;
        }
        let now = self.timeline.now().0;
        for group in &mut self.groups {
            self.meter.ahead_micros += now - group.ahead_since.unwrap_or(now);
        }
        Ok(self.meter.end(now, u64::from(self.row.groups)))
    }

    fn now(&self) -> Micros {
        Micros(self.timeline.now().0)
    }

    fn happen(&mut self, due: Due) -> Result<(), Broken> {
        match due {
            Due::Tick(group) => {
                self.timeline.push(TICK_MICROS, due);
                for node in self.groups[group as usize].nodes().iter() {
                    self.step(group, Choice::Tick(node))?;
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
            Due::Deliver { group, link, key } => {
                self.step(group, Choice::Deliver(link, key))?;
                self.work(group, link.to);
                Ok(())
            }
            Due::Look { group, node } => self.take(group, node),
            Due::Done { group, node } => self.finish(group, node),
            Due::Flushed { machine, lane } => self.flushed(machine, lane),
            Due::Ask(pacer) => {
                if self.pacers[pacer as usize].alarm == Some(self.now()) {
                    self.pacers[pacer as usize].alarm = None;
                }
                self.pace(pacer)
            }
        }
    }

    /// One choice of a group, and the time that its leader spends ahead of its disk.
    fn step(&mut self, group: u32, choice: Choice) -> Result<(), Broken> {
        let now = self.timeline.now().0;
        let group = &mut self.groups[group as usize];
        group.step(&choice)?;
        self.meter.steps += 1;
        if choice.node() == Some(group.leader) {
            match (group.is_ahead(), group.ahead_since) {
                (true, None) => group.ahead_since = Some(now),
                (false, Some(since)) => {
                    self.meter.ahead_micros += now - since;
                    group.ahead_since = None;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn propose(&mut self, group: u32, client: u32) -> Result<(), Broken> {
        let now = self.timeline.now().0;
        let found = &mut self.groups[group as usize];
        let (leader, command) = (found.leader, found.world.next_command());
        found.expect(client, now);
        self.step(group, Choice::Propose(leader, command))?;
        self.work(group, leader);
        Ok(())
    }

    fn pacer_of(&self, group: u32, node: NodeId) -> u32 {
        let machine = node.number() as u32 - 1;
        match self.scheme.sharing {
            Sharing::PerMachine => machine,
            Sharing::PerGroup => group * self.row.machines + machine,
        }
    }

    /// Lets a loop look for a Ready once everything has come in that arrives at this moment.
    fn work(&mut self, group: u32, node: NodeId) {
        let found = &mut self.groups[group as usize];
        if found.loop_of(node).hand == Hand::Free && found.offers(node, Sort::Ready) {
            found.loop_of(node).hand = Hand::Looking;
            self.timeline.push(0, Due::Look { group, node });
        }
    }

    /// Lets a loop take a Ready, if it is to take one.
    fn take(&mut self, group: u32, node: NodeId) -> Result<(), Broken> {
        let found = &mut self.groups[group as usize];
        found.loop_of(node).hand = Hand::Free;
        if !found.offers(node, Sort::Ready) {
            return Ok(());
        }
        let pacer = self.pacer_of(group, node);
        let now = self.now();
        let paced = &mut self.pacers[pacer as usize];
        if paced.advise(now).intake == Intake::Shut {
            if !paced.waiting.contains(&group) {
                paced.waiting.push(group);
            }
            return Ok(());
        }
        let told = self.groups[group as usize].committed_now();
        self.step(group, Choice::Ready(node))?;
        let found = &mut self.groups[group as usize];
        let events = std::mem::take(&mut found.events);
        let is_append = |event: &&Event| matches!(event, Event::Appended { .. });
        let entries = events.iter().filter(is_append).count() as u32;
        let cost = READY_MICROS + ENTRY_MICROS * entries;
        for event in &events {
            if let Event::Sent { link, key, .. } = *event {
                let parcel = self.groups[group as usize].parcel(link, key, self.row);
                self.send(group, node, parcel, entries, cost);
            }
        }
        let found = &mut self.groups[group as usize];
        found.events = events;
        let bytes = u64::from(entries) * bytes_of_entry(self.row);
        let work = found.loop_of(node);
        (work.hand, work.bytes, work.told) = (Hand::Busy, bytes, told);
        if entries > 0 {
            self.pacers[pacer as usize].took(now);
        }
        self.timeline.push(cost, Due::Done { group, node });
        Ok(())
    }

    /// A message leaves at the end of its Ready; under the serial policy after the sync of what it
    /// carries. What the core lets go has waited for its own sync already.
    fn send(&mut self, group: u32, node: NodeId, parcel: Parcel, entries: u32, cost: u32) {
        let carries = parcel.key.kind == syncline_traces::MessageKind::Append;
        if self.scheme.sends == Sends::AfterSync && carries && entries > 0 {
            self.groups[group as usize].loop_of(node).held.push(parcel);
        } else {
            self.dispatch(group, parcel, cost);
        }
    }

    fn dispatch(&mut self, group: u32, parcel: Parcel, after: u32) {
        let Parcel { link, key, bytes } = parcel;
        let now = self.timeline.now().0;
        let after = self.wires.carry(group, link, bytes, now, after);
        self.timeline.push(after, Due::Deliver { group, link, key });
    }

    /// The end of a Ready: its write is written, and what can be applied is.
    fn finish(&mut self, group: u32, node: NodeId) -> Result<(), Broken> {
        let now = self.now();
        let found = &mut self.groups[group as usize];
        let work = found.loop_of(node);
        work.hand = Hand::Free;
        let (bytes, told) = (work.bytes, work.told);
        if node == found.leader {
            while found.committed < told {
                found.committed += 1;
                if let Some(arrived) = found.arrival(found.committed) {
                    self.meter.committed(now.0 - arrived);
                }
            }
        }
        let pacer = self.pacer_of(group, node);
        while let Some(write) = self.groups[group as usize].world.next_write(node) {
            self.step(group, Choice::Write(node, write))?;
            self.pacers[pacer as usize].written(group, bytes, now);
        }
        self.apply(group, node)?;
        self.pace(pacer)?;
        self.work(group, node);
        Ok(())
    }

    fn apply(&mut self, group: u32, node: NodeId) -> Result<(), Broken> {
        let now = self.timeline.now().0;
        while let Some(last) = self.groups[group as usize].world.next_apply(node) {
            self.step(group, Choice::Apply(node, last))?;
            let found = &mut self.groups[group as usize];
            if node != found.leader {
                continue;
            }
            let events = std::mem::take(&mut found.events);
            for event in &events {
                let Event::Applied { entry, .. } = event else {
                    continue;
                };
                if let Some((client, arrived)) = found.take_applied(entry.index.0) {
                    self.meter.applied(now - arrived);
                    if let Some(after) = self.clients.turn(&self.row.network) {
                        self.timeline.push(after, Due::Propose { group, client });
                    }
                }
            }
            found.events = events;
        }
        Ok(())
    }

    /// Asks a pace, and does what it says.
    fn pace(&mut self, pacer: u32) -> Result<(), Broken> {
        let now = self.now();
        let paced = &mut self.pacers[pacer as usize];
        if paced.never_syncs() {
            return self.forgo_sync(pacer);
        }
        match paced.advise(now).begin {
            Begin::Now => self.begin_sync(pacer)?,
            Begin::At(at) if paced.alarm.is_none_or(|alarm| alarm > at) => {
                paced.alarm = Some(at);
                self.timeline.push(at.since(now).0 as u32, Due::Ask(pacer));
            }
            Begin::At(_) | Begin::Later => {}
        }
        let paced = &mut self.pacers[pacer as usize];
        if !paced.waiting.is_empty() && paced.advise(now).intake == Intake::Open {
            let node = self.node_of(pacer);
            for group in std::mem::take(&mut self.pacers[pacer as usize].waiting) {
                self.work(group, node);
            }
        }
        Ok(())
    }

    fn machine_of(&self, pacer: u32) -> u32 {
        pacer % self.row.machines
    }

    fn node_of(&self, pacer: u32) -> NodeId {
        NodeId::new(u64::from(self.machine_of(pacer)) + 1).expect("counted from 1")
    }

    /// Begins a sync in every group that has written something, and tells which.
    fn cover(&mut self, pacer: u32) -> Result<Vec<super::pacer::Covered>, Broken> {
        let node = self.node_of(pacer);
        let groups = std::mem::take(&mut self.pacers[pacer as usize].unsynced);
        let mut covers = Vec::with_capacity(groups.len());
        for group in groups {
            let disks = self.groups[group as usize].world.disks();
            let upto = disks[node.number() as usize - 1].written();
            self.step(group, Choice::BeginSync(node, upto))?;
            covers.push((group, upto));
        }
        Ok(covers)
    }

    fn begin_sync(&mut self, pacer: u32) -> Result<(), Broken> {
        let (machine, now) = (self.machine_of(pacer), self.now());
        let covers = self.cover(pacer)?;
        let asked = &mut self.asked[machine as usize];
        let no = asked.len() as u32;
        asked.push(pacer);
        let bytes = self.pacers[pacer as usize].begin(no, covers, now);
        if machine == 0 {
            self.meter.syncs += 1;
            self.meter.bytes += bytes;
        }
        self.disks[machine as usize].ask(Request { no, bytes });
        self.begin_flushes(machine);
        Ok(())
    }

    fn begin_flushes(&mut self, machine: u32) {
        while let Some((lane, took)) = self.disks[machine as usize].begin() {
            self.timeline.push(took, Due::Flushed { machine, lane });
        }
    }

    fn flushed(&mut self, machine: u32, lane: u32) -> Result<(), Broken> {
        if machine == 0 {
            self.meter.flushes += 1;
        }
        let served = self.disks[machine as usize].end(lane);
        self.begin_flushes(machine);
        for no in served {
            let pacer = self.asked[machine as usize][no as usize];
            self.end_sync(pacer, no)?;
        }
        Ok(())
    }

    fn end_sync(&mut self, pacer: u32, no: u32) -> Result<(), Broken> {
        let (node, now) = (self.node_of(pacer), self.now());
        let (covers, reported) = self.pacers[pacer as usize].end(no, now);
        for (group, upto) in covers {
            self.step(group, Choice::CompleteSync(node, upto))?;
        }
        for Sync { covers, .. } in &reported {
            for (group, upto) in covers {
                self.step(*group, Choice::ReportSync(node, *upto))?;
                self.release(*group, node);
            }
        }
        self.pace(pacer)?;
        for Sync { covers, .. } in &reported {
            for (group, _) in covers {
                self.work(*group, node);
            }
        }
        Ok(())
    }

    /// The sync that the serial policy waited for is complete.
    fn release(&mut self, group: u32, node: NodeId) {
        let held = std::mem::take(&mut self.groups[group as usize].loop_of(node).held);
        for parcel in held {
            self.dispatch(group, parcel, 0);
        }
    }

    /// What is written counts as durable: a disk that never loses power.
    fn forgo_sync(&mut self, pacer: u32) -> Result<(), Broken> {
        let node = self.node_of(pacer);
        for (group, upto) in self.cover(pacer)? {
            self.step(group, Choice::CompleteSync(node, upto))?;
            self.step(group, Choice::ReportSync(node, upto))?;
        }
        Ok(())
    }
}
