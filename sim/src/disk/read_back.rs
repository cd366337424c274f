//! What a host reads back of its log while it is open: entries that its node no longer keeps in memory.
//!
//! A disk of records never forgets any. On a disk of bytes the log itself reads them, from bytes that may
//! have been damaged since: then it must say so, and not give others or fewer (O19).

use syncline_raft::{Entry, Fetch};
use syncline_wal::ReadError;

use super::Disk;

impl Disk {
    /// Reads what a node has asked for, as much as it has room for; nothing if its beginning is gone.
    ///
    /// # Errors
    /// If the log finds it damaged, or cannot read it.
    pub(crate) fn read_back(&mut self, fetch: Fetch) -> Result<Vec<Entry>, ReadError> {
        let written = page(self.image().entries(), fetch);
        let (Some(last), Some(bytes)) = (written.last(), &mut self.bytes) else {
            return Ok(written);
        };
        let (read, is_excused) = bytes.read_back(fetch);
        let upto = last.index();
        let found = match &read {
            Ok(entries) if *entries == written => None,
            Ok(entries) => Some(format!("{} entries that are not those", entries.len())),
            Err(_) if is_excused => None,
            Err(error) => Some(error.to_string()),
        };
        if let Some(found) = found {
            let after = fetch.after;
            self.illegal =
                Some(format!("what was written after i{after} up to i{upto} as {found}"));
        }
        self.renew();
        read
    }
}

/// As much of what a fetch asks for as it has room for; nothing if its beginning is gone.
fn page(entries: &[Entry], fetch: Fetch) -> Vec<Entry> {
    let within = |entry: &&Entry| entry.index() > fetch.after && entry.index() <= fetch.last;
    let found: Vec<Entry> = entries.iter().filter(within).cloned().collect();
    let begins = found.first().is_some_and(|entry| entry.index() == fetch.after.next());
    if begins { fetch.page(found) } else { Vec::new() }
}
