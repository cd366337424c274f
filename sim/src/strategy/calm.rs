//! The calm after the storm: faults have ceased, and everything that is due happens, in turn.
//!
//! Links heal, nodes that are down recover and restart, hosts answer whatever they were asked. The disk of
//! one node may hang for good, if the plan says so: a cluster must live with that. Between
//! two ticks all work is done that there is; then every clock ticks once, and only then is there work
//! again, so that nodes with the same timeout do campaign at the same time. Nothing is drawn: what
//! happens is a function of the world, and all of it is recorded as ordinary choices.
//!
//! Once nobody has anything left to do, clients ask for one command and one read at the leader and at
//! one follower. When these have ended, the cluster is left alone for some election timeouts, so that
//! a leader that does not stay is noticed; last, the office is handed over, and the new leader is asked
//! for a command. Then the calm ends. It judges nothing: that is the business of the oracles, which
//! count ticks. If something never ends, the calm goes on until they have had enough.

use std::collections::VecDeque;

use syncline_raft::{NodeId, RoleKind};
use syncline_traces::{
    Answer, Choice, Event, Link, Members, MessageKind, NodeSet, OpNo, Sort, WriteNo,
};

use super::{Strategy, WORK};
use crate::host::{Host, Process};
use crate::net::Which;
use crate::plan::Plan;
use crate::subject::Subject;
use crate::world::World;

/// What ends the faults, and is gone through before the work in each round.
const RECOVERY: [Sort; 4] = [Sort::Calm, Sort::Heal, Sort::Open, Sort::Restart];

/// How many sorts there are to go through.
const SORTS: usize = RECOVERY.len() + WORK.len();

/// How much work is done before the clocks tick although there is more: a cluster that talks without
/// end must not stop the time by which it is judged.
const WORK_MAX: u32 = 20_000;

/// What the clients are about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    /// They wait until the storm has left nothing to do.
    Settling,
    /// They wait for their commands and reads.
    Asking,
    /// They leave the cluster alone, for so many ticks more.
    Idle(u32),
    /// They wait for a command at whoever leads after the transfer.
    AskingAgain,
    /// They are satisfied.
    Over,
}

/// The strategy.
#[derive(Clone, Debug)]
pub struct Calm {
    plan: Plan,
    /// What is to be taken next, as far as it is still on offer then.
    queue: VecDeque<Choice>,
    listed: Vec<Choice>,
    /// The position in [`RECOVERY`] and then [`WORK`] that is looked at next, and how many before it had
    /// nothing to do.
    sort: usize,
    idle_sorts: usize,
    worked: u32,
    /// How often all clocks have ticked.
    ticks: u32,
    stage: Stage,
    /// The clients have asked since the last tick.
    has_asked: bool,
    /// They were refused, and are to ask again.
    refused: bool,
    /// The links on which a snapshot has arrived that was not reported yet.
    arrived: Vec<Link>,
    /// The syncs under way, and when each began.
    syncs: Vec<(NodeId, WriteNo, u32)>,
    /// The same of the operations of disks of bytes that are syncs.
    ops: Vec<(NodeId, OpNo, u32)>,
}

impl Calm {
    /// The strategy for what comes after the steps of a plan; `None` if nothing does.
    #[must_use]
    pub fn new(plan: &Plan) -> Option<Calm> {
        (plan.calm_ticks > 0).then(|| Calm {
            plan: *plan,
            queue: VecDeque::new(),
            listed: Vec::new(),
            sort: 0,
            idle_sorts: 0,
            worked: 0,
            ticks: 0,
            stage: Stage::Settling,
            has_asked: false,
            refused: false,
            arrived: Vec::new(),
            syncs: Vec::new(),
            ops: Vec::new(),
        })
    }

    /// Whether nobody waits for anything any more. A calm that ends otherwise has run out of ticks.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// Lists the work of one sort, and goes on to the next.
    fn list_work<S: Subject>(&mut self, world: &World<S>) {
        let sort = match self.sort.checked_sub(RECOVERY.len()) {
            None => RECOVERY[self.sort],
            Some(position) => WORK[position],
        };
        self.sort = (self.sort + 1) % SORTS;
        self.listed.clear();
        if world.offer().has(sort) {
            world.list(sort, &mut self.listed);
        }
        let (arrived, syncs, ops) = (&self.arrived, &self.syncs, &self.ops);
        let began_by = self.ticks.saturating_sub(self.plan.calm_sync_ticks);
        let hung = self.plan.hung_in_calm();
        let is_slow = |choice: &Choice| match *choice {
            Choice::CompleteSync(node, _) if Some(node) == hung => true,
            Choice::CompleteSync(node, upto) => syncs
                .iter()
                .any(|(other, sync, began)| (*other, *sync) == (node, upto) && *began > began_by),
            Choice::CompleteOp(node, op) => ops.iter().any(|(other, sync, began)| {
                (*other, *sync) == (node, op) && (Some(node) == hung || *began > began_by)
            }),
            _ => false,
        };
        let due = |choice: &&Choice| is_due(choice, arrived, world) && !is_slow(choice);
        self.queue.extend(self.listed.iter().filter(due));
        self.idle_sorts = if self.queue.is_empty() { self.idle_sorts + 1 } else { 0 };
    }

    /// There is no work left: clients ask for something, or all clocks tick.
    fn go_on<S: Subject>(&mut self, world: &World<S>) {
        self.idle_sorts = 0;
        if !self.has_asked {
            self.has_asked = true;
            self.ask(world);
        }
        if self.queue.is_empty() {
            self.has_asked = false;
            self.worked = 0;
            let mut nodes: Vec<NodeId> = world.hosts().iter().map(Host::id).collect();
            let first = self.ticks as usize % nodes.len();
            nodes.rotate_left(first);
            // Whoever is behind comes first, so that nobody has to wait because it is too far ahead.
            nodes.sort_by_key(|node| world.clock().ticks_of(*node));
            self.queue.extend(nodes.into_iter().map(Choice::Tick));
            self.ticks += 1;
        }
    }

    /// What the clients do now.
    fn ask<S: Subject>(&mut self, world: &World<S>) {
        if let Stage::Idle(left) = &mut self.stage {
            *left = left.saturating_sub(1);
        }
        let Some((leader, members)) = settled(world) else {
            if self.ticks > 16 * self.plan.election_ticks && is_disturbed(world) {
                self.stage = Stage::Over;
            }
            return;
        };
        let hung = world.plan().hung_in_calm();
        let others = |set: NodeSet| {
            let nobody = NodeSet::default().with(leader);
            set.without(hung.map_or(nobody, |hung| nobody.with(hung)))
        };
        let refused = std::mem::take(&mut self.refused);
        match self.stage {
            Stage::Settling => self.ask_everywhere(leader, others(members.all()), world),
            Stage::Asking if refused => self.ask_everywhere(leader, NodeSet::default(), world),
            Stage::Asking if !is_awaited(members, world) => {
                // Twice the longest election timeout.
                self.stage = Stage::Idle(4 * self.plan.election_ticks);
            }
            Stage::Idle(0) => match others(members.voters).iter().next() {
                Some(to) => {
                    self.queue.push_back(Choice::Transfer(Link { from: leader, to }));
                    self.stage = Stage::AskingAgain;
                    self.refused = true;
                }
                None => self.stage = Stage::Over,
            },
            Stage::AskingAgain if refused => self.list_for(leader, Sort::Propose, world),
            Stage::AskingAgain if !is_awaited(members, world) => self.stage = Stage::Over,
            Stage::Asking | Stage::Idle(_) | Stage::AskingAgain | Stage::Over => {}
        }
    }

    fn ask_everywhere<S: Subject>(&mut self, leader: NodeId, others: NodeSet, world: &World<S>) {
        self.stage = Stage::Asking;
        for node in [Some(leader), others.iter().next()].into_iter().flatten() {
            self.list_for(node, Sort::Propose, world);
            self.list_for(node, Sort::Read, world);
        }
        // No two commands and no two reads have the same number.
        let (mut command, mut read) = (world.next_command(), world.next_read());
        for choice in &mut self.queue {
            match choice {
                Choice::Propose(_, number) => {
                    *number = command;
                    command.0 += 1;
                }
                Choice::Read(_, number) => {
                    *number = read;
                    read.0 += 1;
                }
                _ => {}
            }
        }
    }

    /// Notes which operations of a disk of bytes are syncs, and when they began.
    fn see_ops<S: Subject>(&mut self, node: NodeId, world: &World<S>) {
        let syncs = || world.disks()[node.number() as usize - 1].ops().filter(|(_, k)| k.is_sync());
        self.ops.retain(|(other, op, _)| *other != node || syncs().any(|(sync, _)| sync == *op));
        for (op, _) in syncs() {
            if !self.ops.iter().any(|(other, known, _)| (*other, *known) == (node, op)) {
                self.ops.push((node, op, self.ticks));
            }
        }
    }

    fn list_for<S: Subject>(&mut self, node: NodeId, sort: Sort, world: &World<S>) {
        self.listed.clear();
        world.list_for(node, sort, &mut self.listed);
        self.queue.extend(&self.listed);
    }
}

impl<S: Subject> Strategy<S> for Calm {
    fn next(&mut self, world: &World<S>) -> Option<Choice> {
        loop {
            while let Some(choice) = self.queue.pop_front() {
                if world.offers(&choice) {
                    self.worked += 1;
                    return Some(choice);
                }
            }
            if self.stage == Stage::Over || self.ticks >= self.plan.calm_ticks {
                return None;
            }
            if self.idle_sorts < SORTS && self.worked < WORK_MAX {
                self.list_work(world);
            } else {
                self.go_on(world);
            }
        }
    }

    fn seen(&mut self, events: &[Event], world: &World<S>) {
        for event in events {
            if let Some(node) = event.node().filter(|_| world.plan().has_bytes()) {
                self.see_ops(node, world);
            }
            match *event {
                Event::Delivered { link, key } if key.kind == MessageKind::Snapshot => {
                    self.arrived.push(link);
                }
                Event::SnapshotAnswered { link, answer: Answer::Done } => {
                    self.arrived.retain(|arrived| *arrived != link);
                }
                Event::SyncBegan { node, upto } => self.syncs.push((node, upto, self.ticks)),
                Event::SyncCompleted { node, upto } => {
                    self.syncs.retain(|(other, sync, _)| (*other, *sync) != (node, upto));
                }
                Event::ProposalRefused { .. } | Event::ReadRefused { .. } => self.refused = true,
                _ => {}
            }
        }
    }
}

/// Whether a choice is what a host without faults does now. A snapshot is reported when it has arrived,
/// or is not in flight any more: then it was lost, or arrived before the calm and nobody knows it.
fn is_due<S: Subject>(choice: &Choice, arrived: &[Link], world: &World<S>) -> bool {
    match *choice {
        Choice::BeginSync(node, _) => {
            let slot = node.number() as usize - 1;
            let (host, disk) = (&world.hosts()[slot], &world.disks()[slot]);
            let is_wanted = host.sync_wanted().is_some() || disk.has_uncovered_state();
            !host.is_up() || is_wanted || world.is_held_up(node)
        }
        Choice::SendSnapshot(_, answer) | Choice::Fetch(_, answer) => answer == Answer::Done,
        Choice::ReportSnapshot(link, answer) => {
            let mut under_way = false;
            world.net().for_each(Which::InFlight, |other, key| {
                under_way |= other == link && key.kind == MessageKind::Snapshot;
            });
            !under_way && (answer == Answer::Done) == arrived.contains(&link)
        }
        _ => true,
    }
}

fn processes<S: Subject>(world: &World<S>) -> impl Iterator<Item = (NodeId, &Process<S>)> {
    world.hosts().iter().filter_map(|host| Some((host.id(), host.process.as_ref()?)))
}

/// The leader and its members, if nobody has anything left to do: all members follow it, and have
/// synced and applied all that it has. A joint membership that the application leaves may stay, and
/// whoever cannot sync is not waited for.
fn settled<S: Subject>(world: &World<S>) -> Option<(NodeId, Members)> {
    let leads = |process: &Process<S>| process.office.0 == RoleKind::Leader;
    let mut leaders = processes(world).filter(|(_, process)| leads(process));
    let (leader, process) = leaders.next()?;
    let (status, members) = (process.node.status(), process.members);
    let is_done = !members.is_joint() || members.explicit;
    let hung = world.plan().hung_in_calm();
    let is_level = |(node, process): (NodeId, &Process<S>)| {
        let other = process.node.status();
        let cursors = [other.appended, other.synced, other.committed, other.applied];
        !members.all().contains(node)
            || Some(node) == hung && node != leader
            || other.term == status.term
                && other.leader == Some(leader)
                && process.members == members
                && cursors.iter().all(|cursor| *cursor == status.appended)
    };
    let is_settled = is_done && leaders.next().is_none() && processes(world).all(is_level);
    is_settled.then_some((leader, members))
}

/// Whether a client waits for a read. One that is confirmed may wait for ever at a node that is no
/// member any more, for nobody sends it what it would have to apply, and any at one whose disk hangs.
fn is_awaited<S: Subject>(members: Members, world: &World<S>) -> bool {
    let hung = world.plan().hung_in_calm();
    processes(world).filter(|(node, _)| Some(*node) != hung).any(|(node, process)| {
        let is_member = members.all().contains(node);
        process.readings.iter().any(|reading| is_member || reading.index.is_none())
    })
}

/// Whether somebody who is no member any more, and does not know, drives its former cluster from
/// election to election. Without pre-vote and without promises to the leader nothing prevents that
/// (thesis, section 4.2.3), and no such cluster comes to rest.
fn is_disturbed<S: Subject>(world: &World<S>) -> bool {
    let plan = world.plan();
    let newest = processes(world).max_by_key(|(_, process)| process.machine.applied());
    let members = newest.map_or(Members::default(), |(_, process)| process.members);
    let disturbs = |(node, process): (NodeId, &Process<S>)| {
        let votes = process.members.voters.union(process.members.outgoing);
        votes.contains(node) && !members.all().contains(node)
    };
    !plan.pre_vote && !plan.check_quorum && processes(world).any(disturbs)
}
