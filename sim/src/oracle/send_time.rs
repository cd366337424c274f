//! O8: what a message promises is synced when the message leaves.
//!
//! This is the whole contract of a core whose application decides when to sync (R24), checked at the
//! moment of sending against the disk's own record, so that it convicts without a crash:
//!
//! - an acknowledgement of the leader of T up to i: some synced prefix had term T or later and, at i,
//!   exactly that leader's log;
//! - a vote request: some synced prefix had the vote for itself in T, and held the entry that it
//!   advertises as its last;
//! - a vote: the durable term is later than T, or is T with that vote;
//! - a leader's message of T: its own vote in T is durable.
//!
//! What a leader's log was at an index is known from what it issued while it led, not from what the
//! sender of the acknowledgement believes.

use syncline_raft::{Index, NodeId, Term};
use syncline_traces::{Claim, Event, EventSort, Link};

use super::{Breach, Evidence, Oracle, OracleId};

/// The term for which each node's right to lead was last found durable: once is enough.
#[derive(Clone, Debug, Default)]
pub(super) struct SendTime {
    proved: Vec<(NodeId, Term)>,
}

impl SendTime {
    fn leads(&mut self, node: NodeId, term: Term, evidence: Evidence<'_>) -> Result<(), Breach> {
        if self.proved.contains(&(node, term)) {
            return Ok(());
        }
        if !evidence.disk(node).durable().voted(term, node) {
            let found = format!("n{node} speaks as leader of t{term}, its own vote is not synced");
            return Breach::by(node, found);
        }
        self.proved.retain(|(other, _)| *other != node);
        self.proved.push((node, term));
        Ok(())
    }
}

fn granted(link: Link, term: Term, evidence: Evidence<'_>) -> Result<(), Breach> {
    let durable = evidence.disk(link.from).durable();
    let now = durable.image().hard_state();
    if now.term > term || (now.term == term && now.vote == Some(link.to)) {
        return Ok(());
    }
    let Link { from, to } = link;
    Breach::by(
        from,
        format!("n{from} sent n{to} its vote in t{term}, its disk is at t{} without it", now.term),
    )
}

fn holds(link: Link, term: Term, index: Index, evidence: Evidence<'_>) -> Result<(), Breach> {
    let Link { from, to } = link;
    let Some(leadership) = evidence.facts.leadership(term, to) else {
        return Breach::by(from, format!("n{from} acknowledged n{to}, which never led t{term}"));
    };
    let Some(chain) = evidence.facts.leader_chain(leadership, index) else {
        let found = format!("n{from} acknowledged i{index}, which n{to} never had in t{term}");
        return Breach::by(from, found);
    };
    let durable = evidence.disk(from).durable();
    let base = durable.image().base().index;
    let covers = index < base && durable.image().hard_state().term >= term;
    if durable.vouched(term, index, chain) || (covers && evidence.holds(from, index, chain)) {
        return Ok(());
    }
    let (at, last) = (durable.image().hard_state().term, durable.image().last());
    Breach::by(
        from,
        format!(
            "n{from} acknowledged i{index} of t{term} to n{to}, its disk has synced t{at} and the \
             log up to {last}"
        ),
    )
}

impl Oracle for SendTime {
    fn id(&self) -> OracleId {
        OracleId::O8
    }

    fn watches(&self) -> &'static [EventSort] {
        &[EventSort::Sent]
    }

    fn judge(&mut self, event: &Event, evidence: Evidence<'_>) -> Result<(), Breach> {
        let Event::Sent { link, claim, .. } = *event else {
            return Ok(());
        };
        let node = link.from;
        match claim {
            Claim::Nothing => Ok(()),
            Claim::Leads(term) => self.leads(node, term, evidence),
            Claim::Granted(term) => granted(link, term, evidence),
            Claim::Holds { term, index } => holds(link, term, index, evidence),
            Claim::Candidacy { term, last } => {
                if evidence.disk(node).durable().ran(term, node, last) {
                    return Ok(());
                }
                let durable = evidence.disk(node).durable().image();
                let (at, end) = (durable.hard_state().term, durable.last());
                Breach::by(
                    node,
                    format!(
                        "n{node} asked for votes in t{term} with a log up to {last}, its disk has \
                         synced t{at} and the log up to {end}"
                    ),
                )
            }
        }
    }

    fn fork(&self) -> Box<dyn Oracle> {
        Box::new(self.clone())
    }
}
