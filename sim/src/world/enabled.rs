//! What may happen next.
//!
//! Each host keeps one bit for each sort of choice that it has on offer, renewed when it changes, so
//! that a strategy that picks a sort first need not list the rest.

use syncline_raft::{NodeId, RoleKind, SyncWanted};
use syncline_traces::{Choice, Direction, Keep, Link, NodeSet, Sort};
use syncline_wal::Unsynced;

use super::World;
use crate::host::Process;
use crate::mutant::HostMutant;
use crate::net::Which;
use crate::plan::{Survivors, SyncMode};
use crate::subject::Subject;

/// Which sorts of choices are on offer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Offer(u32);

impl Offer {
    /// Whether a choice of this sort is on offer.
    #[must_use]
    #[inline]
    pub fn has(self, sort: Sort) -> bool {
        self.0 & bit(sort) != 0
    }

    /// The sorts on offer, in order.
    #[inline]
    pub fn sorts(self) -> impl Iterator<Item = Sort> {
        let mut bits = self.0;
        std::iter::from_fn(move || {
            let sort = *Sort::ALL.get(bits.trailing_zeros() as usize)?;
            bits &= bits - 1;
            Some(sort)
        })
    }
}

pub(crate) const fn bit(sort: Sort) -> u32 {
    1 << sort as u32
}

/// The bit of a sort if it is on offer.
pub(super) fn bit_if(sort: Sort, offered: bool) -> u32 {
    if offered { bit(sort) } else { 0 }
}

/// The sorts of which a plan allows only so many.
const BUDGETED: [Sort; 13] = [
    Sort::Campaign,
    Sort::Propose,
    Sort::CrashProcess,
    Sort::CrashMachine,
    Sort::Transfer,
    Sort::Forget,
    Sort::Change,
    Sort::Read,
    Sort::Checkpoint,
    Sort::Unreachable,
    Sort::RequestSnapshot,
    Sort::FailOp,
    Sort::Damage,
];

/// What does not happen any more once faults have ceased.
fn is_disturbing(sort: Sort) -> bool {
    matches!(
        sort,
        Sort::Campaign
            | Sort::CrashProcess
            | Sort::CrashMachine
            | Sort::Forget
            | Sort::Unreachable
            | Sort::RequestSnapshot
            | Sort::FailOp
            | Sort::Damage
    )
}

impl<S: Subject> World<S> {
    /// Everything that may happen next, sort by sort, within a sort by node, link and age.
    ///
    /// Of the subsets that a reordering disk may keep in a crash, two for each place of the first
    /// hole stand for the rest: nothing behind it, and everything. All recover to the same log;
    /// [`World::step`] accepts any.
    pub fn enabled(&self, choices: &mut Vec<Choice>) {
        for sort in self.offer().sorts() {
            self.list(sort, choices);
        }
    }

    /// Which sorts of choices are on offer: exactly those of which [`World::list`] lists one.
    #[must_use]
    pub fn offer(&self) -> Offer {
        let mut bits = bit(Sort::Tick);
        for host in &self.hosts {
            bits |= host.sorts;
        }
        for sort in BUDGETED {
            if !self.offer_allows(sort) {
                bits &= !bit(sort);
            }
        }
        let deliverable = self.net.has(Which::Deliverable { down: self.down });
        bits |= bit_if(Sort::Deliver, deliverable);
        bits |= bit_if(Sort::Duplicate, deliverable && !self.calm);
        bits |= bit_if(Sort::Drop, self.net.in_flight() > 0 && !self.calm);
        bits |= bit_if(Sort::Cut, self.may_cut());
        bits |= bit_if(Sort::Heal, self.may_heal());
        bits |= bit_if(Sort::Calm, self.may_calm());
        Offer(bits)
    }

    /// Adds every choice of one sort.
    pub fn list(&self, sort: Sort, choices: &mut Vec<Choice>) {
        match sort {
            Sort::Deliver | Sort::Drop | Sort::Duplicate => self.list_messages(sort, choices),
            Sort::Cut => self.list_cuts(choices),
            Sort::Heal if self.may_heal() => choices.push(Choice::Heal),
            Sort::Heal => {}
            Sort::Calm if self.may_calm() => choices.push(Choice::Calm),
            Sort::Calm => {}
            _ => {
                for (slot, host) in self.hosts.iter().enumerate() {
                    if sort == Sort::Tick || host.has_on_offer(sort) {
                        self.list_of(slot, sort, choices);
                    }
                }
            }
        }
    }

    /// Adds every choice of one sort that one host has on offer.
    pub fn list_for(&self, node: NodeId, sort: Sort, choices: &mut Vec<Choice>) {
        if let Some(slot) = self.slot(node) {
            self.list_of(slot, sort, choices);
        }
    }

    fn list_messages(&self, sort: Sort, choices: &mut Vec<Choice>) {
        if self.calm && sort != Sort::Deliver {
            return;
        }
        let which = match sort {
            Sort::Drop => Which::InFlight,
            _ => Which::Deliverable { down: self.down },
        };
        self.net.for_each(which, |link, key| {
            choices.push(match sort {
                Sort::Drop => Choice::Drop(link, key),
                Sort::Duplicate => Choice::Duplicate(link, key),
                _ => Choice::Deliver(link, key),
            });
        });
    }

    fn may_cut(&self) -> bool {
        self.hosts.len() > 1 && self.spent.cuts < self.plan.cuts_max && !self.calm
    }

    pub(super) fn may_heal(&self) -> bool {
        let lasted = self.clock.ticks() - self.cut_at;
        self.net.is_cut() && (lasted >= self.plan.cut_ticks_min || self.calm)
    }

    fn may_calm(&self) -> bool {
        self.plan.calm_ticks > 0 && !self.calm
    }

    /// Every split in two sides and every single link, both ways and one way each. A further cut may
    /// come while one lasts, so that any set of links can be cut; one heal ends them all.
    fn list_cuts(&self, choices: &mut Vec<Choice>) {
        if !self.may_cut() {
            return;
        }
        let all = NodeSet::first(u64::from(self.plan.nodes));
        for bits in 1..(1_u16 << (self.plan.nodes - 1)) {
            // Node 1 is always on the second side, so that no split is listed twice.
            let side = NodeSet::from_bits(bits << 1);
            let rest = all.without(side);
            choices.push(Choice::Cut(side, rest, Direction::Both));
            choices.push(Choice::Cut(side, rest, Direction::OneWay));
            choices.push(Choice::Cut(rest, side, Direction::OneWay));
        }
        if self.plan.nodes > 2 {
            for from in all.iter() {
                for to in all.iter().filter(|to| *to != from) {
                    let (one, other) = (NodeSet::default().with(from), NodeSet::default().with(to));
                    if from < to {
                        choices.push(Choice::Cut(one, other, Direction::Both));
                    }
                    choices.push(Choice::Cut(one, other, Direction::OneWay));
                }
            }
        }
    }

    fn list_of(&self, slot: usize, sort: Sort, choices: &mut Vec<Choice>) {
        let host = &self.hosts[slot];
        let node = host.id;
        if sort == Sort::Tick {
            if self.clock.may_tick(node) {
                choices.push(Choice::Tick(node));
            }
            return;
        }
        if host.sorts & bit(sort) == 0 || !self.offer_allows(sort) {
            return;
        }
        let disk = &self.disks[slot];
        match (sort, &host.process) {
            (Sort::Write, Some(_)) => {
                choices.extend(self.next_write(node).map(|no| Choice::Write(node, no)));
            }
            (Sort::ReportSync, Some(process)) => {
                choices.extend(process.to_report.iter().map(|no| Choice::ReportSync(node, *no)));
            }
            (Sort::Apply, Some(process)) => {
                let batch = process.to_apply.front();
                choices.extend(batch.map(|batch| Choice::Apply(node, batch.last())));
            }
            (Sort::BeginSync, _) => choices.push(Choice::BeginSync(node, disk.written())),
            (Sort::CompleteSync | Sort::FailOp | Sort::Open | Sort::Damage, _)
                if disk.has_bytes() =>
            {
                self.list_bytes(slot, sort, choices);
            }
            (Sort::CompleteSync, _) => {
                choices.extend(disk.syncs().iter().map(|no| Choice::CompleteSync(node, *no)));
            }
            (Sort::CrashMachine, _) => self.list_machine_crashes(slot, choices),
            (Sort::Campaign, _) => choices.push(Choice::Campaign(node)),
            (Sort::Ready, _) => choices.push(Choice::Ready(node)),
            (Sort::Propose, _) => choices.push(Choice::Propose(node, self.next_command)),
            (Sort::CrashProcess, _) => choices.push(Choice::CrashProcess(node)),
            (Sort::Restart, _) => choices.push(Choice::Restart(node)),
            _ => self.list_wishes(slot, sort, choices),
        }
    }

    fn offer_allows(&self, sort: Sort) -> bool {
        let (spent, plan) = (&self.spent, &self.plan);
        if self.calm {
            // What disturbs has ceased, and what clients may ask for is not counted any more.
            return !is_disturbing(sort);
        }
        match sort {
            Sort::Campaign => spent.campaigns < plan.campaigns_max,
            Sort::Propose => spent.proposals < plan.proposals_max,
            Sort::CrashProcess | Sort::CrashMachine => spent.crashes < plan.crashes_max,
            Sort::Transfer | Sort::Forget => spent.transfers < plan.transfers_max,
            Sort::Change => spent.changes < plan.changes_max,
            Sort::Read => spent.reads < plan.reads_max,
            Sort::Checkpoint => spent.checkpoints < plan.checkpoints_max,
            Sort::Unreachable | Sort::RequestSnapshot => spent.nuisances < plan.nuisances_max,
            Sort::FailOp => spent.io_faults < plan.io_faults_max,
            _ => true,
        }
    }

    fn list_machine_crashes(&self, slot: usize, choices: &mut Vec<Choice>) {
        if self.disks[slot].has_bytes() {
            return self.list_cuts_of_bytes(slot, choices);
        }
        let (node, unsynced) = (self.hosts[slot].id, self.disks[slot].unsynced());
        for count in 0..=unsynced {
            choices.push(Choice::CrashMachine(node, Keep::Prefix(count)));
        }
        if self.plan.survivors == Survivors::Subset && unsynced <= 64 {
            for hole in 0..unsynced.saturating_sub(1) {
                let all = u64::MAX >> (64 - unsynced);
                choices.push(Choice::CrashMachine(node, Keep::Subset(all & !(1 << hole))));
            }
        }
    }

    /// Whether a choice is on offer, or stands for one that is.
    #[must_use]
    pub fn offers(&self, choice: &Choice) -> bool {
        let sort = choice.sort();
        let of = |node: NodeId, also: &dyn Fn(usize) -> bool| {
            self.slot(node).is_some_and(|slot| {
                self.hosts[slot].sorts & bit(sort) != 0 && self.offer_allows(sort) && also(slot)
            })
        };
        let process = |slot: usize| self.hosts[slot].process.as_ref();
        match *choice {
            Choice::Tick(node) => self.slot(node).is_some() && self.clock.may_tick(node),
            Choice::Deliver(link, key) => self.is_deliverable(link) && self.net.contains(link, key),
            Choice::Duplicate(link, key) => {
                !self.calm && self.is_deliverable(link) && self.net.contains(link, key)
            }
            Choice::Drop(link, key) => !self.calm && self.net.contains(link, key),
            Choice::Calm => self.may_calm(),
            Choice::Ready(node)
            | Choice::Campaign(node)
            | Choice::CrashProcess(node)
            | Choice::Restart(node) => of(node, &|_| true),
            Choice::Propose(node, command) => of(node, &|_| command >= self.next_command),
            Choice::Write(node, no) => of(node, &|_| self.next_write(node) == Some(no)),
            Choice::Apply(node, last) => of(node, &|_| self.next_apply(node) == Some(last)),
            Choice::BeginSync(node, upto) => of(node, &|slot| self.disks[slot].written() == upto),
            Choice::CompleteSync(node, upto) => {
                of(node, &|slot| self.disks[slot].syncs().contains(&upto))
            }
            Choice::ReportSync(node, upto) => of(node, &|slot| {
                process(slot).is_some_and(|process| process.to_report.contains(&upto))
            }),
            Choice::CrashMachine(node, keep) => of(node, &|slot| {
                let prefix = matches!(keep, Keep::Prefix(_));
                let reorders = self.plan.survivors == Survivors::Subset || self.plan.has_bytes();
                (prefix || reorders) && self.disks[slot].allows(keep)
            }),
            Choice::Cut(from, to, _) => self.may_cut() && self.are_sides(from, to),
            Choice::Heal => self.may_heal(),
            Choice::CompleteOp(node, _)
            | Choice::LieOp(node, _)
            | Choice::FailOp(node, ..)
            | Choice::Open(node)
            | Choice::Damage(node, ..) => of(node, &|slot| self.offers_bytes(slot, choice)),
            _ => choice.node().is_some_and(|node| of(node, &|slot| self.offers_wish(slot, choice))),
        }
    }

    fn is_deliverable(&self, link: Link) -> bool {
        !self.net.is_blocked(link) && !self.down.contains(link.to)
    }

    fn are_sides(&self, from: NodeSet, to: NodeSet) -> bool {
        let all = NodeSet::first(u64::from(self.plan.nodes));
        let inside = from.without(all).is_empty() && to.without(all).is_empty();
        inside && !from.is_empty() && !to.is_empty() && from.without(to) == from
    }

    /// The bits of a host and its disk.
    pub(super) fn sorts_of(&self, slot: usize) -> u32 {
        let disk = &self.disks[slot];
        let of_disk = match disk.has_bytes() {
            true => self.sorts_of_bytes(slot),
            false => bit_if(Sort::CompleteSync, !disk.syncs().is_empty()),
        };
        let Some(process) = &self.hosts[slot].process else {
            if disk.has_bytes() {
                return of_disk;
            }
            let careless = self.has_host_mutant(HostMutant::NoSyncOnOpen);
            let sync = disk.can_begin_sync() && disk.syncs().is_empty();
            return of_disk
                | bit_if(Sort::BeginSync, sync)
                | bit_if(Sort::CrashMachine, !disk.is_settled())
                | bit_if(Sort::Restart, disk.is_settled() || careless);
        };
        let due = self.sync_is_due(slot, process);
        let leads = process.office.0 == RoleKind::Leader;
        // The classic loop takes no Ready until the last one is written, synced and reported.
        let busy = due
            || !process.to_write.is_empty()
            || !process.to_report.is_empty()
            || !disk.syncs().is_empty();
        let blocked = self.plan.sync == SyncMode::EveryReady && busy;
        of_disk
            | bit(Sort::CrashProcess)
            | bit(Sort::CrashMachine)
            | bit_if(Sort::BeginSync, due)
            | bit_if(Sort::Campaign, !leads)
            | self.wishes_of(slot, process)
            | bit_if(Sort::Ready, !blocked && process.node.has_ready())
            | bit_if(Sort::Write, self.next_write(self.hosts[slot].id).is_some())
            | bit_if(Sort::ReportSync, !process.to_report.is_empty())
            | bit_if(Sort::Apply, !process.to_apply.is_empty())
    }

    fn sync_is_due(&self, slot: usize, process: &Process<S>) -> bool {
        let disk = &self.disks[slot];
        if !disk.can_begin_sync()
            || disk.syncs().len() >= self.plan.sync_lanes as usize
            || self.puts_sync_off(disk)
        {
            return false;
        }
        // What the host writes for itself, nobody but the host waits for.
        let own = || disk.has_uncovered_state().then_some(SyncWanted::Bytes);
        let unsynced = || Unsynced {
            writes: disk.uncovered(),
            ticks: self.ticks_that_count(slot, process.uncovered_ticks),
            wanted: process.node.sync_wanted().or_else(own),
        };
        let is_due = || self.plan.sync.policy().is_none_or(|policy| policy.is_due(unsynced()));
        self.is_held_up(self.hosts[slot].id) || is_due()
    }
}
