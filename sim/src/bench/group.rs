//! One Raft group: a world, all of its oracles, and what its clients wait for.

use std::collections::VecDeque;

use syncline_raft::NodeId;
use syncline_traces::{Choice, Event, Link, MessageKey, MessageKind, NodeSet, Sort};

use crate::oracle::{Judges, OracleId};
use crate::plan::{Plan, SyncMode};
use crate::subject::RaftCore;
use crate::world::{BeginError, World};

use super::row::Row;

/// What the core counts for an entry besides its command: its index and term, and its place in a
/// record. Commands are eight bytes in the world, and weigh what the row says here.
const ENTRY_BYTES: u64 = 24;

/// A promise was broken while a row ran.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broken {
    /// Which.
    pub oracle: OracleId,
    /// What was so instead.
    pub found: String,
}

/// Whether the loop of a node is free.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Hand {
    Free,
    /// It is about to look for a Ready.
    Looking,
    /// It works on a Ready.
    Busy,
}

/// What a node's host is at.
#[derive(Clone, Debug)]
pub(super) struct Loop {
    pub(super) hand: Hand,
    /// The bytes of the entries of the Ready that it works on.
    pub(super) bytes: u64,
    /// What the leader knew to be committed when it took that Ready.
    pub(super) told: u64,
    /// The messages that wait for a sync, under the serial policy only.
    pub(super) held: Vec<Parcel>,
}

/// A message, and how many bytes it takes on a link.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parcel {
    pub(super) link: Link,
    pub(super) key: MessageKey,
    pub(super) bytes: u64,
}

/// A command that somebody waits for.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    client: u32,
    arrived: u64,
}

/// A group.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) world: World<RaftCore>,
    judges: Judges,
    pub(super) events: Vec<Event>,
    pub(super) leader: NodeId,
    pub(super) loops: Vec<Loop>,
    /// The commands whose application has not been seen, by index, from `first` on.
    waiting: VecDeque<Waiting>,
    first: u64,
    /// Up to where clients could have heard of the commit.
    pub(super) committed: u64,
    /// Since when the leader has been ahead of its own disk.
    pub(super) ahead_since: Option<u64>,
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
    pub(super) fn new(row: &Row, number: u32) -> Result<Group, BeginError> {
        let plan = plan(row, number + 1);
        let leader = NodeId::new(u64::from(number % row.machines) + 1).expect("counted from 1");
        let idle = Loop { hand: Hand::Free, bytes: 0, told: 0, held: Vec::new() };
        let mut group = Group {
            world: World::new(plan, None)?,
            judges: Judges::all(&plan),
            events: Vec::new(),
            leader,
            loops: vec![idle; row.machines as usize],
            waiting: VecDeque::new(),
            first: 0,
            committed: 0,
            ahead_since: None,
            sent: vec![0; (row.machines * row.machines) as usize],
            listed: Vec::new(),
        };
        group.elect();
        group.first = group.world.last(leader).index.0 + 1;
        group.committed = group.first - 1;
        Ok(group)
    }

    /// Elects the leader, and lets everything come to rest.
    fn elect(&mut self) {
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
            self.step(&choice).expect("an election breaks no promise");
            self.listed.clear();
            for sort in WORK {
                if self.listed.is_empty() {
                    self.world.list(sort, &mut self.listed);
                }
            }
            next = self.listed.first().copied();
        }
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

    pub(super) fn loop_of(&mut self, node: NodeId) -> &mut Loop {
        &mut self.loops[node.number() as usize - 1]
    }

    /// A command of a client has been given to the leader.
    pub(super) fn expect(&mut self, client: u32, arrived: u64) {
        self.waiting.push_back(Waiting { client, arrived });
    }

    /// When the command at an index arrived; `None` if that is not a client's.
    pub(super) fn arrival(&self, index: u64) -> Option<u64> {
        let place = index.checked_sub(self.first)?;
        self.waiting.get(place as usize).map(|waiting| waiting.arrived)
    }

    /// The leader has applied the command at an index: whose it was, and when it had arrived. All
    /// before it have been asked about already.
    pub(super) fn take_applied(&mut self, index: u64) -> Option<(u32, u64)> {
        if index != self.first {
            return None;
        }
        self.first += 1;
        self.waiting.pop_front().map(|waiting| (waiting.client, waiting.arrived))
    }

    /// Whether the leader has committed what its own disk has not synced.
    pub(super) fn is_ahead(&self) -> bool {
        let status = self.world.hosts()[self.leader.number() as usize - 1].status();
        status.is_some_and(|status| status.committed > status.synced)
    }

    /// How many bytes a message takes on its link.
    pub(super) fn parcel(&mut self, link: Link, key: MessageKey, row: &Row) -> Parcel {
        const HEADER: u64 = 64;
        let place = (link.from.number() - 1) * u64::from(row.machines) + link.to.number() - 1;
        let sent = &mut self.sent[place as usize];
        let entries = match key.kind {
            MessageKind::Append => key.index.0.saturating_sub(*sent),
            _ => 0,
        };
        *sent = (*sent).max(*sent + entries);
        Parcel { link, key, bytes: HEADER + entries * bytes_of_entry(row) }
    }

    /// What the leader takes for committed now.
    pub(super) fn committed_now(&self) -> u64 {
        let status = self.world.hosts()[self.leader.number() as usize - 1].status();
        status.map_or(0, |status| status.committed.0)
    }

    pub(super) fn nodes(&self) -> NodeSet {
        NodeSet::first(self.loops.len() as u64)
    }
}

/// What an entry weighs on a disk or a link.
pub(super) fn bytes_of_entry(row: &Row) -> u64 {
    ENTRY_BYTES + u64::from(row.command_bytes)
}
