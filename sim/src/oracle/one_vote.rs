//! O9: one vote in a term.
//!
//! In a term a voter votes for one candidate, whatever lives it has had since (Raft paper, section
//! 5.2). The votes are read from the wire: a grant, and a request, with which a candidate votes for
//! itself. What was granted and is forgotten in a crash counts for ever, since somebody may have
//! counted it.

use syncline_raft::{NodeId, Term};
use syncline_traces::{Claim, Event, EventSort};

use super::{Breach, Evidence, Oracle, OracleId};

/// The votes of each voter, in the order in which it first sent them.
#[derive(Clone, Debug)]
pub(super) struct OneVote {
    sent: Vec<Vec<(Term, NodeId)>>,
}

impl OneVote {
    pub(super) fn new(nodes: usize) -> OneVote {
        OneVote { sent: vec![Vec::new(); nodes] }
    }
}

impl Oracle for OneVote {
    fn id(&self) -> OracleId {
        OracleId::O9
    }

    fn watches(&self) -> &'static [EventSort] {
        &[EventSort::Sent]
    }

    fn judge(&mut self, event: &Event, _: Evidence<'_>) -> Result<(), Breach> {
        let Event::Sent { link, claim, .. } = *event else {
            return Ok(());
        };
        let (voter, term, candidate) = match claim {
            Claim::Granted(term) => (link.from, term, link.to),
            Claim::Candidacy { term, .. } => (link.from, term, link.from),
            _ => return Ok(()),
        };
        let votes = &mut self.sent[voter.number() as usize - 1];
        match votes.iter().rev().find(|(other, _)| *other == term) {
            None => votes.push((term, candidate)),
            Some((_, before)) if *before == candidate => {}
            Some((_, before)) => {
                return Breach::by(
                    voter,
                    format!("n{voter} votes for n{candidate} in t{term}, after n{before}"),
                );
            }
        }
        Ok(())
    }

    fn fork(&self) -> Box<dyn Oracle> {
        Box::new(self.clone())
    }
}
