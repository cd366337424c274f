//! What a host's loop does: it looks for a Ready, takes it, and is done with it.

use syncline_raft::NodeId;
use syncline_wal::Intake;

use super::cluster::{Cluster, Parcel, Taken};
use super::driver::{Driver, Due, machine_of};
use super::policy::{Sends, Sharing};

/// Whether the loop of a node is free.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Hand {
    #[default]
    Free,
    /// It is about to look for a Ready.
    Looking,
    /// It works on a Ready.
    Busy,
}

/// What a node's host is at.
#[derive(Clone, Debug)]
pub(super) struct Loop<M> {
    hand: Hand,
    /// The bytes of the entries of the Ready that it works on.
    bytes: u64,
    /// What the leader knew to be committed when it took that Ready.
    told: u64,
    /// The messages that wait for a sync, under the serial policy only.
    held: Vec<Parcel<M>>,
}

impl<M> Default for Loop<M> {
    fn default() -> Loop<M> {
        Loop { hand: Hand::Free, bytes: 0, told: 0, held: Vec::new() }
    }
}

impl<C: Cluster> Driver<'_, C> {
    fn loop_of(&mut self, group: u32, node: NodeId) -> &mut Loop<C::Message> {
        &mut self.seats[group as usize].loops[machine_of(node) as usize]
    }

    fn pacer_of(&self, group: u32, node: NodeId) -> u32 {
        match self.scheme.sharing {
            Sharing::PerMachine => machine_of(node),
            Sharing::PerGroup => group * self.row.machines + machine_of(node),
        }
    }

    /// Lets a loop look for a Ready once everything has come in that arrives at this moment.
    pub(super) fn work(&mut self, group: u32, node: NodeId) {
        if self.loop_of(group, node).hand == Hand::Free && self.cluster.has_ready(group, node) {
            self.loop_of(group, node).hand = Hand::Looking;
            self.timeline.push(0, Due::Look { group, node });
        }
    }

    /// Lets a loop take a Ready, if it is to take one.
    pub(super) fn take(&mut self, group: u32, node: NodeId) -> Result<(), C::Fault> {
        self.loop_of(group, node).hand = Hand::Free;
        if !self.cluster.has_ready(group, node) {
            return Ok(());
        }
        let (pacer, now) = (self.pacer_of(group, node), self.now());
        let paced = &mut self.pacers[pacer as usize];
        if paced.advise(now).intake == Intake::Shut {
            if !paced.waiting.contains(&group) {
                paced.waiting.push(group);
            }
            return Ok(());
        }
        let told = self.cluster.progress(group, node).committed;
        let mut parcels = Vec::new();
        let Taken { entries } = self.cluster.take(group, node, &mut parcels)?;
        self.note(group, node);
        let cost = self.cluster.ready_micros(entries);
        for parcel in parcels {
            self.send(group, node, parcel, entries, cost);
        }
        let bytes = u64::from(entries) * self.row.entry_bytes();
        let work = self.loop_of(group, node);
        (work.hand, work.bytes, work.told) = (Hand::Busy, bytes, told);
        if entries > 0 {
            self.pacers[pacer as usize].took(now);
        }
        self.timeline.push(cost, Due::Done { group, node });
        Ok(())
    }

    /// A message leaves at the end of its Ready; under the serial policy after the sync of what it
    /// carries. What the core lets go has waited for its own sync already.
    fn send(
        &mut self,
        group: u32,
        node: NodeId,
        parcel: Parcel<C::Message>,
        entries: u32,
        cost: u32,
    ) {
        if self.scheme.sends == Sends::AfterSync && parcel.is_append && entries > 0 {
            self.loop_of(group, node).held.push(parcel);
        } else {
            self.dispatch(group, parcel, cost);
        }
    }

    fn dispatch(&mut self, group: u32, parcel: Parcel<C::Message>, after: u32) {
        let Parcel { link, message, bytes, .. } = parcel;
        let now = self.now().0;
        let after = self.wires.carry(group, link, bytes, now, after);
        self.timeline.push(after, Due::Deliver { group, link, message });
    }

    /// The sync that the serial policy waited for is complete.
    pub(super) fn release(&mut self, group: u32, node: NodeId) {
        let held = std::mem::take(&mut self.loop_of(group, node).held);
        for parcel in held {
            self.dispatch(group, parcel, 0);
        }
    }

    /// The end of a Ready: its write is written, and what can be applied is.
    pub(super) fn finish(&mut self, group: u32, node: NodeId) -> Result<(), C::Fault> {
        let now = self.now();
        let work = self.loop_of(group, node);
        work.hand = Hand::Free;
        let (bytes, told) = (work.bytes, work.told);
        if node == self.cluster.leader(group) {
            for arrived in self.seats[group as usize].awaited.committed(told) {
                self.meter.committed(now.0 - arrived);
            }
        }
        let pacer = self.pacer_of(group, node);
        if self.cluster.write(group, node)? > 0 {
            self.note(group, node);
            self.pacers[pacer as usize].written(group, bytes, now);
        }
        if let Some(upto) = self.cluster.apply(group, node)? {
            self.note(group, node);
            self.applied(group, node, upto);
        }
        self.pace(pacer)?;
        self.work(group, node);
        Ok(())
    }

    /// A leader has applied up to an index: its clients have their answers.
    fn applied(&mut self, group: u32, node: NodeId, upto: u64) {
        if node != self.cluster.leader(group) {
            return;
        }
        let now = self.now().0;
        for (client, arrived) in self.seats[group as usize].awaited.applied(upto) {
            self.meter.applied(now - arrived);
            if let Some(after) = self.clients.turn(&self.row.network) {
                self.timeline.push(after, Due::Propose { group, client });
            }
        }
    }
}
