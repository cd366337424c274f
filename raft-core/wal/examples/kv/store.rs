//! The state machine: keys and values.

use std::collections::BTreeMap;
use std::sync::Arc;

use syncline_raft::{Entry, LogId, Membership, Snapshot};

/// The keys and values, and where in the log they stand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    pub(crate) applied: LogId,
    pub(crate) membership: Membership,
    pub(crate) values: BTreeMap<String, String>,
}

impl Store {
    /// What a snapshot says: one line for each key.
    pub(crate) fn of(snapshot: &Snapshot) -> Store {
        let text = String::from_utf8_lossy(&snapshot.data);
        let pairs = text.lines().filter_map(|line| line.split_once(' '));
        Store {
            applied: snapshot.last,
            membership: snapshot.membership.clone(),
            values: pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        }
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        let lines = self.values.iter().map(|(key, value)| format!("{key} {value}\n"));
        let data = lines.collect::<String>().into_bytes().into();
        Arc::new(Snapshot { last: self.applied, membership: self.membership.clone(), data })
    }

    pub(crate) fn apply(&mut self, entry: &Entry) {
        let text = entry.command().map(String::from_utf8_lossy);
        if let Some((key, value)) = text.as_deref().and_then(|text| text.split_once(' ')) {
            self.values.insert(key.to_owned(), value.to_owned());
        }
        self.applied = entry.id;
    }
}
