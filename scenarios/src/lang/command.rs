//! What a line of a script can ask for: the whole vocabulary, as types.

use std::fmt;

use syncline_raft::{Index, NodeId, RoleKind, SyncWanted, Term};
use syncline_sim::{Mutant, OracleId};
use syncline_traces::{Choice, Link, Members, MessageKey, MessageKind, NodeSet, OpKind, Sort};

/// One command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// Make these choices.
    Do(Vec<Act>),
    /// Let the clocks of these nodes tick so many times.
    Tick(NodeSet, u32),
    /// Begin a sync of all that is written, let it complete, and report it.
    Sync(NodeId),
    /// Start a node that is down, after making durable what it reads (R23).
    Recover(NodeId),
    /// Let these nodes work until they are quiet, without a tick.
    Settle(NodeSet),
    /// Let faults cease for good, and everything happen that is due, until nobody waits for anything.
    Calm,
    /// Keep `settle` away from these.
    Hold(Vec<Hold>),
    /// Let `settle` at them again.
    Release(Vec<Hold>),
    /// All of this must be so of a node.
    Expect(NodeId, Vec<Fact>),
    /// The world must offer none of these.
    Refuse(Vec<Act>),
}

/// A choice, in full or by what comes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// Exactly this choice.
    Choice(Choice),
    /// The first choice of this sort that a node has on offer.
    First(Sort, NodeId),
    /// The choice of this sort about the oldest message of a link that has such a name.
    Oldest(Sort, Link, Named),
    /// This choice, about that operation instead of the one that it names.
    Op(Choice, OpName),
}

/// An operation under way, by what it is instead of by its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpName {
    /// The oldest of that kind.
    Oldest(OpKind),
    /// The newest of all.
    Newest,
}

impl OpName {
    pub(crate) fn called(word: &str) -> Option<OpName> {
        match word {
            "newest" => Some(OpName::Newest),
            _ => OpKind::called(word).map(OpName::Oldest),
        }
    }
}

/// As much of a message's name as a script gives: what is left out may be anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Named {
    /// What it is.
    pub kind: Option<MessageKind>,
    /// The sender's term.
    pub term: Option<Term>,
    /// The index that it is about.
    pub index: Option<Index>,
}

impl Named {
    /// Whether a message has such a name.
    pub(crate) fn fits(self, key: MessageKey) -> bool {
        self.kind.is_none_or(|kind| kind == key.kind)
            && self.term.is_none_or(|term| term == key.term)
            && self.index.is_none_or(|index| index == key.index)
    }
}

/// What `settle` can be kept away from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Hold {
    /// A part of a node's work.
    Part(NodeId, Part),
    /// The messages of a link.
    Link(Link),
}

/// The parts of a host's work.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    /// Taking Readys.
    Ready,
    /// Writing.
    Write,
    /// Beginning, completing and reporting syncs.
    Sync,
    /// Applying.
    Apply,
    /// Reading entries back.
    Fetch,
    /// Sending snapshots, and reporting what became of them.
    Snapshot,
}

/// Something that is so of a node, or is not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fact {
    /// Its role and term.
    Office(RoleKind, Term),
    /// How far one of its cursors has come.
    Cursor(Cursor, Index),
    /// For whose sake it wants a sync; `None` for nobody's.
    Wants(Option<SyncWanted>),
    /// Who leads, as far as it knows; `None` if it knows nobody.
    Leader(Option<NodeId>),
    /// Who belongs to one part of the membership that is active there.
    Members(Half, NodeSet),
    /// Up to where its log is let go of.
    Base(Index),
}

/// The parts of a membership.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Half {
    /// Who votes.
    Voters,
    /// Who voted before, in a joint membership.
    Outgoing,
    /// Who receives the log without a vote.
    Learners,
    /// Who becomes a learner when the joint membership is left.
    NextLearners,
}

/// The six cursors of a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "each is the cursor of the same name")]
pub enum Cursor {
    Appended,
    Issued,
    Advanced,
    Synced,
    Committed,
    Applied,
}

/// A known bug, and the oracle that must convict a script in which it is switched on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Proof {
    /// The bug.
    pub mutant: Mutant,
    /// The oracle.
    pub oracle: OracleId,
}

impl Part {
    /// All of them, with their words.
    pub(super) const ALL: [(Part, &'static str); 6] = [
        (Part::Ready, "ready"),
        (Part::Write, "write"),
        (Part::Sync, "sync"),
        (Part::Apply, "apply"),
        (Part::Fetch, "fetch"),
        (Part::Snapshot, "snapshot"),
    ];
}

impl Half {
    /// All of them, with their words.
    pub(super) const ALL: [(Half, &'static str); 4] = [
        (Half::Voters, "voters"),
        (Half::Outgoing, "outgoing"),
        (Half::Learners, "learners"),
        (Half::NextLearners, "next-learners"),
    ];

    /// This part of a membership.
    pub(crate) fn of(self, members: Members) -> NodeSet {
        match self {
            Half::Voters => members.voters,
            Half::Outgoing => members.outgoing,
            Half::Learners => members.learners,
            Half::NextLearners => members.learners_next,
        }
    }
}

impl Cursor {
    /// All of them, with their words, in the order in which a log moves them.
    pub(super) const ALL: [(Cursor, &'static str); 6] = [
        (Cursor::Appended, "appended"),
        (Cursor::Issued, "issued"),
        (Cursor::Advanced, "advanced"),
        (Cursor::Synced, "synced"),
        (Cursor::Committed, "committed"),
        (Cursor::Applied, "applied"),
    ];

    fn word(self) -> &'static str {
        word_of(&Cursor::ALL, self)
    }
}

/// The roles, with their words.
pub(super) const ROLES: [(RoleKind, &str); 4] = [
    (RoleKind::Follower, "follower"),
    (RoleKind::PreCandidate, "pre-candidate"),
    (RoleKind::Candidate, "candidate"),
    (RoleKind::Leader, "leader"),
];

/// For whose sake a sync is wanted, with their words.
pub(super) const WANTS: [(Option<SyncWanted>, &str); 7] = [
    (Some(SyncWanted::Vote), "vote"),
    (Some(SyncWanted::Gated), "gated"),
    (Some(SyncWanted::OwnCopy), "own-copy"),
    (Some(SyncWanted::ApplyBlocked), "apply-blocked"),
    (Some(SyncWanted::Snapshot), "snapshot"),
    (Some(SyncWanted::Bytes), "bytes"),
    (None, "nothing"),
];

/// No node at all.
pub(super) const NOBODY: &str = "nobody";

fn word_of<T: Copy + PartialEq>(words: &[(T, &'static str)], thing: T) -> &'static str {
    words.iter().find(|(other, _)| *other == thing).map_or("", |(_, word)| word)
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fact::Office(role, term) => write!(f, "{} t{term}", word_of(&ROLES, *role)),
            Fact::Cursor(cursor, index) => write!(f, "{} i{index}", cursor.word()),
            Fact::Wants(wanted) => write!(f, "wants {}", word_of(&WANTS, *wanted)),
            Fact::Leader(Some(leader)) => write!(f, "leader n{leader}"),
            Fact::Leader(None) => write!(f, "leader {NOBODY}"),
            Fact::Members(half, nodes) if nodes.is_empty() => {
                write!(f, "{} {NOBODY}", word_of(&Half::ALL, *half))
            }
            Fact::Members(half, nodes) => write!(f, "{} {nodes}", word_of(&Half::ALL, *half)),
            Fact::Base(index) => write!(f, "base i{index}"),
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Act::Choice(choice) => choice.fmt(f),
            Act::First(sort, node) => write!(f, "{} {node}", sort.word()),
            Act::Oldest(sort, link, Named { kind, term, index }) => {
                write!(f, "{} {link}", sort.word())?;
                kind.map_or(Ok(()), |kind| write!(f, " {}", kind.word()))?;
                term.map_or(Ok(()), |term| write!(f, " t{term}"))?;
                index.map_or(Ok(()), |index| write!(f, " i{index}"))
            }
            Act::Op(choice, op) => {
                let word = match op {
                    OpName::Oldest(kind) => kind.word(),
                    OpName::Newest => "newest",
                };
                f.write_str(&choice.to_string().replacen(" o0", &format!(" {word}"), 1))
            }
        }
    }
}
