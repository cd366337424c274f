//! Worlds in virtual time, as a cluster.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use syncline_raft::NodeId;
use syncline_traces::{Choice, Event, Link, MessageKey, Seed, Sort, WriteNo};
use syncline_wal::Micros;

use crate::mutant::Mutant;
use crate::seed::Stream;

use super::Fault;
use super::cluster::{Cluster, Parcel, Passed, Progress, Taken};
use super::group::{Broken, Group};
use super::lanes::{Lanes, Request};
use super::row::Row;

/// What a Ready costs its loop, in microseconds.
const READY_MICROS: u32 = 20;
/// What each entry that it writes costs besides.
const ENTRY_MICROS: u32 = 2;

/// The groups of a row, each a world before its oracles, and the disks that they share.
pub(super) struct Simulated {
    groups: Vec<Group>,
    disks: Vec<Lanes>,
    now: Micros,
    /// The flushes under way: when each ends, which was begun before which, its machine and lane.
    ends: BinaryHeap<Reverse<(Micros, u64, u32, u32)>>,
    begun: u64,
    /// Syncs that a flush has ended and nobody has been told of, by machine and number.
    ended: VecDeque<(u32, u32)>,
    flushes: u64,
}

impl Simulated {
    pub(super) fn new(row: &Row, seed: Seed, mutant: Option<Mutant>) -> Result<Simulated, Fault> {
        let groups: Result<Vec<Group>, _> =
            (0..row.groups).map(|number| Group::new(row, number, mutant)).collect();
        let machines = row.machines as usize;
        let disk = |machine: usize| {
            let stream = Stream::of(seed, &format!("disk {machine}"));
            Lanes::new(row.devices.of(machine, machines), stream)
        };
        Ok(Simulated {
            groups: groups?,
            disks: (0..machines).map(disk).collect(),
            now: Micros(0),
            ends: BinaryHeap::new(),
            begun: 0,
            ended: VecDeque::new(),
            flushes: 0,
        })
    }

    fn group(&mut self, group: u32) -> &mut Group {
        &mut self.groups[group as usize]
    }

    fn begin_flushes(&mut self, machine: u32) {
        while let Some((lane, took)) = self.disks[machine as usize].begin() {
            self.begun += 1;
            let end = self.now.after(Micros(took.into()));
            self.ends.push(Reverse((end, self.begun, machine, lane)));
        }
    }

    /// The next flush ends, if it does so by then.
    fn end_flush(&mut self, due: Micros) {
        let Some(&Reverse((end, _, machine, lane))) = self.ends.peek() else {
            return;
        };
        if end > due {
            return;
        }
        self.ends.pop();
        self.now = end;
        self.flushes += u64::from(machine == 0);
        let served = self.disks[machine as usize].end(lane);
        self.ended.extend(served.into_iter().map(|no| (machine, no)));
        self.begin_flushes(machine);
    }
}

impl Cluster for Simulated {
    type Message = MessageKey;
    type Fault = Broken;

    fn wait(&mut self, due: Micros) -> Result<Passed, Broken> {
        if self.ended.is_empty() {
            self.end_flush(due);
        }
        let ended = self.ended.pop_front();
        if ended.is_none() {
            self.now = due;
        }
        Ok(Passed { now: self.now, ended })
    }

    fn ready_micros(&self, entries: u32) -> u32 {
        READY_MICROS + ENTRY_MICROS * entries
    }

    fn leader(&self, group: u32) -> NodeId {
        self.groups[group as usize].leader
    }

    fn progress(&self, group: u32, node: NodeId) -> Progress {
        self.groups[group as usize].progress(node)
    }

    fn tick(&mut self, group: u32, node: NodeId) -> Result<(), Broken> {
        self.group(group).step(&Choice::Tick(node))
    }

    fn propose(&mut self, group: u32) -> Result<(), Broken> {
        let found = self.group(group);
        let command = found.world.next_command();
        found.step(&Choice::Propose(found.leader, command))
    }

    fn deliver(&mut self, group: u32, link: Link, key: MessageKey) -> Result<(), Broken> {
        self.group(group).step(&Choice::Deliver(link, key))
    }

    fn has_ready(&self, group: u32, node: NodeId) -> bool {
        self.groups[group as usize].offers(node, Sort::Ready)
    }

    fn take(
        &mut self,
        group: u32,
        node: NodeId,
        parcels: &mut Vec<Parcel<MessageKey>>,
    ) -> Result<Taken, Broken> {
        let found = self.group(group);
        found.step(&Choice::Ready(node))?;
        let events = std::mem::take(&mut found.events);
        for event in &events {
            if let Event::Sent { link, key, .. } = *event {
                parcels.push(found.parcel(link, key));
            }
        }
        let is_append = |event: &&Event| matches!(event, Event::Appended { .. });
        let entries = events.iter().filter(is_append).count() as u32;
        found.events = events;
        Ok(Taken { entries })
    }

    fn write(&mut self, group: u32, node: NodeId) -> Result<u32, Broken> {
        let (found, mut writes) = (self.group(group), 0);
        while let Some(write) = found.world.next_write(node) {
            found.step(&Choice::Write(node, write))?;
            writes += 1;
        }
        Ok(writes)
    }

    fn apply(&mut self, group: u32, node: NodeId) -> Result<Option<u64>, Broken> {
        let (found, mut applied) = (self.group(group), None);
        while let Some(last) = found.world.next_apply(node) {
            found.step(&Choice::Apply(node, last))?;
            applied = Some(last.0);
        }
        Ok(applied)
    }

    fn cover(&mut self, group: u32, node: NodeId) -> Result<WriteNo, Broken> {
        let found = self.group(group);
        let upto = found.world.disks()[node.number() as usize - 1].written();
        found.step(&Choice::BeginSync(node, upto))?;
        Ok(upto)
    }

    fn flush(&mut self, machine: u32, no: u32, bytes: u64) -> Result<(), Broken> {
        self.disks[machine as usize].ask(Request { no, bytes });
        self.begin_flushes(machine);
        Ok(())
    }

    fn complete(&mut self, group: u32, node: NodeId, upto: WriteNo) -> Result<(), Broken> {
        self.group(group).step(&Choice::CompleteSync(node, upto))
    }

    fn report(&mut self, group: u32, node: NodeId, upto: WriteNo) -> Result<(), Broken> {
        self.group(group).step(&Choice::ReportSync(node, upto))
    }

    fn flushes(&self) -> u64 {
        self.flushes
    }
}
