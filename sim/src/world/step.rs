//! Making one choice happen.

use syncline_raft::NodeId;
use syncline_traces::{
    Choice, Command, CrashKind, Event, Keep, Link, Loss, MessageKey, MessageKind, WriteNo,
};

use super::{NotEnabled, World};
use crate::subject::{Subject, Taken};

impl<S: Subject> World<S> {
    /// Makes one choice happen, and adds what came of it to `events`.
    ///
    /// # Errors
    /// If the world does not offer that choice now. Nothing has changed then.
    pub fn step(&mut self, choice: &Choice, events: &mut Vec<Event>) -> Result<(), NotEnabled> {
        let refused = NotEnabled { choice: *choice };
        if !self.offers(choice) {
            return Err(refused);
        }
        match *choice {
            Choice::Tick(node) => self.tick(node, events),
            Choice::Campaign(node) => self.campaign(node, events),
            Choice::Deliver(link, key) => self.deliver(link, key, events).ok_or(refused)?,
            Choice::Duplicate(link, key) => self.duplicate(link, key, events).ok_or(refused)?,
            Choice::Drop(link, key) => {
                self.net.lose(link, key).ok_or(refused)?;
                events.push(Event::Lost { link, key, loss: Loss::Network });
            }
            Choice::Ready(node) => self.ready(node, events),
            Choice::Write(node, no) => self.write(node, no, events),
            Choice::BeginSync(node, upto) => self.begin_sync(node, upto, events),
            Choice::CompleteSync(node, upto) => self.complete_sync(node, upto, events),
            Choice::ReportSync(node, upto) => self.report_sync(node, upto, events),
            Choice::Apply(node, _) => self.apply(node, events),
            Choice::Propose(node, command) => self.propose(node, command, events),
            Choice::CrashProcess(node) => self.crash(node, None, events),
            Choice::CrashMachine(node, keep) => self.crash(node, Some(keep), events),
            Choice::Restart(node) => self.restart(node, events),
            Choice::Cut(from, to, direction) => {
                self.spent.cuts += 1;
                self.cut_at = self.clock.ticks();
                self.net.cut(from, to, direction);
                events.push(Event::Cut { from, to, direction });
            }
            Choice::Heal => {
                self.net.heal();
                events.push(Event::Healed);
            }
            Choice::Calm => {
                self.calm = true;
                events.push(Event::Calmed);
            }
            Choice::CompleteOp(..)
            | Choice::LieOp(..)
            | Choice::FailOp(..)
            | Choice::Open(_)
            | Choice::Damage(..) => self.use_bytes(choice, events),
            _ => self.use_feature(choice, events),
        }
        Ok(())
    }

    fn tick(&mut self, node: NodeId, events: &mut Vec<Event>) {
        self.clock.tick(node);
        events.push(Event::Ticked { node });
        let slot = node.number() as usize - 1;
        let uncovered = self.disks[slot].uncovered() > 0;
        if self.misses_tick(node) {
            return;
        }
        let Some(process) = &mut self.hosts[slot].process else {
            return;
        };
        if uncovered {
            process.uncovered_ticks += 1;
        }
        process.node.tick();
        self.look_at(node, events);
    }

    fn campaign(&mut self, node: NodeId, events: &mut Vec<Event>) {
        self.spent.campaigns += 1;
        events.push(Event::Campaigned { node });
        self.process(node).node.campaign();
        self.look_at(node, events);
    }

    fn deliver(&mut self, link: Link, key: MessageKey, events: &mut Vec<Event>) -> Option<()> {
        let message = self.net.deliver(link, key)?;
        events.push(Event::Delivered { link, key });
        self.hand_over(link, key, message, events);
        Some(())
    }

    fn duplicate(&mut self, link: Link, key: MessageKey, events: &mut Vec<Event>) -> Option<()> {
        let message = self.net.copy(link, key)?;
        events.push(Event::Duplicated { link, key });
        self.hand_over(link, key, message, events);
        Some(())
    }

    fn hand_over(
        &mut self,
        link: Link,
        key: MessageKey,
        message: S::Message,
        events: &mut Vec<Event>,
    ) {
        let process = self.process(link.to);
        let leased = key.kind == MessageKind::Read && process.node.has_lease();
        if !process.node.step(message) {
            events.push(Event::Lost { link, key, loss: Loss::Refused });
        } else if leased {
            let (node, term) = (link.to, self.process(link.to).node.status().term);
            events.push(Event::Leased { node, term });
        }
        if matches!(key.kind, MessageKind::Ack | MessageKind::Reject) {
            self.notice_match(link, events);
        }
        self.look_at(link.to, events);
    }

    fn propose(&mut self, node: NodeId, command: Command, events: &mut Vec<Event>) {
        self.spent.proposals += 1;
        self.next_command = Command(command.0 + 1);
        let bytes = crate::host::machine::write(command.0, self.plan.command_bytes);
        events.push(match self.process(node).node.propose(&bytes) {
            Some(Taken::Appended(index)) => Event::Proposed { node, command, index },
            Some(Taken::Forwarded) => Event::Forwarded { node, command },
            None => Event::ProposalRefused { node, command },
        });
        self.look_at(node, events);
    }

    fn begin_sync(&mut self, node: NodeId, upto: WriteNo, events: &mut Vec<Event>) {
        let slot = node.number() as usize - 1;
        let begun = self.disks[slot].begin_sync();
        assert!(begun == upto, "a sync covers everything written so far");
        if let Some(process) = &mut self.hosts[slot].process {
            process.uncovered_ticks = 0;
        }
        events.push(Event::SyncBegan { node, upto });
        self.touch(node);
    }

    fn complete_sync(&mut self, node: NodeId, upto: WriteNo, events: &mut Vec<Event>) {
        let slot = node.number() as usize - 1;
        self.disks[slot].complete_sync(upto);
        if let Some(process) = &mut self.hosts[slot].process {
            process.to_report.push(upto);
        }
        events.push(Event::SyncCompleted { node, upto });
        self.touch(node);
    }

    fn crash(&mut self, node: NodeId, keep: Option<Keep>, events: &mut Vec<Event>) {
        let slot = node.number() as usize - 1;
        self.spent.crashes += 1;
        self.down = self.down.with(node);
        self.hosts[slot].process = None;
        let (crash, lost) = match keep {
            None => {
                self.disks[slot].crash_process();
                (CrashKind::Process, 0)
            }
            Some(keep) => (CrashKind::Machine, self.disks[slot].crash_machine(keep)),
        };
        events.push(Event::Crashed { node, crash, lost });
        self.touch(node);
    }

    fn restart(&mut self, node: NodeId, events: &mut Vec<Event>) {
        let slot = node.number() as usize - 1;
        let incarnation = self.hosts[slot].incarnation + 1;
        self.rewrite_hard_state(slot);
        let image = self.disks[slot].image();
        let (hard_state, last) = (image.hard_state(), image.last());
        events.push(Event::Restarted { node, incarnation, hard_state, last });
        if self.start(node).is_err() {
            self.hosts[slot].incarnation = incarnation;
            events.push(Event::StartRefused { node });
        } else {
            let process = self.process(node);
            let (index, members) = (process.machine.applied(), process.members);
            events.push(Event::Reconfigured { node, index, members });
        }
        self.touch(node);
    }
}
