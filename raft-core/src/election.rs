//! Time, as far as a node knows it: ticks that the application counts for it.

use crate::jitter::Jitter;
use crate::mutant::Mutant;
use crate::node::RawNode;
use crate::role::Role;

/// By how many waits for a vote's sync the span of the jitter grows. The chance that no rival comes
/// within one wait of the first of four candidates is then above one in three.
const SPREAD_WAITS: u32 = 4;

/// What a vote waits beyond that is no measure of what comes after it: so many times the election
/// timeout. A disk that hung for long is one that hangs no more.
const SLOWNESS_MAX: u32 = 3;

/// When to campaign.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct ElectionTimer {
    elapsed: u32,
    timeout: u32,
    /// Ticks for which it stood still while the node's own vote waited for a sync (R25), as far as they
    /// count.
    waited: u32,
    /// The longest such wait since a leader was last known, in ticks.
    slowness: u32,
    base: u32,
    jitter: Jitter,
}

impl ElectionTimer {
    pub(crate) fn new(base: u32, jitter: Jitter) -> ElectionTimer {
        let mut timer =
            ElectionTimer { elapsed: 0, timeout: 0, waited: 0, slowness: 0, base, jitter };
        timer.restart();
        timer
    }

    /// Starts anew, with another jitter. Where votes wait for slow disks it is drawn from a span
    /// that is several such waits long: of two candidates within one wait neither hears of the other
    /// in time, and four nodes would refuse each other term after term (R25).
    pub(crate) fn restart(&mut self) {
        let waits = self.slowness.saturating_mul(SPREAD_WAITS);
        let spread = self.base.saturating_add(waits);
        self.elapsed = 0;
        self.waited = 0;
        self.timeout = self.base.saturating_add(self.jitter.below(spread));
    }

    /// There is a leader: how slow elections were is no matter any more.
    pub(crate) fn forget_slowness(&mut self) {
        self.slowness = 0;
    }

    /// Begins the same wait again. There is no other jitter until there is another wait: a message
    /// that comes twice leaves the node as it was.
    pub(crate) fn rewind(&mut self) {
        self.elapsed = 0;
    }

    /// A tick passes while a vote waits. Without a leader it also counts if the wait comes to nothing:
    /// the next vote goes to the same disk.
    fn stand_still(&mut self, has_leader: bool) {
        let counts_max = self.base.saturating_mul(SLOWNESS_MAX);
        self.waited = self.waited.saturating_add(1).min(counts_max);
        if !has_leader {
            self.slowness = self.slowness.max(self.waited);
        }
    }

    fn tick(&mut self) -> bool {
        self.elapsed = self.elapsed.saturating_add(1);
        self.elapsed >= self.timeout
    }
}

/// The promise of a voter to the leader that it has just heard: to elect nobody else for an election
/// timeout (R22). A lease rests on it, so nothing but time ends it, neither a new term nor the loss
/// of the leader; and a node that restarts cannot know whether it gave one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Promise {
    ticks_left: u32,
}

impl Promise {
    /// Holds for so many ticks from now on.
    pub(crate) fn renew(&mut self, ticks: u32) {
        self.ticks_left = self.ticks_left.max(ticks);
    }

    pub(crate) fn holds(self) -> bool {
        self.ticks_left > 0
    }

    fn tick(&mut self) {
        self.ticks_left = self.ticks_left.saturating_sub(1);
    }
}

impl RawNode {
    /// One tick of time has passed.
    pub fn tick(&mut self) {
        self.idle_ticks = self.idle_ticks.saturating_add(1);
        if self.idle_ticks == self.config.election_ticks {
            self.rest();
        }
        self.promise.tick();
        self.tick_reads();
        if matches!(self.role, Role::Leader(_)) {
            self.tick_leader();
        } else if self.gate.holds_vote() && !self.active.is(Mutant::Ll) {
            // R25: the node could send no request anyway, and a slow disk must not make it campaign
            // for term after term.
            self.timer.stand_still(self.leader().is_some());
        } else if self.timer.tick() {
            self.timer.restart();
            // A node that may not campaign waits to be contacted.
            let _ = self.campaign();
        }
    }

    /// One process may hold many thousands of nodes, most of them idle, so a node that has had
    /// nothing to write for an election timeout gives back the room in its queues.
    fn rest(&mut self) {
        self.log.rest();
        self.writes.rest();
        self.gate.rest();
        self.outstanding.rest();
        if let Role::Leader(leader) = &mut self.role {
            leader.rest();
        }
    }

    /// A vote is released: the timer starts anew; a candidate's is lengthened by what counts of its own
    /// wait, since the answers come that much later (R25).
    pub(crate) fn restart_timer_after_wait(&mut self) {
        let waited = self.timer.waited;
        let candidate = matches!(self.role, Role::Candidate(_));
        self.timer.restart();
        if candidate {
            self.timer.timeout = self.timer.timeout.saturating_add(waited);
        }
    }

    /// This node has just heard its leader: it elects nobody else for an election timeout (R22).
    pub(crate) fn promise_to_the_leader(&mut self) {
        if self.config.check_quorum {
            self.promise.renew(self.config.election_ticks);
        }
    }

    /// Whether this node may elect nobody now: it has promised so, or leads itself. A leader leaves
    /// office when no quorum answers, and until then a vote for another would only disturb (R22).
    pub(crate) fn is_promised(&self) -> bool {
        let leads = matches!(self.role, Role::Leader(_));
        self.config.check_quorum && (leads || self.promise.holds())
    }
}
