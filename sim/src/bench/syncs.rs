//! When syncs begin, and what comes of their end.

use syncline_raft::NodeId;
use syncline_wal::{Begin, Intake};

use super::cluster::Cluster;
use super::driver::{Driver, Due, node_on};
use super::pacer::{Covered, Sync};

impl<C: Cluster> Driver<'_, C> {
    fn machine_of_pacer(&self, pacer: u32) -> u32 {
        pacer % self.row.machines
    }

    fn node_of(&self, pacer: u32) -> NodeId {
        node_on(self.machine_of_pacer(pacer))
    }

    /// Asks a pace, and does what it says.
    pub(super) fn pace(&mut self, pacer: u32) -> Result<(), C::Fault> {
        let now = self.now();
        let paced = &mut self.pacers[pacer as usize];
        if paced.never_syncs() {
            return self.forgo_sync(pacer);
        }
        match paced.advise(now).begin {
            Begin::Now => self.begin_sync(pacer)?,
            Begin::At(at) if paced.alarm.is_none_or(|alarm| alarm > at) => {
                paced.alarm = Some(at);
                self.timeline.push(at.since(now).0 as u32, Due::Ask(pacer));
            }
            Begin::At(_) | Begin::Later => {}
        }
        let paced = &mut self.pacers[pacer as usize];
        if !paced.waiting.is_empty() && paced.advise(now).intake == Intake::Open {
            let node = self.node_of(pacer);
            for group in std::mem::take(&mut self.pacers[pacer as usize].waiting) {
                self.work(group, node);
            }
        }
        Ok(())
    }

    /// Begins a sync in every group that has written something, and tells which.
    fn cover(&mut self, pacer: u32) -> Result<Vec<Covered>, C::Fault> {
        let node = self.node_of(pacer);
        let groups = std::mem::take(&mut self.pacers[pacer as usize].unsynced);
        let mut covers = Vec::with_capacity(groups.len());
        for group in groups {
            covers.push((group, self.cluster.cover(group, node)?));
        }
        Ok(covers)
    }

    fn begin_sync(&mut self, pacer: u32) -> Result<(), C::Fault> {
        let (machine, now) = (self.machine_of_pacer(pacer), self.now());
        let covers = self.cover(pacer)?;
        let asked = &mut self.asked[machine as usize];
        let no = asked.len() as u32;
        asked.push(pacer);
        let bytes = self.pacers[pacer as usize].begin(no, covers, now);
        if machine == 0 {
            self.meter.syncs += 1;
            self.meter.bytes += bytes;
        }
        self.cluster.flush(machine, no, bytes)
    }

    pub(super) fn end_sync(&mut self, machine: u32, no: u32) -> Result<(), C::Fault> {
        let pacer = self.asked[machine as usize][no as usize];
        let (node, now) = (self.node_of(pacer), self.now());
        let (covers, reported) = self.pacers[pacer as usize].end(no, now);
        for (group, upto) in covers {
            self.cluster.complete(group, node, upto)?;
        }
        for Sync { covers, .. } in &reported {
            for (group, upto) in covers {
                self.cluster.report(*group, node, *upto)?;
                self.note(*group, node);
                self.release(*group, node);
            }
        }
        self.pace(pacer)?;
        for Sync { covers, .. } in &reported {
            for (group, _) in covers {
                self.work(*group, node);
            }
        }
        Ok(())
    }

    /// What is written counts as durable: a disk that never loses power.
    fn forgo_sync(&mut self, pacer: u32) -> Result<(), C::Fault> {
        let node = self.node_of(pacer);
        for (group, upto) in self.cover(pacer)? {
            self.cluster.complete(group, node, upto)?;
            self.cluster.report(group, node, upto)?;
            self.note(group, node);
        }
        Ok(())
    }
}
