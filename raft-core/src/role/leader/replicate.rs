//! What a leader sends to its followers, composed when a Ready is taken, so that everything
//! proposed since the last one travels together.

use alloc::vec::Vec;

use super::super::Role;
use super::Leader;
use crate::entry::Entry;
use crate::log::Log;
use crate::message::{Body, Message};
use crate::node::RawNode;
use crate::progress::Progress;
use crate::types::Index;

impl Leader {
    fn wants_append(&self, log: &Log) -> bool {
        let (last, commit) = (log.cursors.appended, log.cursors.committed);
        self.followers.iter().any(|progress| progress.wants_append(last, commit))
    }
}

impl RawNode {
    /// Whether an append would leave with the next Ready.
    pub(crate) fn has_appends(&self) -> bool {
        matches!(&self.role, Role::Leader(leader) if leader.wants_append(&self.log))
    }

    /// Puts into the outbox whatever the followers should be sent now. Entries leave unsynced
    /// (thesis, section 10.2.1): a copy that is only replicated counts nowhere.
    pub(crate) fn compose_appends(&mut self) {
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        let (last, commit) = (self.log.cursors.appended, self.log.cursors.committed);
        for progress in &mut leader.followers {
            while progress.wants_append(last, commit) {
                let body = compose(progress, &self.log, self.config.message_bytes_max);
                let (from, to, term) = (self.id, progress.id, self.term);
                self.outbox.push(Message { from, to, term, body });
            }
        }
    }
}

fn compose(progress: &mut Progress, log: &Log, bytes_max: usize) -> Body {
    let prev = log.id_at(progress.next.prev()).expect("I4: next follows an entry of this log");
    let commit = log.cursors.committed;
    let entries = if progress.has_room() { page(log, prev.index, bytes_max) } else { &[] };
    let entries: Vec<Entry> = entries.to_vec();
    progress.sent(entries.last().map_or(prev.index, Entry::index), commit);
    Body::Append { prev, entries, commit }
}

/// The entries after `prev` that one message can carry: at least one, if there is one.
fn page(log: &Log, prev: Index, bytes_max: usize) -> &[Entry] {
    let entries = log.between(prev, log.cursors.appended);
    let mut bytes = 0_usize;
    let fits = entries.iter().take_while(|entry| {
        bytes = bytes.saturating_add(entry.weight_bytes());
        bytes <= bytes_max
    });
    let count = fits.count().max(1).min(entries.len());
    &entries[..count]
}
