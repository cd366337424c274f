//! What is true of a node after every call. A node that is not so must not go on.

use crate::node::RawNode;
use crate::role::Role;

impl RawNode {
    /// Panics if an invariant of `docs/invariants.md` does not hold. It costs a few comparisons, so
    /// it stays on in release builds. A planted bug is left to the simulator to find.
    pub(crate) fn check(&self) {
        if !self.active.none() {
            return;
        }
        self.log.cursors.check();
        self.writes.check();
        self.gate.check(self.term);
        let leads = matches!(self.role, Role::Leader(_));
        assert!(!leads || self.vote == Some(self.id), "I5: a leader has voted for itself");
        assert!(!leads || !self.writes.pending_hard, "I5: a leader's term and vote are synced");
        assert!(!leads || !self.gate.holds_vote(), "I5: a leader waits for no vote");
        assert!(self.log.last().term <= self.term, "I6: the log is of no later term (R1)");
    }
}
