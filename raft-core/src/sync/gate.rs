//! Where a promise waits for its sync.
//!
//! A message that makes a promise stays here until the write that carries what it promises is
//! synced. The application never sees it before, so it cannot send it too early.

use alloc::collections::VecDeque;

use crate::membership::MEMBERS_MAX;
use crate::message::{Body, Message};
use crate::types::Term;

/// A promise that waits.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Withheld {
    /// To another node.
    Message(Message),
    /// A candidate's vote for itself.
    SelfVote,
}

impl Withheld {
    /// Whether it is a part of the node's own candidacy.
    fn is_candidacy(&self) -> bool {
        matches!(self, Withheld::SelfVote | Withheld::Message(Message { body: Body::Vote(_), .. }))
    }

    /// Whether it is a vote, for the node itself or another.
    pub(crate) fn is_vote(&self) -> bool {
        let grant = matches!(
            self,
            Withheld::Message(Message { body: Body::VoteResponse { granted: true, .. }, .. })
        );
        grant || self.is_candidacy()
    }
}

/// How many promises wait for one write. A candidacy needs one for each voter, and every leader that
/// the others take part in needs one, but names can be invented.
const PROMISES_MAX: usize = 2 * MEMBERS_MAX;

/// The promises that wait, by the write they wait for.
///
/// **Invariant** (I3): sorted by that write, and all of the node's current term.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Gate {
    waiting: VecDeque<(u64, Withheld)>,
    /// How many of them are votes.
    votes: usize,
}

impl Gate {
    /// Holds a promise back until write `needs` is synced.
    ///
    /// What a waiting promise to the same peer, for the same write, says as well is not queued again:
    /// of two acknowledgements the farther one stays, and a vote asked for twice is given once. So a
    /// node with a hung disk keeps a bounded queue, however often it is asked; and where too many
    /// receivers wait for one write, the next is told nothing, as if the message were lost.
    pub(crate) fn hold(&mut self, needs: u64, promise: Withheld) {
        if !self.cover(needs, &promise) {
            self.queue(needs, promise);
        }
    }

    /// Adds a promise to those that wait, whatever else waits.
    pub(crate) fn queue(&mut self, needs: u64, promise: Withheld) {
        self.votes += usize::from(promise.is_vote());
        let behind = self.waiting.iter().rev().take_while(|(other, _)| *other > needs).count();
        match behind {
            0 => self.waiting.push_back((needs, promise)),
            _ => self.waiting.insert(self.waiting.len() - behind, (needs, promise)),
        }
    }

    /// Whether what waits says this as well now, or there is no room for it.
    fn cover(&mut self, needs: u64, promise: &Withheld) -> bool {
        let Withheld::Message(new) = promise else {
            return false;
        };
        let newer = self.waiting.iter_mut().rev().take_while(|(other, _)| *other >= needs);
        let mut count = 0;
        for (_, waiting) in newer.filter(|(other, _)| *other == needs) {
            count += 1;
            let Withheld::Message(old) = waiting else {
                continue;
            };
            if old.to != new.to {
                continue;
            }
            match (&mut old.body, &new.body) {
                (Body::AppendAccepted { last: covered }, Body::AppendAccepted { last }) => {
                    *covered = (*covered).max(*last);
                    return true;
                }
                (Body::VoteResponse { .. }, Body::VoteResponse { .. }) => return true,
                _ => {}
            }
        }
        count >= PROMISES_MAX
    }

    /// The next promise that only needed writes up to `synced`.
    pub(crate) fn release(&mut self, synced: u64) -> Option<Withheld> {
        let (needs, _) = self.waiting.front()?;
        if *needs > synced {
            return None;
        }
        let (_, promise) = self.waiting.pop_front()?;
        self.votes -= usize::from(promise.is_vote());
        Some(promise)
    }

    /// The term has changed: nothing that waits may be said any more.
    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
        self.votes = 0;
    }

    /// The node is no candidate any more: its requests and its own vote are void.
    pub(crate) fn drop_candidacy(&mut self) {
        self.waiting.retain(|(_, promise)| !promise.is_candidacy());
        self.votes = self.waiting.iter().filter(|(_, promise)| promise.is_vote()).count();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// The first and the last write that something waits for.
    pub(crate) fn waits_for(&self) -> Option<(u64, u64)> {
        Some((self.waiting.front()?.0, self.waiting.back()?.0))
    }

    /// Whether the node's own candidacy waits.
    pub(crate) fn holds_candidacy(&self) -> bool {
        // Asked at every Ready, mostly of nothing: to walk an empty ring costs ten times as much.
        !self.is_empty() && self.waiting.iter().any(|(_, promise)| promise.is_candidacy())
    }

    /// Whether a vote request, the own vote or a grant waits.
    pub(crate) fn holds_vote(&self) -> bool {
        self.votes > 0
    }

    /// Gives back the room that an idle gate has no use for.
    pub(crate) fn rest(&mut self) {
        self.waiting.shrink_to_fit();
    }

    /// Panics if the ends of the queue are out of order, or hold what was said in another term (I3). What
    /// lies between them was looked at when it was at an end, or is placed by `hold`.
    pub(crate) fn check(&self, term: Term) {
        let (Some(first), Some(last)) = (self.waiting.front(), self.waiting.back()) else {
            return;
        };
        assert!(first.0 <= last.0, "I3: the queue of withheld promises is out of order");
        for (_, promise) in [first, last] {
            let current = match promise {
                Withheld::Message(message) => message.term == term,
                Withheld::SelfVote => true,
            };
            assert!(current, "I3: a promise of another term is withheld");
        }
    }
}
