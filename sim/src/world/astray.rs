//! Where the known bugs of the host leave its way ([`HostMutant`]).
//!
//! Those that change no more than a condition stand where the condition does.

use std::sync::Arc;

use syncline_raft::{LogId, NodeId, Restored, RoleKind, Snapshot, Write, WriteSeq};
use syncline_traces::WriteNo;
use syncline_wal::Record;

use super::World;
use crate::disk::{Disk, Numbered};
use crate::host::Task;
use crate::mutant::HostMutant;
use crate::subject::Subject;

impl<S: Subject> World<S> {
    /// What is written for one write of the node: it alone, unless it is torn (F34, F44, N1).
    pub(super) fn torn(&mut self, slot: usize, write: Write) -> (Option<Write>, Write) {
        let (installs, appends) = (write.snapshot.is_some(), !write.entries.is_empty());
        let ahead = (installs && self.has_host_mutant(HostMutant::N1))
            || (appends && !installs && self.has_host_mutant(HostMutant::F34));
        if ahead {
            return (Some(only_hard_state(&write)), write);
        }
        if appends && !installs && self.has_host_mutant(HostMutant::F44) {
            let rest = only_hard_state(&write);
            let hard_state = self.written_hard_state(slot);
            return (Some(Write { hard_state, ..write }), rest);
        }
        (None, write)
    }

    /// The hard state of the newest record.
    fn written_hard_state(&self, slot: usize) -> syncline_raft::HardState {
        let waiting = self.hosts[slot].process.iter().flat_map(|process| process.to_write.iter());
        let newest = waiting.rev().find_map(|numbered| match &numbered.record {
            Record::Write(write) => Some(write.hard_state),
            _ => None,
        });
        newest.unwrap_or_else(|| self.disks[slot].image().hard_state())
    }

    /// The newest record that the host takes a sync to have covered (D6).
    pub(super) fn covered_by_sync(&self, node: NodeId, upto: WriteNo) -> WriteNo {
        match self.has_host_mutant(HostMutant::D6) {
            true => self.disks[node.number() as usize - 1].written(),
            false => upto,
        }
    }

    /// Whether the host waits for another write (D29).
    pub(super) fn puts_sync_off(&self, disk: &Disk) -> bool {
        disk.uncovered() == 1 && self.has_host_mutant(HostMutant::D29)
    }

    /// For how long something waits for a sync, as the host sees it (D32).
    pub(super) fn ticks_that_count(&self, slot: usize, ticks: u32) -> u32 {
        let has_rested =
            self.disks[slot].written() > WriteNo(u64::from(self.disks[slot].uncovered()));
        if has_rested && self.has_host_mutant(HostMutant::D32) { 0 } else { ticks }
    }

    /// What of it is not synced, as the host counts it, in bytes (D33).
    pub(super) fn bytes_that_count(&self, disk: &Disk) -> u64 {
        match self.has_host_mutant(HostMutant::D33) {
            true => disk.uncovered_bytes(),
            false => disk.unsynced_bytes(),
        }
    }

    /// What the host writes down of its state machine (N9).
    pub(super) fn state_to_write(&mut self, node: NodeId) -> Arc<Snapshot> {
        let hasty = self.has_host_mutant(HostMutant::N9);
        let process = self.process(node);
        let state = process.machine.snapshot();
        match process.to_apply.back().filter(|_| hasty).map(Task::end) {
            Some(last) => Arc::new(Snapshot { last, ..Snapshot::clone(&state) }),
            None => state,
        }
    }

    /// Whether the host does not hear its clock tick (Q7), unless faults have ceased.
    pub(super) fn misses_tick(&self, node: NodeId) -> bool {
        let is_second = self.clock.ticks_of(node).is_multiple_of(2);
        let leads = || {
            let process = &self.hosts[node.number() as usize - 1].process;
            process.as_ref().is_some_and(|process| process.office.0 == RoleKind::Leader)
        };
        is_second && !self.calm && self.has_host_mutant(HostMutant::Q7) && leads()
    }

    /// What the core is told of what was read back (N13, W11, W15).
    pub(super) fn lead_restore_astray(&self, restored: &mut Restored) {
        if self.has_host_mutant(HostMutant::N13) && restored.entries.is_empty() {
            restored.base = LogId::default();
            restored.snapshot = None;
        }
        if self.has_host_mutant(HostMutant::W11) {
            restored.applied = restored.applied.min(restored.base.index);
        }
        if self.has_host_mutant(HostMutant::W15) {
            restored.applied = restored.applied.max(restored.hard_state.commit);
            restored.snapshot = None;
        }
    }

    /// What a host does to its disk before it builds its node (W5).
    pub(super) fn rewrite_hard_state(&mut self, slot: usize) {
        if !self.has_host_mutant(HostMutant::W5) {
            return;
        }
        let disk = &mut self.disks[slot];
        let mut hard_state = disk.image().hard_state();
        hard_state.vote = None;
        let Some(seq) = WriteSeq::new(1) else { return };
        let write = Write {
            seq,
            hard_state,
            snapshot: None,
            truncate_from: None,
            entries: Default::default(),
            commit_only: false,
        };
        disk.write(Numbered::new(WriteNo(disk.written().0 + 1), Record::Write(write)));
        let upto = disk.begin_sync();
        disk.complete_sync(upto);
    }
}

/// The part of a write that is not the log.
fn only_hard_state(write: &Write) -> Write {
    Write { snapshot: None, truncate_from: None, entries: Default::default(), ..write.clone() }
}
