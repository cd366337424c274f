//! O16: while a lease is used, nobody newer has committed.
//!
//! At the moment when a leader answers a read by its lease, no leader of a higher term has reported a
//! commit (R22). It holds for clocks that drift apart no further than the plan allows. Say that any two
//! clocks differ by at most D, whether their nodes are up or down, and that a round leaves when the
//! leader's clock shows s. Then a voter that answers it hears it at s - D or later by its own clock, and
//! elects nobody before s - D + E; and then the leader's clock shows s + E - 2D or more. So the lease
//! ends at s + E - 2D, and the drift that the core is told is twice that of the plan. A restart begins
//! the promise anew, hence no earlier.

use syncline_traces::{Event, EventSort};

use super::{Breach, Evidence, Oracle, OracleId};

/// It needs no memory but the shared ledger.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lease;

impl Oracle for Lease {
    fn id(&self) -> OracleId {
        OracleId::O16
    }

    fn watches(&self) -> &'static [EventSort] {
        &[EventSort::Leased]
    }

    fn judge(&mut self, event: &Event, evidence: Evidence<'_>) -> Result<(), Breach> {
        let Event::Leased { node, term } = *event else {
            return Ok(());
        };
        let newer = evidence.facts.term_commits().iter().find(|commit| commit.term > term);
        newer.map_or(Ok(()), |commit| {
            let (newer, index) = (commit.term, commit.index);
            let found = format!(
                "n{node} reads by its lease of t{term}, the leader of t{newer} has committed i{index}"
            );
            Breach::by(node, found)
        })
    }

    fn fork(&self) -> Box<dyn Oracle> {
        Box::new(*self)
    }
}
