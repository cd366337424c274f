//! What the oracles of liveness share: the time since faults have ceased, and how long is too long.
//!
//! Time is counted in rounds: a round is over when every clock has ticked once more. In a calm all work
//! that there is gets done between two rounds (`strategy/calm.rs`), so that whatever is late then is
//! late because nobody does it, and not because of a slow network or disk. A disk whose host lets
//! writes wait is one exception, and is allowed for. The other is a disk that hangs, if the plan has
//! one: its node owes nothing that takes a sync, and everybody else owes what they owe without it.

use syncline_raft::{Index, NodeId, Term};
use syncline_traces::{Members, NodeSet};

use super::{Evidence, Facts};
use crate::plan::{Plan, SyncMode};

/// Rounds since faults have ceased.
#[derive(Clone, Debug)]
pub(super) struct Rounds {
    ticks: Vec<u32>,
    ended: u32,
}

impl Rounds {
    pub(super) fn new(nodes: usize) -> Rounds {
        Rounds { ticks: vec![0; nodes], ended: 0 }
    }

    pub(super) fn tick(&mut self, node: NodeId) {
        self.ticks[node.number() as usize - 1] += 1;
        self.ended = self.ticks.iter().min().copied().unwrap_or(0);
    }

    pub(super) fn ended(&self) -> u32 {
        self.ended
    }
}

/// Tells an oracle once in each round that it is over.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bell {
    rung: u32,
}

impl Bell {
    /// The number of the round that has ended, at the first tick after its end.
    pub(super) fn rings(&mut self, facts: &Facts) -> Option<u32> {
        let ended = facts.rounds()?;
        let is_new = ended > self.rung;
        self.rung = ended;
        is_new.then_some(ended)
    }
}

/// How many rounds are too many.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// Without a leader. A timeout is below twice the election ticks. A voter keeps what it has
    /// promised to the last leader for at most one more (R22). While a vote waits for its sync the
    /// timers stand still (R25), and a wanted vote is synced as fast as the disk can: those before it, the
    /// candidate's and the voters' take three syncs, and one for luck. So at most every second
    /// timeout there is an election. It fails if voters campaign at once, which the jitter prevents
    /// with a chance of at least one in two even for the shortest timeout and five voters, or if the
    /// candidate's log is too old, which it is for less than a majority of the voters, in each half of
    /// a joint membership. That leaves a chance of at least one in eight, and a hundred elections fail
    /// once in half a million runs that come to that; few do. Where votes have waited long before the calm
    /// timeouts are up to nine times as long, a candidate's included (R25), and hardly ever two alike.
    pub(super) leaderless: u32,
    /// While nothing at all moves. An answer that is lost is asked for again with the next heartbeats;
    /// a transfer is given up after the election ticks, and so is a read that no answer comes to. Each
    /// of a few steps may wait for a disk for as long as the policy of its host says.
    pub(super) standstill: u32,
}

impl Patience {
    pub(super) fn of(plan: &Plan) -> Patience {
        let timeout = 2 * plan.election_ticks;
        let slow = plan.calm_sync_ticks;
        let policy = match plan.sync {
            SyncMode::After { ticks, .. } => ticks,
            SyncMode::Free | SyncMode::EveryReady => 0,
        };
        // So long a leader waits for a disk that hangs (R26).
        let hung = plan.hung_in_calm().map_or(0, |_| plan.sync_stall_ticks_max);
        let disk = slow + policy + hung;
        Patience { leaderless: 100 * (2 * timeout + 4 * slow), standstill: 10 * (timeout + disk) }
    }
}

/// The only leader, and its term; `None` if there are several or none.
pub(super) fn only_leader(facts: &Facts) -> Option<(NodeId, Term)> {
    let mut leaders = facts.leaders();
    let first = leaders.next()?;
    leaders.next().is_none().then_some(first)
}

/// Whether a member's log ends where the leader's does, and its disk has all of that.
pub(super) fn is_level(member: NodeId, leader: NodeId, evidence: Evidence<'_>) -> bool {
    let (own, log) = (evidence.log(member), evidence.log(leader));
    let (last, chain) = (log.last(), log.last_chain());
    own.last() == last && own.last_chain() == chain && evidence.holds(member, last.index, chain)
}

/// The leader and its term, if there is nothing left to do: all members follow it, are level with it
/// and know the same membership, and all is committed.
pub(super) fn settled(evidence: Evidence<'_>) -> Option<(NodeId, Term)> {
    let facts = evidence.facts;
    let (leader, term) = only_leader(facts)?;
    let (_, members) = facts.newest_members();
    let last: Index = evidence.log(leader).last().index;
    let is_done = !members.is_joint() || members.explicit;
    let mut all = members.all().with(leader).iter();
    let is_settled = is_done
        && facts.committed() >= last
        && all.all(|node| {
            facts.office(node).1 == term
                && facts.members(node) == members
                && is_level(node, leader, evidence)
        });
    is_settled.then_some((leader, term))
}

/// Whether somebody who is no member any more, and does not know, may campaign against its former
/// cluster, which without pre-vote and promises to the leader must heed it (thesis, section 4.2.3).
pub(super) fn is_disturbed(facts: &Facts, plan_protects: Protection, nodes: usize) -> bool {
    let (_, members) = facts.newest_members();
    let is_unaware = |node: NodeId| {
        let Members { voters, outgoing, .. } = facts.members(node);
        voters.union(outgoing).contains(node) && !members.all().contains(node)
    };
    plan_protects == Protection::None && NodeSet::first(nodes as u64).iter().any(is_unaware)
}

/// Whether a leader need not heed everybody who campaigns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Protection {
    /// It must.
    None,
    /// Voters are asked beforehand, or keep a promise to their leader.
    Some,
}

impl Protection {
    pub(super) fn of(plan: &Plan) -> Protection {
        if plan.pre_vote || plan.check_quorum { Protection::Some } else { Protection::None }
    }
}
