//! Short words for ids, entries and messages.

use syncline_raft::{Body, Config, Entry, Index, LogId, NodeId, Payload, Term, WriteSeq};

/// The node under test.
pub(crate) const ME: u64 = 1;

pub(crate) fn id(number: u64) -> NodeId {
    NodeId::new(number).expect("a node's number is not zero")
}

pub(crate) fn seq(number: u64) -> WriteSeq {
    WriteSeq::new(number).expect("a write's number is not zero")
}

/// The entry of `term` at `index`; both 0 for the position before the log.
pub(crate) fn at(term: u64, index: u64) -> LogId {
    LogId { term: Term(term), index: Index(index) }
}

/// A command that names its own place.
pub(crate) fn entry(term: u64, index: u64) -> Entry {
    let text = format!("t{term}i{index}");
    Entry { id: at(term, index), payload: Payload::Command(text.into_bytes().into()) }
}

/// Entries of these terms, the first at index `first`.
pub(crate) fn run(first: u64, terms: &[u64]) -> Vec<Entry> {
    (first..).zip(terms).map(|(index, term)| entry(*term, index)).collect()
}

/// The names of entries.
pub(crate) fn names(entries: &[Entry]) -> Vec<LogId> {
    entries.iter().map(|entry| entry.id).collect()
}

/// A configuration of node `me` among `voters` nodes; nodes have seeds of their own, lest they
/// campaign in step for ever.
pub(crate) fn config(me: u64, voters: u64) -> Config {
    Config::new(id(me), (1..=voters).map(id).collect(), me)
}

pub(crate) fn append(prev: LogId, entries: Vec<Entry>, commit: u64) -> Body {
    Body::Append { prev, entries, commit: Index(commit) }
}

pub(crate) fn heartbeat(commit: u64) -> Body {
    Body::Heartbeat { commit: Index(commit) }
}

pub(crate) fn vote(last: LogId) -> Body {
    Body::Vote { last }
}

pub(crate) const GRANT: Body = Body::VoteResponse { granted: true };
pub(crate) const REFUSAL: Body = Body::VoteResponse { granted: false };

pub(crate) fn accepted(last: u64) -> Body {
    Body::AppendAccepted { last: Index(last) }
}

pub(crate) fn rejected(prev: u64, hint: LogId) -> Body {
    Body::AppendRejected { prev: Index(prev), hint }
}
