//! Nodes on a real file system, as a cluster.
//!
//! All nodes share one thread: it waits for what falls due by looking at the clock, since a thread
//! that is woken is late by more than a message takes. The lanes of the disks have threads of their own.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use syncline_raft::{Body, Membership, Message, NodeId, RoleKind, WriteSeq};
use syncline_sim::bench::{Cluster, Parcel, Passed, Progress, Row, Taken};
use syncline_traces::{Link, WriteNo};
use syncline_wal::Micros;

use super::node::{Node, fault};
use crate::exit::Refusal;

/// An election takes no longer, or something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who does nothing but look at the clock and gives way to the disks' threads is back sooner, unless
/// somebody else has the processor.
const BLINK_MICROS: u64 = 500;

/// One group on machines that share this one.
pub(super) struct Real {
    nodes: Vec<Node>,
    began: Instant,
    /// Messages on their way, and the places of those that have arrived.
    messages: Vec<Option<Message>>,
    free: Vec<u32>,
    command: std::sync::Arc<[u8]>,
    entry_bytes: u64,
    flushes: u64,
    /// For how many microseconds the thread stood still between two looks at the clock.
    lost_micros: u64,
    /// The machine whose disk is looked at next.
    turn: usize,
}

impl Real {
    /// Founds a cluster in folders below this one, and lets its first node lead.
    pub(super) fn found(folder: &Path, row: &Row) -> Result<Real, Refusal> {
        let ids: Vec<NodeId> = (1..=u64::from(row.machines)).filter_map(NodeId::new).collect();
        let voters = Membership::of_voters(ids.iter().copied());
        let found = |id: &NodeId| Node::found(&folder.join(format!("node-{id}")), *id, &voters);
        let mut real = Real {
            nodes: ids.iter().map(found).collect::<Result<_, _>>()?,
            began: Instant::now(),
            messages: Vec::new(),
            free: Vec::new(),
            command: vec![0x5a; row.command_bytes as usize].into(),
            entry_bytes: row.entry_bytes(),
            flushes: 0,
            lost_micros: 0,
            turn: 0,
        };
        real.elect()?;
        Ok(real)
    }

    /// Of a thousand parts of the time so far, how many were lost to whoever else uses this machine.
    pub(super) fn lost_per_mille(&self) -> u64 {
        self.lost_micros * 1_000 / self.now().0.max(1)
    }

    fn elect(&mut self) -> Result<(), Refusal> {
        self.nodes[0].raft.campaign().map_err(fault)?;
        let began = Instant::now();
        while !self.is_led() {
            let mut messages = Vec::new();
            for node in &mut self.nodes {
                while node.raft.has_ready() {
                    node.take(&mut messages)?;
                    if node.write()? > 0 {
                        node.sync(0)?;
                        while node.hear()?.is_none() {
                            thread::yield_now();
                        }
                        node.report(node.written()?)?;
                    }
                    node.apply()?;
                }
            }
            for message in messages {
                self.node(message.to).raft.step(message).map_err(fault)?;
            }
            if began.elapsed() > PATIENCE {
                return Err(fault("nobody is elected"));
            }
        }
        Ok(())
    }

    /// Whether the first node leads, everybody has all that it has, and nothing is to be done.
    fn is_led(&self) -> bool {
        let [leader, ..] = self.nodes.as_slice() else {
            return false;
        };
        let last = leader.raft.status().appended;
        leader.raft.status().role == RoleKind::Leader
            && self.nodes.iter().all(|node| node.raft.status().applied == last)
            && !self.nodes.iter().any(|node| node.raft.has_ready())
    }

    fn node(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.number() as usize - 1]
    }

    fn now(&self) -> Micros {
        Micros(self.began.elapsed().as_micros() as u64)
    }

    /// A sync that has ended on any machine, by its machine and number.
    fn hear(&mut self) -> Result<Option<(u32, u32)>, Refusal> {
        for _ in 0..self.nodes.len() {
            self.turn = (self.turn + 1) % self.nodes.len();
            if let Some(no) = self.nodes[self.turn].hear()? {
                self.flushes += u64::from(self.turn == 0);
                return Ok(Some((self.turn as u32, no)));
            }
        }
        Ok(None)
    }

    fn post(&mut self, message: Message) -> Parcel<u32> {
        let (link, is_append) = (
            Link { from: message.from, to: message.to },
            matches!(message.body, Body::Append { .. }),
        );
        let entries = match &message.body {
            Body::Append { entries, .. } => entries.iter().count() as u64,
            _ => 0,
        };
        let place = self.free.pop().unwrap_or_else(|| {
            self.messages.push(None);
            self.messages.len() as u32 - 1
        });
        self.messages[place as usize] = Some(message);
        let bytes = Parcel::<u32>::HEADER_BYTES + entries * self.entry_bytes;
        Parcel { link, message: place, bytes, is_append }
    }
}

impl Cluster for Real {
    type Message = u32;
    type Fault = Refusal;

    fn wait(&mut self, due: Micros) -> Result<Passed, Refusal> {
        loop {
            let (ended, now) = (self.hear()?, self.now());
            if ended.is_some() || now >= due {
                return Ok(Passed { now, ended });
            }
            thread::yield_now();
            let away = self.now().since(now).0;
            self.lost_micros += if away > BLINK_MICROS { away } else { 0 };
        }
    }

    fn ready_micros(&self, _: u32) -> u32 {
        0
    }

    fn leader(&self, _: u32) -> NodeId {
        NodeId::new(1).expect("not zero")
    }

    fn progress(&self, _: u32, node: NodeId) -> Progress {
        let status = self.nodes[node.number() as usize - 1].raft.status();
        Progress { committed: status.committed.0, synced: status.synced.0 }
    }

    fn tick(&mut self, _: u32, node: NodeId) -> Result<(), Refusal> {
        self.node(node).raft.tick();
        Ok(())
    }

    fn propose(&mut self, group: u32) -> Result<(), Refusal> {
        let (leader, command) = (self.leader(group), self.command.clone());
        self.node(leader).raft.propose(command).map(|_| ()).map_err(fault)
    }

    fn deliver(&mut self, _: u32, link: Link, place: u32) -> Result<(), Refusal> {
        let message = self.messages[place as usize].take().expect("a message arrives once");
        self.free.push(place);
        self.node(link.to).raft.step(message).map_err(fault)
    }

    fn has_ready(&self, _: u32, node: NodeId) -> bool {
        self.nodes[node.number() as usize - 1].raft.has_ready()
    }

    fn take(
        &mut self,
        _: u32,
        node: NodeId,
        parcels: &mut Vec<Parcel<u32>>,
    ) -> Result<Taken, Refusal> {
        let mut messages = Vec::new();
        let entries = self.node(node).take(&mut messages)?;
        parcels.extend(messages.into_iter().map(|message| self.post(message)));
        Ok(Taken { entries })
    }

    fn write(&mut self, _: u32, node: NodeId) -> Result<u32, Refusal> {
        self.node(node).write()
    }

    fn apply(&mut self, _: u32, node: NodeId) -> Result<Option<u64>, Refusal> {
        self.node(node).apply()
    }

    fn cover(&mut self, _: u32, node: NodeId) -> Result<WriteNo, Refusal> {
        Ok(WriteNo(self.node(node).written()?.number()))
    }

    fn flush(&mut self, machine: u32, no: u32, _: u64) -> Result<(), Refusal> {
        self.nodes[machine as usize].sync(no)
    }

    fn complete(&mut self, _: u32, _: NodeId, _: WriteNo) -> Result<(), Refusal> {
        Ok(())
    }

    fn report(&mut self, _: u32, node: NodeId, upto: WriteNo) -> Result<(), Refusal> {
        let upto = WriteSeq::new(upto.0).ok_or_else(|| fault("a write without a number"))?;
        self.node(node).report(upto)
    }

    fn flushes(&self) -> u64 {
        self.flushes
    }
}
