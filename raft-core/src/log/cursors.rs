//! How far each part of the path of a proposal has come: one type, one invariant.

use crate::types::Index;

/// The six cursors of the log, and how far entries have been handed out to be applied.
///
/// **Invariant** (I1): `applied <= handed_out <= min(committed, synced)`, `committed <= appended`,
/// and `synced <= advanced <= issued <= appended`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Cursors {
    /// The last entry in the log.
    pub(crate) appended: Index,
    /// Up to here every entry has been handed out in a write.
    pub(crate) issued: Index,
    /// Up to here the storage view holds this log, perhaps only in a cache.
    pub(crate) advanced: Index,
    /// Up to here no crash can take this log away: the safe durable index of R9.
    pub(crate) synced: Index,
    /// Up to here a quorum has synced this log.
    pub(crate) committed: Index,
    /// Up to here entries have been handed out to be applied.
    pub(crate) handed_out: Index,
    /// Up to here the application has applied them.
    pub(crate) applied: Index,
}

impl Cursors {
    /// The log has been rewritten from `lowest` on and now ends at `appended` (R10).
    pub(crate) fn rewrite(&mut self, lowest: Index, appended: Index) {
        let kept = lowest.prev();
        self.appended = appended;
        self.issued = self.issued.min(kept);
        self.advanced = self.advanced.min(kept);
        self.synced = self.synced.min(kept);
    }

    /// Panics if the invariant I1 does not hold.
    pub(crate) fn check(&self) {
        assert!(self.applied <= self.handed_out, "I1: applied what was not handed out: {self:?}");
        assert!(self.handed_out <= self.committed, "I1: handed out uncommitted: {self:?}");
        assert!(self.handed_out <= self.synced, "I1, R8: handed out unsynced: {self:?}");
        assert!(self.committed <= self.appended, "I1: committed beyond the log: {self:?}");
        assert!(self.synced <= self.advanced, "I1: synced what was not advanced: {self:?}");
        assert!(self.advanced <= self.issued, "I1: advanced what was not issued: {self:?}");
        assert!(self.issued <= self.appended, "I1: issued beyond the log: {self:?}");
    }
}
