//! Timed simulation: what comes first, happens first.
//!
//! Every message, sync and step of a host gets a duration from the plan, and the earliest event is
//! chosen next; the clock jumps there. The world knows nothing of it: devices have no time, only
//! this strategy does.

use syncline_raft::NodeId;
use syncline_traces::{Choice, Event, NodeSet, OpNo, Seed, Sort};

use super::{Strategy, Timeline};
use crate::clock::VirtualTime;
use crate::latency::Law;
use crate::plan::{BadTimes, Plan, Span, SyncTime, Timing};
use crate::seed::Stream;
use crate::subject::Subject;
use crate::world::World;

/// What falls due.
#[derive(Clone, Copy, Debug)]
enum Due {
    /// Exactly this.
    Choice(Choice),
    /// Whatever a host has to do, most urgent first.
    Host(NodeId),
    /// The end of an operation of a disk of bytes, begun in that life of its log.
    Op(NodeId, u32, OpNo),
    /// Damage to a disk of bytes.
    Damage(NodeId),
    /// A proposal at any leader.
    Propose,
    /// One of the things that clients and operators ask for beyond that.
    Wish,
    /// A crash of anybody.
    Crash,
    /// A partition, or the end of one.
    Links,
}

/// The order of a host's own work: finish what is under way before taking more.
const HOST_WORK: [Sort; 9] = [
    Sort::ReportSync,
    Sort::ReportSnapshot,
    Sort::Apply,
    Sort::Write,
    Sort::BeginSync,
    Sort::Fetch,
    Sort::SendSnapshot,
    Sort::Compact,
    Sort::Ready,
];

/// What clients, operators and hosts may ask for, if the plan allows any of it.
const WISHES: [Sort; 7] = [
    Sort::Read,
    Sort::Change,
    Sort::Checkpoint,
    Sort::Transfer,
    Sort::Forget,
    Sort::Unreachable,
    Sort::RequestSnapshot,
];

/// The strategy: what falls due, and how long things take.
#[derive(Clone, Debug)]
pub struct Timed {
    stream: Stream,
    timing: Timing,
    drop_per_mille: u32,
    duplicate_per_mille: u32,
    fail_op_per_mille: u32,
    damage_per_mille: u32,
    timeline: Timeline<Due>,
    awake: NodeSet,
    /// The operations of the disk of each node.
    ops: Vec<Ops>,
    /// Until when the disk of each node is worse than usual.
    bad_until: Vec<VirtualTime>,
    listed: Vec<Choice>,
}

/// Which operations of a disk of bytes are in the timeline.
#[derive(Clone, Copy, Default, Debug)]
struct Ops {
    /// How often the log was opened or lost its process: then its operations are numbered anew.
    life: u32,
    /// Those below this are.
    next: u64,
}

impl Timed {
    /// The strategy of a timed plan; `None` for a plan without durations.
    #[must_use]
    pub fn new(seed: Seed, plan: &Plan) -> Option<Timed> {
        let mut timed = Timed {
            stream: Stream::of(seed, "timing"),
            timing: plan.timing?,
            drop_per_mille: plan.weights.of(Sort::Drop),
            duplicate_per_mille: plan.weights.of(Sort::Duplicate),
            fail_op_per_mille: plan.weights.of(Sort::FailOp),
            damage_per_mille: plan.weights.of(Sort::Damage),
            timeline: Timeline::default(),
            awake: NodeSet::default(),
            ops: vec![Ops::default(); plan.nodes as usize],
            bad_until: vec![VirtualTime::default(); plan.nodes as usize],
            listed: Vec::new(),
        };
        for node in NodeSet::first(u64::from(plan.nodes)).iter() {
            let phase = timed.stream.below(VirtualTime::TICK.0 as u32);
            timed.timeline.push(phase, Due::Choice(Choice::Tick(node)));
        }
        let Timing { propose, crash, .. } = timed.timing;
        timed.push_after(propose, Due::Propose);
        timed.push_after(crash, Due::Crash);
        timed.push_after(crash, Due::Links);
        if plan.has_wishes() {
            timed.push_after(propose, Due::Wish);
        }
        Some(timed)
    }

    fn push_after(&mut self, span: Span, due: Due) {
        let after = self.stream.between(span.min, span.max);
        self.timeline.push(after, due);
    }

    /// After as long as a sync of that node's disk takes that begins now.
    fn push_after_sync(&mut self, node: NodeId, due: Due) {
        let usual = match self.timing.sync {
            SyncTime::Uniform(span) => self.stream.between(span.min, span.max),
            SyncTime::Exponential(mean) => Law::Exponential(mean).draw(&mut self.stream),
            SyncTime::LogNormal(median) => Law::LogNormal(median).draw(&mut self.stream),
            SyncTime::Bimodal { usual, slow, slow_per_mille } => {
                let span = if self.stream.chance(slow_per_mille) { slow } else { usual };
                self.stream.between(span.min, span.max)
            }
        };
        let (now, slot) = (self.timeline.now(), node.number() as usize - 1);
        let mut takes = usual.max(1);
        if let Some(BadTimes { per_mille, lasts, times }) = self.timing.bad_times {
            if self.bad_until[slot] <= now && self.stream.chance(per_mille) {
                let lasts = self.stream.between(lasts.min, lasts.max);
                self.bad_until[slot] = VirtualTime(now.0 + u64::from(lasts));
            }
            let left = self.bad_until[slot].0.saturating_sub(now.0) as u32;
            takes = match times {
                _ if left == 0 => takes,
                0 => takes.saturating_add(left),
                times => takes.saturating_mul(times),
            };
        }
        self.timeline.push(takes, due);
    }

    fn any<S: Subject>(&mut self, sort: Sort, world: &World<S>) -> Option<Choice> {
        self.listed.clear();
        if world.offer().has(sort) {
            world.list(sort, &mut self.listed);
        }
        self.one_of_listed()
    }

    fn any_of<S: Subject>(&mut self, node: NodeId, sort: Sort, world: &World<S>) -> Option<Choice> {
        self.listed.clear();
        world.list_for(node, sort, &mut self.listed);
        self.one_of_listed()
    }

    fn one_of_listed(&mut self) -> Option<Choice> {
        (!self.listed.is_empty()).then(|| self.stream.pick(&self.listed))
    }

    /// How an operation ends: one in some thousands fails, and a disk that lies may do so.
    fn op<S: Subject>(
        &mut self,
        node: NodeId,
        life: u32,
        op: OpNo,
        world: &World<S>,
    ) -> Option<Choice> {
        if self.ops[node.number() as usize - 1].life != life {
            return None;
        }
        let fails = self.stream.chance(self.fail_op_per_mille);
        let sort = if fails { Sort::FailOp } else { Sort::CompleteSync };
        self.listed.clear();
        world.list_for(node, sort, &mut self.listed);
        self.listed.retain(|choice| match choice {
            Choice::CompleteOp(_, other) | Choice::LieOp(_, other) => *other == op,
            Choice::FailOp(_, other, _) => *other == op,
            _ => false,
        });
        let complete = Choice::CompleteOp(node, op);
        self.one_of_listed().or_else(|| world.offers(&complete).then_some(complete))
    }

    /// Lets the operations end that have begun since.
    fn time_ops<S: Subject>(&mut self, node: NodeId, world: &World<S>) {
        let slot = node.number() as usize - 1;
        let Ops { life, next } = self.ops[slot];
        for (op, kind) in world.disks()[slot].ops().filter(|(op, _)| op.0 >= next) {
            let due = Due::Op(node, life, op);
            match kind.is_sync() {
                true => self.push_after_sync(node, due),
                false => self.push_after(self.timing.host, due),
            }
            self.ops[slot].next = op.0 + 1;
        }
    }

    /// A log has begun a new life.
    fn renumber(&mut self, node: NodeId) {
        let ops = &mut self.ops[node.number() as usize - 1];
        *ops = Ops { life: ops.life + 1, next: 0 };
    }

    /// A node is down, and comes back after a while. Its disk may be damaged meanwhile.
    fn mourn<S: Subject>(&mut self, node: NodeId, world: &World<S>) {
        if world.plan().has_bytes() {
            self.renumber(node);
            if self.stream.chance(self.damage_per_mille) {
                self.push_after(Span { min: 1, ..self.timing.down }, Due::Damage(node));
            }
            self.push_after(self.timing.down, Due::Choice(Choice::Open(node)));
        }
        self.push_after(self.timing.down, Due::Choice(Choice::Restart(node)));
    }

    fn resolve<S: Subject>(&mut self, due: Due, world: &World<S>) -> Option<Choice> {
        match due {
            Due::Choice(choice) => self.resolve_choice(choice, world),
            Due::Host(node) => {
                self.awake = self.awake.without(NodeSet::default().with(node));
                self.host_work(node, world)
            }
            Due::Op(node, life, op) => self.op(node, life, op, world),
            Due::Damage(node) => self.any_of(node, Sort::Damage, world),
            Due::Propose => {
                self.push_after(self.timing.propose, Due::Propose);
                self.any(Sort::Propose, world)
            }
            Due::Wish => {
                self.push_after(self.timing.propose, Due::Wish);
                self.wish(world)
            }
            Due::Crash => {
                self.push_after(self.timing.crash, Due::Crash);
                // As often as a disk is damaged while its host is down.
                let may_damage = world.plan().damages_open && world.offer().has(Sort::Damage);
                if may_damage && self.stream.chance(self.damage_per_mille) {
                    return self.any(Sort::Damage, world);
                }
                let sort = self.stream.pick(&[Sort::CrashMachine, Sort::CrashProcess]);
                self.any(sort, world)
            }
            Due::Links => {
                self.push_after(self.timing.crash, Due::Links);
                self.any(Sort::Heal, world).or_else(|| self.any(Sort::Cut, world))
            }
        }
    }

    fn resolve_choice<S: Subject>(&mut self, choice: Choice, world: &World<S>) -> Option<Choice> {
        if let Choice::Tick(_) = choice {
            self.timeline.push(VirtualTime::TICK.0 as u32, Due::Choice(choice));
        }
        if world.offers(&choice) {
            return Some(choice);
        }
        // A message on a cut link or to a node that is down, or a node that cannot restart yet:
        // try again a tick later, unless the object is gone.
        let again = match choice {
            Choice::Deliver(link, key) | Choice::Duplicate(link, key) => {
                world.net().contains(link, key)
            }
            Choice::Restart(node) => !world.hosts()[node.number() as usize - 1].is_up(),
            _ => false,
        };
        if again {
            self.timeline.push(VirtualTime::TICK.0 as u32, Due::Choice(choice));
        }
        None
    }

    fn host_work<S: Subject>(&mut self, node: NodeId, world: &World<S>) -> Option<Choice> {
        for sort in HOST_WORK {
            self.listed.clear();
            world.list_for(node, sort, &mut self.listed);
            let Some(first) = self.listed.first().copied() else {
                continue;
            };
            // What others wait for is answered last of all with a failure, and fails like a message.
            let may_fail = matches!(sort, Sort::ReportSnapshot | Sort::SendSnapshot | Sort::Fetch);
            let fails = may_fail && self.stream.chance(self.drop_per_mille);
            return if fails { self.listed.last().copied() } else { Some(first) };
        }
        None
    }

    /// A wish that is on offer, by the weights of the plan.
    fn wish<S: Subject>(&mut self, world: &World<S>) -> Option<Choice> {
        let offer = world.offer();
        let weights = &world.plan().weights;
        let weight = |sort: Sort| if offer.has(sort) { weights.of(sort) } else { 0 };
        let total: u32 = WISHES.into_iter().map(weight).sum();
        if total == 0 {
            return None;
        }
        let mut draw = self.stream.below(total);
        let sort = WISHES.into_iter().find(|sort| {
            let weight = weight(*sort);
            let found = draw < weight;
            draw = draw.wrapping_sub(weight);
            found
        })?;
        self.any(sort, world)
    }

    fn wake<S: Subject>(&mut self, world: &World<S>) {
        for host in world.hosts() {
            let node = host.id();
            let busy = HOST_WORK.iter().any(|sort| host.has_on_offer(*sort));
            if busy && !self.awake.contains(node) {
                self.awake = self.awake.with(node);
                self.push_after(self.timing.host, Due::Host(node));
            }
        }
    }
}

impl<S: Subject> Strategy<S> for Timed {
    fn next(&mut self, world: &World<S>) -> Option<Choice> {
        self.wake(world);
        while let Some(due) = self.timeline.pop() {
            if let Some(choice) = self.resolve(due, world) {
                return Some(choice);
            }
        }
        None
    }

    fn seen(&mut self, events: &[Event], world: &World<S>) {
        for event in events {
            match *event {
                Event::Sent { link, key, .. } if world.net().contains(link, key) => {
                    let due = if self.stream.chance(self.drop_per_mille) {
                        Choice::Drop(link, key)
                    } else {
                        Choice::Deliver(link, key)
                    };
                    self.push_after(self.timing.link, Due::Choice(due));
                    if self.stream.chance(self.duplicate_per_mille) {
                        let copy = Choice::Duplicate(link, key);
                        self.push_after(self.timing.link, Due::Choice(copy));
                    }
                }
                Event::SyncBegan { node, upto } if !world.plan().has_bytes() => {
                    self.push_after_sync(node, Due::Choice(Choice::CompleteSync(node, upto)));
                }
                Event::Crashed { node, .. } => self.mourn(node, world),
                Event::Opened { node, .. } => self.renumber(node),
                Event::OpenRefused { node } => {
                    self.push_after(self.timing.down, Due::Choice(Choice::Open(node)));
                }
                _ => {}
            }
            if let Some(node) = event.node().filter(|_| world.plan().has_bytes()) {
                self.time_ops(node, world);
            }
        }
    }
}
