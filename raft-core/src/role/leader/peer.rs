//! A look at what a leader knows of the other members.

use super::super::Role;
use crate::node::RawNode;
use crate::progress::{Pace, Stage};
use crate::types::{Index, NodeId};

/// Another member, as its leader sees it: plain data.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Peer {
    /// The member.
    pub id: NodeId,
    /// Up to here it has acknowledged this leader's log.
    pub matched: Index,
    /// The first entry that it is sent next.
    pub next: Index,
    /// How it is sent entries.
    pub pace: PeerPace,
    /// How many messages with entries are under way to it.
    pub inflight_messages: usize,
    /// Whether it has said something since the quorum was last checked.
    pub is_active: bool,
}

/// How a leader sends entries to a member.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PeerPace {
    /// One by one, until their logs are known to meet.
    Probe,
    /// As they come.
    Replicate,
    /// Not before a snapshot has arrived, which ends at this index or above.
    Snapshot(Index),
}

impl RawNode {
    /// What this node knows of the other members, in order, if it leads.
    pub fn peers(&self) -> impl Iterator<Item = Peer> + '_ {
        let peers = match &self.role {
            Role::Leader(leader) => &leader.peers[..],
            _ => &[],
        };
        peers.iter().map(|progress| Peer {
            id: progress.id,
            matched: progress.matched,
            next: progress.next,
            pace: match progress.pace {
                Pace::Probe { .. } => PeerPace::Probe,
                Pace::Replicate => PeerPace::Replicate,
                Pace::Snapshot(
                    Stage::Wanted { at_least: index }
                    | Stage::Asked { at_least: index }
                    | Stage::Failed { at_least: index }
                    | Stage::Sent { last: index },
                ) => PeerPace::Snapshot(index),
            },
            inflight_messages: progress.inflight_messages(),
            is_active: progress.is_active,
        })
    }
}
