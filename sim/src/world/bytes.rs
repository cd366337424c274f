//! What happens on disks of bytes, and which of it is on offer.

use syncline_raft::NodeId;
use syncline_traces::{
    Choice, CrashKind, Damage, Event, IoFault, Keep, Mixer, NodeSet, OpKind, OpNo, Sort, WriteNo,
};

use super::World;
use super::enabled::bit_if;
use crate::subject::Subject;

/// Up to so many ways of each kind in which a power cut is known to break logs are listed.
const WAYS_MAX: u32 = 16;

/// So many ways are drawn bit by bit.
const UNIFORM_WAYS: u64 = 4;

impl<S: Subject> World<S> {
    /// Makes one of these choices happen. All of them are on offer.
    pub(super) fn use_bytes(&mut self, choice: &Choice, events: &mut Vec<Event>) {
        match *choice {
            Choice::CompleteOp(node, op) => self.complete_op(node, op, true, events),
            Choice::LieOp(node, op) => self.complete_op(node, op, false, events),
            Choice::FailOp(node, op, fault) => self.fail_op(node, op, fault, events),
            Choice::Open(node) => self.open(node, events),
            Choice::Damage(node, write, damage) => self.damage(node, write, damage, events),
            _ => {}
        }
    }

    fn complete_op(&mut self, node: NodeId, op: OpNo, is_true: bool, events: &mut Vec<Event>) {
        let slot = node.number() as usize - 1;
        let (kind, synced) = self.disks[slot].complete_op(op, is_true);
        events.push(Event::OpCompleted { node, op, kind, is_true });
        assert!(!self.disks[slot].has_failed(), "a log failed although nothing of its disk did");
        self.hear_of_syncs(node, synced, events);
    }

    fn fail_op(&mut self, node: NodeId, op: OpNo, fault: IoFault, events: &mut Vec<Event>) {
        let slot = node.number() as usize - 1;
        self.spent.io_faults += 1;
        let (kind, synced) = self.disks[slot].fail_op(op, fault);
        events.push(Event::OpFailed { node, op, kind, fault });
        self.hear_of_syncs(node, synced, events);
    }

    /// Syncs of the log are complete, or it has failed: then nothing that it says is worth anything any
    /// more, and the host stops (R4).
    fn hear_of_syncs(&mut self, node: NodeId, synced: Vec<WriteNo>, events: &mut Vec<Event>) {
        let slot = node.number() as usize - 1;
        for upto in synced {
            if let Some(process) = &mut self.hosts[slot].process {
                process.to_report.push(upto);
            }
            events.push(Event::SyncCompleted { node, upto });
        }
        if self.disks[slot].has_failed() {
            self.hosts[slot].process = None;
            self.down = self.down.with(node);
            self.disks[slot].crash_process();
            events.push(Event::Crashed { node, crash: CrashKind::Process, lost: 0 });
        }
        self.touch(node);
    }

    fn open(&mut self, node: NodeId, events: &mut Vec<Event>) {
        let slot = node.number() as usize - 1;
        events.push(match self.disks[slot].open() {
            Ok((kept, lost)) => Event::Opened { node, kept, lost },
            Err(_) => Event::OpenRefused { node },
        });
        self.touch(node);
    }

    fn damage(&mut self, node: NodeId, write: WriteNo, damage: Damage, events: &mut Vec<Event>) {
        let slot = node.number() as usize - 1;
        self.damaged = self.damaged.with(node);
        self.disks[slot].damage(write, damage);
        events.push(Event::Damaged { node, write, damage });
        // Now that this one is damaged, others may be allowed no damage any more.
        for slot in 0..self.hosts.len() {
            self.touch(self.hosts[slot].id);
        }
    }

    /// The bits of a host whose disk has bytes, whether it is up or down.
    pub(super) fn sorts_of_bytes(&self, slot: usize) -> u32 {
        let disk = &self.disks[slot];
        let (has_ops, is_up) = (disk.has_ops(), self.hosts[slot].is_up());
        let is_settled = disk.is_settled();
        bit_if(Sort::CompleteSync, has_ops)
            | bit_if(Sort::FailOp, has_ops)
            | bit_if(Sort::CrashProcess, is_up || disk.is_open())
            | bit_if(Sort::CrashMachine, is_up || disk.is_open() || disk.pieces() > 0)
            | bit_if(Sort::Open, !is_up && disk.may_open())
            | bit_if(Sort::Restart, !is_up && is_settled)
            | bit_if(Sort::Damage, self.may_damage(slot))
    }

    fn may_damage(&self, slot: usize) -> bool {
        let others = self.damaged.without(NodeSet::default().with(self.hosts[slot].id)).count();
        let disk = &self.disks[slot];
        (others as u32) < self.plan.damaged_max
            && (self.plan.damages_open || !disk.is_open())
            && disk.damageable().next().is_some()
    }

    /// Adds every such choice of one sort that one host has on offer. A disk that lies may say of any sync
    /// that it is complete.
    pub(super) fn list_bytes(&self, slot: usize, sort: Sort, choices: &mut Vec<Choice>) {
        let (node, disk) = (self.hosts[slot].id, &self.disks[slot]);
        match sort {
            Sort::CompleteSync => {
                for (op, kind) in disk.ops() {
                    choices.push(Choice::CompleteOp(node, op));
                    if self.may_lie(node, kind) {
                        choices.push(Choice::LieOp(node, op));
                    }
                }
            }
            Sort::FailOp => {
                for (op, kind) in disk.ops() {
                    choices.extend(faults(kind).iter().map(|how| Choice::FailOp(node, op, *how)));
                }
            }
            Sort::Open => choices.push(Choice::Open(node)),
            Sort::Damage => {
                let damage = |(write, how)| Choice::Damage(node, write, how);
                let first = choices.len();
                choices.extend(disk.damageable().map(damage));
                // Seldom is there a newest segment that would be missed. While there is one, its loss is
                // half of what is tried.
                let is_rare =
                    |choice: &Choice| matches!(choice, Choice::Damage(_, _, Damage::NewestLost));
                let rare: Vec<Choice> = choices[first..].iter().copied().filter(is_rare).collect();
                (0..Damage::ALL.len()).for_each(|_| choices.extend(&rare));
            }
            _ => {}
        }
    }

    /// Whether such a choice is on offer, if its sort is.
    pub(super) fn offers_bytes(&self, slot: usize, choice: &Choice) -> bool {
        let disk = &self.disks[slot];
        let kind_of = |op: OpNo| disk.ops().find(|(other, _)| *other == op).map(|(_, kind)| kind);
        match *choice {
            Choice::CompleteOp(_, op) => kind_of(op).is_some(),
            Choice::LieOp(node, op) => kind_of(op).is_some_and(|kind| self.may_lie(node, kind)),
            Choice::FailOp(_, op, how) => {
                kind_of(op).is_some_and(|kind| faults(kind).contains(&how))
            }
            Choice::Open(_) => true,
            Choice::Damage(_, write, how) => disk.damageable().any(|other| other == (write, how)),
            _ => false,
        }
    }

    fn may_lie(&self, node: NodeId, kind: OpKind) -> bool {
        node.number() == u64::from(self.plan.liar) && kind.is_sync()
    }

    /// Adds power cuts of a disk of bytes. Of all that it may leave, those come first in which logs are
    /// known to break: everything in order up to some piece, the last piece alone, one piece missing, every
    /// other one; then some that are drawn bit by bit. [`World::step`] takes any.
    pub(super) fn list_cuts_of_bytes(&self, slot: usize, choices: &mut Vec<Choice>) {
        let (node, pieces) = (self.hosts[slot].id, self.disks[slot].pieces());
        let first = choices.len();
        let mut add = |keep| choices.push(Choice::CrashMachine(node, keep));
        let all = if pieces >= 64 { u64::MAX } else { (1 << pieces) - 1 };
        if !self.plan.uniform_cuts {
            let step = pieces.div_ceil(WAYS_MAX).max(1) as usize;
            (0..pieces).step_by(step).for_each(|count| add(Keep::Prefix(count)));
            add(Keep::Prefix(pieces));
            if pieces > 1 {
                add(Keep::Subset(1 << ((pieces - 1) % 64)));
                add(Keep::Subset(all & 0x5555_5555_5555_5555));
                add(Keep::Subset(all & 0xaaaa_aaaa_aaaa_aaaa));
                let holes = (0..pieces.min(64)).step_by(step);
                holes.for_each(|hole| add(Keep::Subset(all & !(1 << hole))));
            }
        }
        for way in 0..UNIFORM_WAYS {
            let drawn = Mixer::digest_of(&(self.hosts[slot].fingerprint, way)).0 as u64;
            add(Keep::Subset(drawn & all));
        }
        // Some ways are the same where there are few pieces.
        let mut ways = choices.split_off(first);
        ways.sort_unstable();
        ways.dedup();
        choices.append(&mut ways);
    }
}

/// How an operation may fail.
fn faults(kind: OpKind) -> &'static [IoFault] {
    match kind {
        OpKind::Sync => &[IoFault::Lost, IoFault::Reverted, IoFault::Late],
        OpKind::SyncFolder => &[IoFault::Device, IoFault::Late],
        OpKind::Write => &[IoFault::Short, IoFault::Device, IoFault::NoSpace],
        OpKind::Create => &[IoFault::Device, IoFault::NoSpace],
        OpKind::Rename | OpKind::Remove => &[IoFault::Device, IoFault::Late],
    }
}
