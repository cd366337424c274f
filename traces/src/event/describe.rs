//! Events in words: what a trace, a script and a report show of them.

use std::fmt;

use syncline_raft::{HardState, RoleKind};

use super::{Claim, CrashKind, EntryKind, Event, Loss};
use crate::name::{Answer, Direction, Link, MessageKind};

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Claim::Nothing => f.write_str("nothing"),
            Claim::Leads(term) => write!(f, "to lead t{term}"),
            Claim::Candidacy { term, last } => {
                write!(f, "its own vote in t{term} and its log up to {last}")
            }
            Claim::Granted(term) => write!(f, "its vote in t{term}"),
            Claim::Holds { term, index } => {
                write!(f, "the log of the leader of t{term} up to i{index}")
            }
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Loss::Network => "in the network",
            Loss::Overflow => "on a full link",
            Loss::Refused => "to a refusal",
        })
    }
}

fn describe(hard_state: &HardState, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "t{} vote ", hard_state.term)?;
    match hard_state.vote {
        Some(vote) => write!(f, "n{vote}")?,
        None => f.write_str("none")?,
    }
    write!(f, " commit i{}", hard_state.commit)
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Ticked { node } => write!(f, "n{node} ticked"),
            Event::Campaigned { node } => write!(f, "n{node} was told to campaign"),
            Event::Became { node, role, term, last, .. } => {
                let role = match role {
                    RoleKind::Follower => "follower",
                    RoleKind::PreCandidate => "pre-candidate",
                    RoleKind::Candidate => "candidate",
                    RoleKind::Leader => "leader",
                };
                write!(f, "n{node} became {role} of t{term}, log up to {last}")
            }
            Event::Proposed { node, command, index } => {
                write!(f, "n{node} accepted {command} for i{index}")
            }
            Event::ProposalRefused { node, command } => write!(f, "n{node} refused {command}"),
            Event::Truncated { node, from } => write!(f, "n{node} voided its log from i{from}"),
            Event::Appended { node, entry, kind: EntryKind::Change, .. } => {
                write!(f, "n{node} appended change {entry}")
            }
            Event::Appended { node, entry, .. } => write!(f, "n{node} appended {entry}"),
            Event::Issued { node, write, hard_state, last } => {
                write!(f, "n{node} issued {write}: ")?;
                describe(hard_state, f)?;
                write!(f, ", log up to {last}")
            }
            Event::Committed { node, index, .. } => write!(f, "n{node} committed i{index}"),
            Event::HandedOut { node, index, .. } => write!(f, "n{node} handed out up to i{index}"),
            Event::Written { node, write } => write!(f, "n{node} wrote {write}"),
            Event::SyncBegan { node, upto } => write!(f, "n{node} began to sync up to {upto}"),
            Event::SyncCompleted { node, upto } => write!(f, "n{node} disk synced up to {upto}"),
            Event::Withheld { node, promises: 1 } => write!(f, "n{node} withholds a promise"),
            Event::Withheld { node, promises } => {
                write!(f, "n{node} withholds {promises} promises")
            }
            Event::Synced { node, upto, index } => {
                write!(f, "n{node} was told {upto} is synced, log synced up to i{index}")
            }
            Event::Applied { node, entry, .. } => write!(f, "n{node} applied {entry}"),
            Event::Crashed { node, crash: CrashKind::Process, .. } => {
                write!(f, "n{node} lost its process")
            }
            Event::Crashed { node, crash: CrashKind::Machine, lost } => {
                write!(f, "n{node} lost power and {lost} writes")
            }
            Event::Restarted { node, incarnation, hard_state, last } => {
                write!(f, "n{node} restarted ({incarnation}): ")?;
                describe(hard_state, f)?;
                write!(f, ", log up to {last}")
            }
            Event::Panicked { node } => write!(f, "n{node} panicked"),
            Event::Cut { from, to, direction: Direction::Both } => write!(f, "cut {from}<->{to}"),
            Event::Cut { from, to, direction: Direction::OneWay } => write!(f, "cut {from}->{to}"),
            Event::Healed => f.write_str("healed"),
            Event::Calmed => f.write_str("faults have ceased"),
            _ => self.describe_message(f),
        }
    }
}

impl Event {
    /// What happens to messages.
    fn describe_message(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Sent { link, key, claim: Claim::Nothing } => write!(f, "sent {link} {key}"),
            Event::Sent { link, key, claim } => write!(f, "sent {link} {key}, claims {claim}"),
            Event::Carried { link, key, entries, bytes, .. }
                if key.kind == MessageKind::Propose =>
            {
                let what = if *entries == 1 { "proposal" } else { "proposals" };
                write!(f, "{link} {key} carries {entries} {what} of {bytes} bytes")
            }
            Event::Carried { link, key, after, entries, bytes } => {
                let what = if *entries == 1 { "entry" } else { "entries" };
                write!(f, "{link} {key} carries {entries} {what} of {bytes} bytes, after i{after}")
            }
            Event::Delivered { link, key } => write!(f, "delivered {link} {key}"),
            Event::Duplicated { link, key } => write!(f, "delivered a copy of {link} {key}"),
            Event::Lost { link, key, loss } => {
                write!(f, "lost {link} {key} {loss}")
            }
            _ => self.describe_feature(f),
        }
    }

    /// What is beyond electing, replicating and failing.
    fn describe_feature(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Forwarded { node, command } => write!(f, "n{node} sent {command} on"),
            Event::TransferBegan { node, to } => {
                write!(f, "n{node} was told to hand its office to n{to}")
            }
            Event::LeaderForgotten { node } => write!(f, "n{node} was told to forget its leader"),
            Event::ChangeProposed { node, reform, index: Some(index) } => {
                write!(f, "n{node} accepted the change '{reform}' for i{index}")
            }
            Event::ChangeProposed { node, reform, index: None } => {
                write!(f, "n{node} sent the change '{reform}' on")
            }
            Event::ChangeRefused { node, reform } => {
                write!(f, "n{node} refused the change '{reform}'")
            }
            Event::Reconfigured { node, index, members } => {
                write!(f, "n{node} is configured as of i{index}: {members}")
            }
            Event::ReadBegan { node, read } => write!(f, "n{node} took {read}"),
            Event::ReadRefused { node, read } => write!(f, "n{node} refused {read}"),
            Event::Leased { node, term } => write!(f, "n{node} answered by its lease of t{term}"),
            Event::ReadConfirmed { node, read, index } => {
                write!(f, "n{node} may serve {read} from i{index}")
            }
            Event::ReadLost { node, read } => write!(f, "n{node} lost {read}"),
            Event::ReadServed { node, read, applied } => {
                write!(f, "n{node} served {read} at i{applied}")
            }
            _ => self.describe_state(f),
        }
    }

    /// What is about states, snapshots, and entries that are out of memory.
    fn describe_state(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Replaced { node, last, .. } => {
                write!(f, "n{node} put a snapshot up to {last} in place of its log")
            }
            Event::Installed { node, last, .. } => write!(f, "n{node} installed {last}"),
            Event::Checkpointed { node, write, last, .. } => {
                write!(f, "n{node} issued {write}: the state at {last}")
            }
            Event::Compacted { node, write, upto } => {
                write!(f, "n{node} issued {write}: no log up to i{upto}")
            }
            Event::SnapshotWanted { link: Link { from, to }, at_least } => {
                write!(f, "n{from} wants a snapshot from i{at_least} for n{to}")
            }
            Event::FetchWanted { link: Link { from, to }, after } => {
                write!(f, "n{from} wants what n{to} needs after i{after}")
            }
            Event::SnapshotAnswered { link: Link { from, to }, answer: Answer::Done } => {
                write!(f, "n{from} was given a snapshot for n{to}")
            }
            Event::SnapshotAnswered { link: Link { from, to }, answer: Answer::Failed } => {
                write!(f, "n{from} was told that there is no snapshot for n{to}")
            }
            Event::SnapshotReported { link, answer } => {
                let Link { from, to } = link;
                let word = answer.word();
                write!(f, "n{from} was told that the snapshot for n{to} is {word}")
            }
            Event::Fetched { link: Link { from, to }, answer: Answer::Done } => {
                write!(f, "n{from} was given what n{to} needs")
            }
            Event::Fetched { link: Link { from, to }, answer: Answer::Failed } => {
                write!(f, "n{from} was told that what n{to} needs cannot be read")
            }
            Event::Unreached { link: Link { from, to } } => {
                write!(f, "n{from} was told that n{to} cannot be reached")
            }
            Event::SnapshotRequested { node } => {
                write!(f, "n{node} was told to ask for a snapshot")
            }
            Event::StartRefused { node } => write!(f, "n{node} refused to start from its disk"),
            Event::MatchFell { link: Link { from: node, to: peer }, from, to } => {
                write!(f, "n{node} took n{peer} to have i{from}, and now only i{to}")
            }
            _ => self.describe_bytes(f),
        }
    }

    /// What happens on a disk of bytes.
    fn describe_bytes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::OpCompleted { node, op, kind, is_true: true } => {
                write!(f, "n{node} disk completed {op}, a {}", kind.word())
            }
            Event::OpCompleted { node, op, kind, is_true: false } => {
                write!(f, "n{node} disk said that it had completed {op}, a {}", kind.word())
            }
            Event::OpFailed { node, op, kind, fault } => {
                write!(f, "n{node} disk failed at {op}, a {}: {}", kind.word(), fault.word())
            }
            Event::Opened { node, kept, lost } => {
                write!(
                    f,
                    "n{node} read its log: of its unsynced writes {kept} are there, {lost} gone"
                )
            }
            Event::OpenRefused { node } => write!(f, "n{node} refused to open its log"),
            Event::Damaged { node, write, damage } => {
                write!(f, "n{node} disk damaged {write}: {}", damage.word())
            }
            Event::Unread { node, after } => {
                write!(f, "n{node} cannot read its log back after i{after}")
            }
            _ => Ok(()),
        }
    }
}
