//! What is begun, and what becomes of it.

use super::append::unsealed;
use super::{Covered, Flight, Owner, Purge, Segment, Step, Wal};
use crate::disk::{Completion, FileName, IoError, Op, OpId, Request, SnapshotNo};
use crate::error::Failed;
use crate::format::Logged;
use crate::mutant::Mutant;
use crate::script::Script;

impl Wal {
    /// The next operation to begin, if there is one now. Call it until there is none, and again
    /// after each completion and whenever something was appended.
    pub fn next_op(&mut self) -> Option<Request> {
        if self.failed.is_some() {
            return None;
        }
        let (owner, op) = self.next_of_log().or_else(|| self.next_beside())?;
        let id = self.next_op;
        self.next_op = OpId(id.0 + 1);
        self.owners.insert(id, owner);
        *self.begun.entry(owner).or_default() += 1;
        Some(Request { id, op })
    }

    /// Reports that an operation has completed. One that is not under way is ignored.
    pub fn completed(&mut self, completion: Completion) {
        let Some(owner) = self.owners.remove(&completion.id) else {
            return;
        };
        if let Some(count) = self.begun.get_mut(&owner) {
            *count -= 1;
            if *count == 0 {
                self.begun.remove(&owner);
            }
        }
        if self.failed.is_some() {
            return;
        }
        let swallows = self.config.has(Mutant::D15) && matches!(owner, Owner::Sync(_));
        if owner == Owner::Spare && completion.result == Err(IoError::NoSpace) {
            return self.spares.give_up();
        }
        if let Err(error) = completion.result
            && !swallows
        {
            self.failed = Some(Failed { error });
            return;
        }
        match owner {
            Owner::Write => {}
            Owner::Purge if self.purging.is_over() => self.spares.has_retired(),
            Owner::Purge => {}
            Owner::Spare => self.spares.has_gone_on(),
            Owner::Script => self.script_has_gone_on(),
            Owner::Saving => self.saving_has_gone_on(),
            // Known bugs only: it did not wait for its turn.
            Owner::Sync(number) if number < self.released => {}
            Owner::Sync(number) => {
                let position = usize::try_from(number - self.released).expect("a sync under way");
                self.flights[position].waits_for -= 1;
            }
        }
        self.release();
    }

    fn has_begun(&self, owner: Owner) -> bool {
        self.begun.contains_key(&owner)
    }

    /// The next operation in the order of the log.
    fn next_of_log(&mut self) -> Option<(Owner, Op)> {
        if let Some((segment, number)) = self.to_sync.pop_front() {
            return Some((Owner::Sync(number), Op::Sync { file: FileName::Segment(segment) }));
        }
        if let Step::Script(script) = self.steps.front()?
            && !self.may_go_on(script)
        {
            return None;
        }
        match self.steps.front_mut()? {
            Step::Script(script) => script.next().map(|op| (Owner::Script, op)),
            Step::Sync(covered) => {
                let covered = *covered;
                self.steps.pop_front();
                self.begin_sync(covered);
                self.next_of_log()
            }
            Step::Write(write) => {
                let (segment, op) = (write.segment, write.take());
                self.steps.pop_front();
                if !self.dirty.contains(&segment) {
                    self.dirty.push(segment);
                }
                Some((Owner::Write, op))
            }
        }
    }

    /// A new segment is evidence of all of the log before it: nothing of that may be in doubt any more.
    fn may_go_on(&self, script: &Script) -> bool {
        let is_hasty = self.config.has(Mutant::D45) && script.syncs_folder_next();
        let waits = self.has_begun(Owner::Script) && !is_hasty;
        let is_certain = self.flights.is_empty() || self.config.has(Mutant::D46);
        !waits && !self.has_begun(Owner::Write) && is_certain
    }

    /// A sync of each file that has something to be synced. There may be none: then it waits for
    /// the syncs before it.
    fn begin_sync(&mut self, covered: Covered) {
        let number = self.released + self.flights.len() as u64;
        self.flights.push_back(Flight {
            covered,
            waits_for: self.dirty.len(),
            first_op: self.next_op,
        });
        self.to_sync.extend(self.dirty.drain(..).map(|segment| (segment, number)));
        self.release();
    }

    /// The next operation for which nothing in the log waits.
    fn next_beside(&mut self) -> Option<(Owner, Op)> {
        if !self.is_live {
            // A snapshot without a segment would be neither a log nor room for one.
            return None;
        }
        let is_saving = self.has_begun(Owner::Saving);
        if let Some((script, _)) = self.saving.front_mut()
            && !is_saving
        {
            return script.next().map(|op| (Owner::Saving, op));
        }
        if !self.purging.is_over() && !self.has_begun(Owner::Purge) {
            return self.purging.next().map(|op| (Owner::Purge, op));
        }
        if self.has_begun(Owner::Spare) {
            return None;
        }
        let active = self.segments[self.segments.len() - 1];
        if self.spares.is_idle() && active.offset(self.end) * 2 >= self.config.segment_bytes {
            self.spares.prepare();
        }
        self.spares.next_op().map(|op| (Owner::Spare, op))
    }

    fn script_has_gone_on(&mut self) {
        let is_over = matches!(self.steps.front(), Some(Step::Script(script)) if script.is_over());
        if is_over && !self.has_begun(Owner::Script) {
            self.steps.pop_front();
            self.is_live = true;
        }
    }

    fn saving_has_gone_on(&mut self) {
        if let Some((script, marker)) = self.saving.front()
            && script.is_over()
        {
            let record = Logged::Checkpoint(*marker);
            self.saving.pop_front();
            self.push(&record, unsealed(&record, self.config.padding));
        }
    }

    /// Syncs are released in the order in which they began, each with the writes before it.
    fn release(&mut self) {
        let is_write = |(_, owner): &(&OpId, &Owner)| **owner == Owner::Write;
        let first_write = self.owners.iter().find(is_write).map(|(id, _)| *id);
        let first_write = first_write.filter(|_| !self.config.has(Mutant::D43));
        let overtaking = self.flights.iter().rposition(|flight| flight.waits_for == 0);
        let overtaking = overtaking.filter(|_| self.config.has(Mutant::D42));
        let out_of_turn = overtaking.map_or(0, |position| self.released + position as u64);
        while let Some(flight) = self.flights.front() {
            let waits_for_write = first_write.is_some_and(|id| id < flight.first_op);
            if (flight.waits_for > 0 && self.released >= out_of_turn) || waits_for_write {
                return;
            }
            self.synced = flight.covered;
            if self.config.has(Mutant::D6) {
                self.synced = Covered { upto: self.end, write: self.last_write };
            }
            self.released += 1;
            self.flights.pop_front();
            self.purge();
        }
    }

    /// Removes what the compactions that are synced have made needless (R16).
    pub(super) fn purge(&mut self) {
        let is_early = self.config.has(Mutant::D27);
        let is_due = |purge: &&Purge| is_early || purge.at <= self.synced.upto;
        while let Some(purge) = self.purges.front().filter(is_due) {
            // A segment that begins where the record ends may not have its name yet.
            let begins = |segment: &Segment| {
                segment.can_begin && segment.last <= purge.upto && segment.first < purge.at
            };
            let first = self.segments.iter().rposition(begins).unwrap_or(0);
            let gone = |no: &SnapshotNo| Op::Remove { file: FileName::Snapshot(*no) };
            let snapshots = purge.snapshots.iter().map(gone);
            let segments = self.segments.drain(..first).map(|segment| segment.no);
            let ops = segments.map(|no| self.spares.retire(no)).chain(snapshots);
            self.purging.extend(Script::retire(ops));
            self.purges.pop_front();
        }
    }
}
