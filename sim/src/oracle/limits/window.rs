//! The messages with entries that are under way to one follower, as the wire shows them.
//!
//! A leader sends the entries one after the other. It goes back when a follower says that it lacks what lies
//! before them, or has less than was sent, or when its application says that nothing arrives: then it has
//! given up what was under way. A sign of life may mean no more than that the oldest message is lost, or, as
//! long as the leader does not know where the logs meet, the only one.

use syncline_raft::Index;

use super::pile::Pile;

/// What is under way on one link.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    messages: Pile,
    /// Whether something was heard since the leader last sent entries that may send it back.
    may_go_back: bool,
    /// Whether a sign of life was heard since then.
    may_repeat: bool,
}

impl Window {
    /// How many messages are under way, and their bytes.
    pub(super) fn load(&self) -> (usize, u64) {
        (self.messages.len(), self.messages.bytes())
    }

    /// Makes room for a message that begins after this index. Whether the leader has a reason to begin there.
    pub(super) fn turn_to(&mut self, after: Index) -> bool {
        let (may_go_back, may_repeat) = (self.may_go_back, self.may_repeat);
        (self.may_go_back, self.may_repeat) = (false, false);
        if self.messages.len() == 0 || after == self.messages.last() {
            return true;
        }
        let repeats = may_repeat && self.messages.len() == 1;
        self.messages.clear();
        may_go_back || repeats
    }

    /// A message leaves.
    pub(super) fn send(&mut self, last: Index, bytes: u64) {
        self.messages.push(last, bytes);
    }

    /// The follower has acknowledged everything up to there.
    pub(super) fn acknowledged(&mut self, last: Index) {
        self.messages.take_up_to(last);
        self.may_go_back = true;
    }

    /// The follower lacks something, or cannot be reached.
    pub(super) fn sent_back(&mut self) {
        self.may_go_back = true;
    }

    /// The follower lives, and there is room for no other message if `is_full`.
    pub(super) fn alive(&mut self, is_full: bool) {
        self.may_repeat = true;
        if is_full {
            self.messages.take_oldest();
        }
    }

    /// The leader has given up what is under way, or leads no more.
    pub(super) fn clear(&mut self) {
        *self = Window::default();
    }
}
