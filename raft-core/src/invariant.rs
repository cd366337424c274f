//! What is true of a node after every call. A node that is not so must not go on.

use crate::install;
use crate::node::RawNode;
use crate::role::Role;
use crate::types::Index;

impl RawNode {
    /// Panics if one of the invariants of `docs/invariants.md` does not hold on which every promise
    /// rests: the cursors, the writes, what is withheld. It runs after every call, at the cost of a few
    /// comparisons, and stays on in release builds. A planted bug is left to the simulator to find.
    pub(crate) fn check(&self) {
        if !self.active.none() {
            return;
        }
        self.log.cursors.check();
        self.writes.check();
        self.gate.check(self.term);
        assert!(self.log.last().term <= self.term, "I6: the log is of no later term (R1)");
    }

    /// Panics if the cursors are out of order (I1): after a call that moves nothing else.
    pub(crate) fn check_cursors(&self) {
        if self.active.none() {
            self.log.cursors.check();
        }
    }

    /// Panics if any of the invariants does not hold. It runs at every Ready, before anything that the
    /// node says can leave, and after the calls that are rare.
    pub(crate) fn check_all(&self) {
        if !self.active.none() {
            return;
        }
        self.check();
        self.log.check();
        self.check_writes_and_log();
        self.check_role();
        self.check_installs();
        let cursors = &self.log.cursors;
        self.memberships.check(cursors.applied, cursors.handed_out, self.log.last().index);
        self.outstanding.check(cursors.applied, cursors.handed_out);
        let asks_a_leader = matches!(self.role, Role::Follower { leader: Some(_) });
        assert!(asks_a_leader || !self.reads.is_waiting(), "I11: a read waits for no leader");
    }

    /// What the ledger of writes says of the log, and of the promises that wait for it.
    fn check_writes_and_log(&self) {
        let cursors = &self.log.cursors;
        assert!(self.writes.issued_commit <= cursors.committed, "I7: wrote an unknown commit (R3)");
        if self.writes.pending_lowest.is_none() {
            let is_whole = self.writes.issued_last() == self.log.last();
            assert!(is_whole, "I7: a change of the log waits for no write");
            assert!(cursors.issued == cursors.appended, "I7: an entry waits for no write");
            let all_advanced = self.writes.advanced == self.writes.issued;
            let all_synced = self.writes.synced == self.writes.issued;
            let (advanced, synced) = (cursors.advanced, cursors.synced);
            assert!(!all_advanced || advanced == cursors.appended, "I7: advanced too little");
            assert!(!all_synced || synced == cursors.appended, "I7: synced too little (R9)");
        }
        let next = self.writes.issued + u64::from(self.writes.is_pending());
        if let Some((first, last)) = self.gate.waits_for() {
            assert!(first > self.writes.synced, "I3: a promise waits for a write that is synced");
            assert!(last <= next, "I3: a promise waits for a write that never comes");
        }
    }

    fn check_role(&self) {
        let last = self.log.last().index;
        match &self.role {
            Role::Follower { .. } => {
                assert!(!self.gate.holds_candidacy(), "I5: a follower asks for no votes");
            }
            Role::PreCandidate(_) => {
                assert!(!self.gate.holds_candidacy(), "I5: nobody asks for votes beforehand");
                assert!(self.unapplied_change().is_none(), "I5, R18: a change is not applied");
            }
            Role::Candidate(_) => {
                assert!(self.vote == Some(self.id), "I5: a candidate has voted for itself");
                assert!(self.unapplied_change().is_none(), "I5, R18: a change is not applied");
            }
            Role::Leader(leader) => {
                assert!(self.vote == Some(self.id), "I5: a leader has voted for itself");
                assert!(!self.writes.pending_hard, "I5: a leader's term and vote are synced");
                assert!(!self.gate.holds_vote(), "I5: a leader waits for no vote");
                assert!(self.membership().is_voter(self.id), "I5: a leader has a vote");
                leader.check(self.id, last);
            }
        }
    }

    fn check_installs(&self) {
        let (base, applied) = (self.log.base(), self.log.cursors.applied);
        let is_follower = matches!(self.role, Role::Follower { .. });
        match self.pending_install() {
            None => {
                assert!(base.index <= applied, "I8: the log begins above what is applied (R16)");
            }
            Some(snapshot) => {
                assert!(snapshot == base.index, "I8: the log begins elsewhere than its snapshot");
                assert!(is_follower, "I8: nobody campaigns before a snapshot is applied (R15)");
                assert!(install::is_in_order(&self.installs), "I8: two snapshots cross");
            }
        }
        if let Some(least) = self.requested_snapshot {
            // No snapshot ends before the first entry.
            let end = self.log.last().index.max(Index(1));
            assert!(least == end, "I9: a snapshot must reach the end of the log");
            assert!(self.installs.is_empty(), "I9: asks for a snapshot before one is applied");
            let leads = matches!(self.role, Role::Leader(_));
            assert!(!leads, "I9: a leader has nobody to ask for a snapshot");
        }
    }
}
