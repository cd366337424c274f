//! Short words for ids, entries and messages.

use std::sync::Arc;

use syncline_raft::{
    Body, Candidacy, Change, Config, Entry, Index, LogId, Membership, MembershipChange, NodeId,
    Payload, Round, Snapshot, Term, WriteSeq,
};

/// The node under test.
pub(crate) const ME: u64 = 1;

pub(crate) fn id(number: u64) -> NodeId {
    NodeId::new(number).expect("a node's number is not zero")
}

pub(crate) fn ids(numbers: &[u64]) -> Vec<NodeId> {
    numbers.iter().map(|number| id(*number)).collect()
}

pub(crate) fn seq(number: u64) -> WriteSeq {
    WriteSeq::new(number).expect("a write's number is not zero")
}

/// The entry of `term` at `index`; both 0 for the position before the log.
pub(crate) const fn at(term: u64, index: u64) -> LogId {
    LogId { term: Term(term), index: Index(index) }
}

/// A command that names its own place.
pub(crate) fn entry(term: u64, index: u64) -> Entry {
    let text = format!("t{term}i{index}");
    Entry { id: at(term, index), payload: Payload::Command(text.into_bytes().into()) }
}

/// A change of the membership as an entry.
pub(crate) fn change_entry(id: LogId, change: MembershipChange) -> Entry {
    Entry { id, payload: Payload::Membership(Arc::new(change)) }
}

/// Entries of these terms, the first at index `first`.
pub(crate) fn run(first: u64, terms: &[u64]) -> Vec<Entry> {
    (first..).zip(terms).map(|(index, term)| entry(*term, index)).collect()
}

/// The names of entries.
pub(crate) fn names(entries: &[Entry]) -> Vec<LogId> {
    entries.iter().map(|entry| entry.id).collect()
}

/// A configuration of node `me` without what was added to the protocol of the paper: no pre-vote, no
/// quorum checks, nothing forwarded. Nodes have seeds of their own, lest they campaign in step for
/// ever.
pub(crate) fn config(me: u64) -> Config {
    let (pre_vote, check_quorum, forward_proposals) = (false, false, false);
    Config { pre_vote, check_quorum, forward_proposals, ..usual(me) }
}

/// The configuration that users begin with.
pub(crate) fn usual(me: u64) -> Config {
    Config::new(id(me), me)
}

/// Nodes 1 to `last`, all of them voters.
pub(crate) fn voters(last: u64) -> Membership {
    Membership::of_voters((1..=last).map(id))
}

pub(crate) fn add(node: u64) -> MembershipChange {
    MembershipChange::single(Change::AddVoter(id(node)))
}

pub(crate) fn learn(node: u64) -> MembershipChange {
    MembershipChange::single(Change::AddLearner(id(node)))
}

pub(crate) fn remove(node: u64) -> MembershipChange {
    MembershipChange::single(Change::Remove(id(node)))
}

pub(crate) fn append(prev: LogId, entries: Vec<Entry>, commit: u64) -> Body {
    Body::Append { prev, entries: entries.into(), commit: Index(commit) }
}

pub(crate) fn commit(commit: u64) -> Body {
    Body::Commit { commit: Index(commit) }
}

/// A heartbeat of the first round.
pub(crate) fn heartbeat(commit: u64) -> Body {
    heartbeat_of(1, commit)
}

pub(crate) fn heartbeat_of(round: u64, commit: u64) -> Body {
    Body::Heartbeat { commit: Index(commit), round: Round(round) }
}

/// The answer to a heartbeat of this round.
pub(crate) fn alive(round: u64) -> Body {
    Body::HeartbeatResponse { round: Round(round) }
}

/// What a candidate without any ambition says whose log ends here.
pub(crate) fn candidacy(last: LogId) -> Candidacy {
    Candidacy { last, committed: at(0, 0), priority: 0, is_transfer: false }
}

pub(crate) fn vote(last: LogId) -> Body {
    Body::Vote(candidacy(last))
}

pub(crate) fn pre_vote(last: LogId) -> Body {
    Body::PreVote(candidacy(last))
}

pub(crate) const GRANT: Body = Body::VoteResponse { granted: true, committed: at(0, 0) };
pub(crate) const REFUSAL: Body = Body::VoteResponse { granted: false, committed: at(0, 0) };
pub(crate) const CONSENT: Body = Body::PreVoteResponse { granted: true, committed: at(0, 0) };
pub(crate) const DISSENT: Body = Body::PreVoteResponse { granted: false, committed: at(0, 0) };

pub(crate) fn accepted(last: u64) -> Body {
    Body::AppendAccepted { last: Index(last) }
}

pub(crate) fn rejected(prev: u64, hint: LogId) -> Body {
    Body::AppendRejected { prev: Index(prev), hint }
}

/// A snapshot of nodes 1 to 3 after this entry, whose data names its place.
pub(crate) fn snapshot(last: LogId) -> Arc<Snapshot> {
    snapshot_of(last, voters(3))
}

pub(crate) fn snapshot_of(last: LogId, membership: Membership) -> Arc<Snapshot> {
    let data = last.to_string().into_bytes().into();
    Arc::new(Snapshot { last, membership, data })
}
