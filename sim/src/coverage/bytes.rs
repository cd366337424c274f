//! The goals of disks of bytes.

use syncline_traces::{Damage, Event, IoFault, OpKind};

use super::{Coverage, Goal, Memory};
use crate::disk::Disk;

impl Memory {
    pub(super) fn see_bytes(&mut self, event: &Event, coverage: &mut Coverage, disk: &Disk) {
        match *event {
            Event::OpCompleted { kind, is_true, .. } => {
                coverage.reach_if(Goal::OpsAtOnce, disk.has_ops());
                coverage.reach_if(Goal::FileRemoved, kind == OpKind::Remove);
                coverage.reach_if(Goal::Lied, !is_true);
            }
            Event::OpFailed { fault, .. } => coverage.reach(of_fault(fault)),
            Event::Opened { kept, lost, .. } => {
                self.recovers = true;
                coverage.reach(Goal::LogRead);
                coverage.reach_times(Goal::KeptUnsynced, u64::from(kept));
                coverage.reach_times(Goal::LostUnsynced, u64::from(lost));
            }
            Event::OpenRefused { .. } => coverage.reach(Goal::DamageFound),
            Event::Damaged { damage, .. } => {
                coverage.reach(of_damage(damage));
                coverage.reach_if(Goal::DamagedOpen, disk.is_open());
            }
            Event::Unread { .. } => coverage.reach(Goal::Unread),
            _ => {}
        }
    }
}

fn of_fault(fault: IoFault) -> Goal {
    match fault {
        IoFault::Lost => Goal::SyncLost,
        IoFault::Reverted => Goal::SyncReverted,
        IoFault::Late => Goal::FailedLate,
        IoFault::Short => Goal::WriteShort,
        IoFault::Device => Goal::IoFailed,
        IoFault::NoSpace => Goal::NoSpace,
    }
}

fn of_damage(damage: Damage) -> Goal {
    match damage {
        Damage::Rot => Goal::Rot,
        Damage::Lost => Goal::WriteLost,
        Damage::Misdirected => Goal::Misdirected,
        Damage::Header => Goal::HeaderFlipped,
        Damage::Snapshot => Goal::SnapshotFlipped,
        Damage::FileLost => Goal::FileLost,
        Damage::NewestLost => Goal::NewestLost,
        Damage::DiskLost => Goal::DiskLost,
        Damage::Unreadable => Goal::Unreadable,
        Damage::Stale => Goal::Stale,
    }
}
