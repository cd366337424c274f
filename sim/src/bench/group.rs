//! One Raft group: a world and all of its oracles.

use syncline_raft::NodeId;
use syncline_traces::{Choice, Event, Link, MessageKey, MessageKind, Sort};

use crate::mutant::Mutant;
use crate::oracle::{Judges, OracleId};
use crate::plan::{Plan, SyncMode};
use crate::subject::RaftCore;
use crate::world::World;

use super::Fault;
use super::cluster::{Parcel, Progress};
use super::row::Row;

/// A promise was broken while a row ran.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broken {
    /// Which.
    pub oracle: OracleId,
    /// What was so instead.
    pub found: String,
}

/// A group.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) world: World<RaftCore>,
    judges: Judges,
    pub(super) events: Vec<Event>,
    pub(super) leader: NodeId,
    machines: u32,
    entry_bytes: u64,
    /// The last index sent on each link, by sender and receiver.
    sent: Vec<u64>,
    listed: Vec<Choice>,
}

fn plan(row: &Row, seed: u32) -> Plan {
    Plan {
        core_seed: seed,
        // No stall of any row lasts as long: who leads is not what is measured.
        election_ticks: 10_000,
        heartbeat_ticks: 1,
        inflight_messages_max: 256,
        link_capacity: 10_000,
        sync_lanes: 16,
        proposals_max: u32::MAX,
        campaigns_max: 1,
        drift_ticks: 1_000,
        sync: SyncMode::Free,
        ..Plan::scripted(row.machines)
    }
}

impl Group {
    /// A group whose leader is elected, with nothing under way.
    pub(super) fn new(row: &Row, number: u32, mutant: Option<Mutant>) -> Result<Group, Fault> {
        let plan = plan(row, number + 1);
        let leader = NodeId::new(u64::from(number % row.machines) + 1).expect("counted from 1");
        let mut group = Group {
            world: World::new(plan, mutant).map_err(Fault::Begin)?,
            judges: Judges::all(&plan),
            events: Vec::new(),
            leader,
            machines: row.machines,
            entry_bytes: row.entry_bytes(),
            sent: vec![0; (row.machines * row.machines) as usize],
            listed: Vec::new(),
        };
        group.elect().map_err(Fault::Broken)?;
        Ok(group)
    }

    /// Elects the leader, and lets everything come to rest.
    fn elect(&mut self) -> Result<(), Broken> {
        const WORK: [Sort; 7] = [
            Sort::ReportSync,
            Sort::Apply,
            Sort::Write,
            Sort::CompleteSync,
            Sort::BeginSync,
            Sort::Ready,
            Sort::Deliver,
        ];
        let mut next = Some(Choice::Campaign(self.leader));
        while let Some(choice) = next {
            self.step(&choice)?;
            self.listed.clear();
            for sort in WORK {
                if self.listed.is_empty() {
                    self.world.list(sort, &mut self.listed);
                }
            }
            next = self.listed.first().copied();
        }
        Ok(())
    }

    /// Makes a choice happen, before all oracles. Its events lie in `events`.
    pub(super) fn step(&mut self, choice: &Choice) -> Result<(), Broken> {
        self.events.clear();
        let stepped = self.world.step(choice, &mut self.events);
        stepped.expect("the driver chooses what is on offer");
        let judged = self.judges.judge(&self.events, &self.world);
        judged.map_err(|sentence| Broken { oracle: sentence.oracle, found: sentence.found })
    }

    pub(super) fn offers(&self, node: NodeId, sort: Sort) -> bool {
        self.world.hosts()[node.number() as usize - 1].has_on_offer(sort)
    }

    /// How far a node has come; nowhere if it does not run.
    pub(super) fn progress(&self, node: NodeId) -> Progress {
        let status = self.world.hosts()[node.number() as usize - 1].status();
        status.map_or(Progress { committed: 0, synced: 0 }, |status| Progress {
            committed: status.committed.0,
            synced: status.synced.0,
        })
    }

    /// A message, with the bytes that it takes on its link.
    pub(super) fn parcel(&mut self, link: Link, key: MessageKey) -> Parcel<MessageKey> {
        let place = (link.from.number() - 1) * u64::from(self.machines) + link.to.number() - 1;
        let sent = &mut self.sent[place as usize];
        let is_append = key.kind == MessageKind::Append;
        let entries = if is_append { key.index.0.saturating_sub(*sent) } else { 0 };
        *sent += entries;
        let bytes = Parcel::<MessageKey>::HEADER_BYTES + entries * self.entry_bytes;
        Parcel { link, message: key, bytes, is_append }
    }
}
