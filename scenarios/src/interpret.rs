//! Plays a script in a world, before all oracles.
//!
//! A script can do nothing that a strategy could not: it makes choices that the world offers. So
//! whatever a script reaches, a random run can reach as well.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use syncline_raft::NodeId;
use syncline_sim::{Calm, Disk, Host, Mutant, Plan, RaftCore, Run, Strategy, WORK};
use syncline_traces::{Answer, Choice, Event, Link, MessageKind, NodeSet, OpNo, Sort, Verdict};

use crate::lang::{
    Act, Command, Cursor, Fact, Fault, Hold, Kind, OpName, Part, Script, ScriptError, Voice,
};

/// What came of playing a script.
#[derive(Clone, Debug)]
pub struct Played {
    /// For each command that was played, what happened.
    pub blocks: Vec<Block>,
    /// The judgement. With a broken promise the script ends, and its last block is the guilty one.
    pub verdict: Verdict,
    /// Everything that was chosen, so that the run can be recorded and replayed.
    pub choices: Vec<Choice>,
    /// The plan that the run followed.
    pub plan: Plan,
}

/// What happened at one command.
#[derive(Clone, Debug)]
pub struct Block {
    /// The line of the command.
    pub line: u32,
    /// Whether its output is every event, or only their number.
    pub voice: Voice,
    /// The events, in order.
    pub events: Vec<Event>,
}

/// How many choices a `settle` may take before the cluster counts as restless.
const SETTLE_CHOICES_MAX: u32 = 10_000;

impl Script {
    /// Plays the script, with a known bug switched on if one is named.
    ///
    /// # Errors
    /// The first command that the world refuses, or the first expectation that is not met. A broken
    /// promise is no error here: it is the verdict.
    pub fn run(&self, mutant: Option<Mutant>) -> Result<Played, ScriptError> {
        let begun = Run::new(*self.plan(), mutant);
        let run = begun.map_err(|error| self.error(0, Fault::Begin(Box::new(error))))?;
        let mut player = Player { run, held: BTreeSet::new(), events: Vec::new() };
        let mut blocks = Vec::new();
        for statement in self.statements() {
            let (line, Kind::Command(command, voice)) = (statement.line, &statement.kind) else {
                continue;
            };
            player.play(command).map_err(|fault| self.error(line, fault))?;
            let events = std::mem::take(&mut player.events);
            blocks.push(Block { line, voice: *voice, events });
            if player.is_over() {
                break;
            }
        }
        let (verdict, choices) = (player.run.verdict(), player.run.choices().to_vec());
        Ok(Played { blocks, verdict, choices, plan: *self.plan() })
    }
}

/// A run under way, and what the script has said of it.
struct Player {
    run: Run<RaftCore>,
    held: BTreeSet<Hold>,
    /// What has happened since the command began.
    events: Vec<Event>,
}

impl Player {
    fn play(&mut self, command: &Command) -> Result<(), Fault> {
        match command {
            Command::Do(acts) => acts.iter().try_for_each(|act| self.act(act)),
            Command::Tick(nodes, times) => (0..*times)
                .flat_map(|_| nodes.iter())
                .try_for_each(|node| self.take(Choice::Tick(node))),
            Command::Sync(node) => self.sync(*node),
            Command::Recover(node) => self.recover(*node),
            Command::Settle(nodes) => self.settle(*nodes),
            Command::Calm => self.calm(),
            Command::Hold(holds) => {
                self.held.extend(holds);
                Ok(())
            }
            Command::Release(holds) => {
                self.held.retain(|hold| !holds.contains(hold));
                Ok(())
            }
            Command::Expect(..) | Command::Refuse(_) if self.run.world().mutant().is_some() => {
                Ok(())
            }
            Command::Expect(node, facts) => {
                facts.iter().try_for_each(|fact| self.expect(*node, *fact))
            }
            Command::Refuse(acts) => acts.iter().try_for_each(|act| self.refuse(act)),
        }
    }

    /// A promise is broken, and nothing happens any more.
    fn is_over(&self) -> bool {
        self.run.violation().is_some()
    }

    fn take(&mut self, choice: Choice) -> Result<(), Fault> {
        let taken = self.run.take(&choice);
        let events = taken.map_err(|_| Fault::NotEnabled(Act::Choice(choice)))?;
        self.events.extend_from_slice(events);
        Ok(())
    }

    fn act(&mut self, act: &Act) -> Result<(), Fault> {
        if self.is_over() {
            return Ok(());
        }
        let choice = self.meant_by(act).ok_or(Fault::NotEnabled(*act))?;
        self.take(choice)
    }

    /// The choice that is meant; `None` if nothing of the kind is on offer.
    fn meant_by(&self, act: &Act) -> Option<Choice> {
        match *act {
            Act::Choice(choice) => Some(choice),
            Act::First(sort, node) => self.first(sort, node),
            Act::Op(choice, op) => self.about_op(choice, op),
            Act::Oldest(sort, link, named) => {
                let mut listed = Vec::new();
                self.run.world().list(sort, &mut listed);
                listed.into_iter().find(|choice| match choice {
                    Choice::Deliver(of, key)
                    | Choice::Drop(of, key)
                    | Choice::Duplicate(of, key) => *of == link && named.fits(*key),
                    _ => false,
                })
            }
        }
    }

    fn about_op(&self, choice: Choice, op: OpName) -> Option<Choice> {
        let slot = choice.node()?.number() as usize - 1;
        let mut ops = self.run.world().disks().get(slot)?.ops();
        let (op, _) = match op {
            OpName::Oldest(kind) => ops.find(|(_, other)| *other == kind)?,
            OpName::Newest => ops.last()?,
        };
        Some(match choice {
            Choice::FailOp(node, _, fault) => Choice::FailOp(node, op, fault),
            Choice::LieOp(node, _) => Choice::LieOp(node, op),
            Choice::CompleteOp(node, _) => Choice::CompleteOp(node, op),
            other => other,
        })
    }

    fn first(&self, sort: Sort, node: NodeId) -> Option<Choice> {
        let mut listed = Vec::new();
        self.run.world().list_for(node, sort, &mut listed);
        listed.first().copied()
    }

    /// Begins a sync if there is anything to sync, then completes and reports all under way.
    fn sync(&mut self, node: NodeId) -> Result<(), Fault> {
        let before = self.events.len();
        if let Some(choice) = self.first(Sort::BeginSync, node) {
            self.take(choice)?;
        }
        for sort in [Sort::CompleteSync, Sort::ReportSync] {
            while let Some(choice) = self.first(sort, node).filter(|_| !self.is_over()) {
                self.take(choice)?;
            }
        }
        let idle = self.events.len() == before && !self.is_over();
        if idle { Err(Fault::NotEnabled(Act::First(Sort::BeginSync, node))) } else { Ok(()) }
    }

    /// Does what a host does before it builds its node again.
    fn recover(&mut self, node: NodeId) -> Result<(), Fault> {
        let restart = Choice::Restart(node);
        let refused = Fault::NotEnabled(Act::Choice(restart));
        if self.is_up(node) {
            return Err(refused);
        }
        while !self.run.world().offers(&restart) && !self.is_over() {
            let work = [Sort::CompleteSync, Sort::Open, Sort::BeginSync];
            let Some(next) = work.into_iter().find_map(|sort| self.first(sort, node)) else {
                return Err(refused);
            };
            self.take(next)?;
        }
        self.take(restart)
    }

    fn host(&self, node: NodeId) -> Option<&Host<RaftCore>> {
        self.run.world().hosts().iter().find(|host| host.id() == node)
    }

    fn is_up(&self, node: NodeId) -> bool {
        self.host(node).is_some_and(Host::is_up)
    }

    fn settle(&mut self, nodes: NodeSet) -> Result<(), Fault> {
        let mut taken = 0;
        loop {
            let before = taken;
            for sort in WORK {
                taken += self.settle_sort(sort, nodes)?;
                if SETTLE_CHOICES_MAX < taken {
                    return Err(Fault::Restless { choices: taken });
                }
            }
            if taken == before {
                return Ok(());
            }
        }
    }

    /// Hands the run to the calm, whose choices become choices of the script. What was held is not held
    /// any more: it is due.
    fn calm(&mut self) -> Result<(), Fault> {
        let plan = *self.run.world().plan();
        let mut calm = Calm::new(&plan).ok_or_else(Fault::no_calm)?;
        while !self.is_over() {
            let Some(choice) = calm.next(self.run.world()) else {
                break;
            };
            self.take(choice)?;
            calm.seen(self.run.events(), self.run.world());
        }
        // With a mutant on, an oracle that has not had enough by then is what is to be told.
        let is_cut_short = !self.is_over() && !calm.is_over();
        if is_cut_short && self.run.world().mutant().is_none() {
            return Err(Fault::CutShort { ticks: plan.calm_ticks });
        }
        Ok(())
    }

    /// Takes everything of one sort, and what comes after it of the same sort. Tells how much.
    fn settle_sort(&mut self, sort: Sort, nodes: NodeSet) -> Result<u32, Fault> {
        let mut taken = 0;
        let mut listed = Vec::new();
        while taken <= SETTLE_CHOICES_MAX {
            listed.clear();
            self.run.world().list(sort, &mut listed);
            listed.retain(|choice| self.may_settle(choice, nodes));
            for choice in &listed {
                if self.is_over() {
                    return Ok(taken);
                }
                self.take(*choice)?;
                taken += 1;
            }
            if listed.is_empty() {
                break;
            }
        }
        Ok(taken)
    }

    /// To which part of a node's work an operation of its disk belongs.
    fn part_of(&self, node: NodeId, op: OpNo) -> Part {
        let disk = &self.run.world().disks()[node.number() as usize - 1];
        let found = disk.ops().find(|(other, _)| *other == op);
        if found.is_some_and(|(_, kind)| kind.is_sync()) { Part::Sync } else { Part::Write }
    }

    fn may_settle(&self, choice: &Choice, nodes: NodeSet) -> bool {
        let is_free = |hold| !self.held.contains(&hold);
        let may = |node, part| {
            self.is_up(node) && nodes.contains(node) && is_free(Hold::Part(node, part))
        };
        match *choice {
            Choice::Ready(node) => may(node, Part::Ready),
            Choice::Write(node, _) => may(node, Part::Write),
            Choice::BeginSync(node, _) => self.wants_sync(node) && may(node, Part::Sync),
            Choice::CompleteSync(node, _) | Choice::ReportSync(node, _) => may(node, Part::Sync),
            Choice::CompleteOp(node, op) => may(node, self.part_of(node, op)),
            Choice::Apply(node, _) => may(node, Part::Apply),
            Choice::Fetch(link, Answer::Done) => may(link.from, Part::Fetch),
            Choice::SendSnapshot(link, Answer::Done) => may(link.from, Part::Snapshot),
            Choice::ReportSnapshot(link, Answer::Done) => {
                may(link.from, Part::Snapshot) && !self.has_snapshot_under_way(link)
            }
            Choice::Deliver(link, _) => {
                let inside = nodes.contains(link.from) && nodes.contains(link.to);
                inside && is_free(Hold::Link(link))
            }
            _ => false,
        }
    }

    /// The node wants a sync, or its host does, for the sake of what it has written itself.
    fn wants_sync(&self, node: NodeId) -> bool {
        let wanted = self.host(node).and_then(Host::sync_wanted);
        let disk = self.run.world().disks().get(node.number() as usize - 1);
        wanted.is_some() || disk.is_some_and(Disk::has_uncovered_state)
    }

    /// The snapshot may not have left its node, or is in flight.
    fn has_snapshot_under_way(&self, link: Link) -> bool {
        let mut listed = Vec::new();
        self.run.world().list(Sort::Drop, &mut listed);
        let has_left = self.host(link.from).is_some_and(|host| !host.has_on_offer(Sort::Ready));
        let in_flight = listed.iter().any(|choice| match choice {
            Choice::Drop(of, key) => *of == link && key.kind == MessageKind::Snapshot,
            _ => false,
        });
        in_flight || !has_left
    }

    fn expect(&self, node: NodeId, expected: Fact) -> Result<(), Fault> {
        let found = self.host(node).and_then(|host| {
            let status = host.status()?;
            Some(match expected {
                Fact::Office(..) => Fact::Office(status.role, status.term),
                Fact::Wants(_) => Fact::Wants(host.sync_wanted()),
                Fact::Leader(_) => Fact::Leader(status.leader),
                Fact::Members(half, _) => Fact::Members(half, half.of(host.members()?)),
                Fact::Base(_) => {
                    let log = self.run.world().logs().get(node.number() as usize - 1)?;
                    Fact::Base(log.base().index)
                }
                Fact::Cursor(cursor, _) => {
                    let index = match cursor {
                        Cursor::Appended => status.appended,
                        Cursor::Issued => status.issued,
                        Cursor::Advanced => status.advanced,
                        Cursor::Synced => status.synced,
                        Cursor::Committed => status.committed,
                        Cursor::Applied => status.applied,
                    };
                    Fact::Cursor(cursor, index)
                }
            })
        });
        if found == Some(expected) { Ok(()) } else { Err(Fault::Unmet { node, expected, found }) }
    }

    fn refuse(&self, act: &Act) -> Result<(), Fault> {
        match self.meant_by(act).filter(|choice| self.run.world().offers(choice)) {
            Some(choice) => Err(Fault::Offered(choice)),
            None => Ok(()),
        }
    }
}
