//! From the words of a line to a command. Every refusal names the word and what was expected.

use std::str::SplitAsciiWhitespace;

use syncline_raft::{Index, NodeId, RoleKind, Term};
use syncline_sim::{Mutant, OracleId};
use syncline_traces::{Answer, Choice, ChoiceError, Link, MessageKind, NodeSet, Sort};

use super::command::{
    Act, Command, Cursor, Fact, Half, Hold, NOBODY, Named, OpName, Part, Proof, ROLES, WANTS,
};
use super::error::Fault;

pub(super) const VERBS: &str = "a command (tick, campaign, propose, ready, write, begin-sync, \
                                complete-sync, report-sync, complete-op, fail-op, lie-op, open, \
                                damage, sync, apply, deliver, drop, duplicate, crash, restart, recover, cut, heal, transfer, \
                                forget-leader, change, read, checkpoint, compact, \
                                send-snapshot, report-snapshot, fetch, unreachable, \
                                request-snapshot, settle, calm, hold, release, expect, refuse)";
pub(super) const CHOICES: &str = "a choice (tick, campaign, propose, ready, write, begin-sync, \
                                  complete-sync, report-sync, complete-op, fail-op, lie-op, open, \
                                  damage, apply, deliver, drop, duplicate, crash, restart, cut, heal, transfer, forget-leader, change, \
                                  read, checkpoint, compact, send-snapshot, report-snapshot, \
                                  fetch, unreachable, request-snapshot)";
const NODE: &str = "the number of a node of this cluster";
const NODES: &str = "nodes of this cluster such as 1,3, in order";
const LINKS: &str = "links such as 1->2 or 1->2,3";
const TERM: &str = "a term such as t3";
const INDEX: &str = "an index such as i7";

/// The sorts of which `VERB NODE` means the first on offer.
const FIRST: [Sort; 8] = [
    Sort::Write,
    Sort::BeginSync,
    Sort::CompleteSync,
    Sort::ReportSync,
    Sort::Apply,
    Sort::Propose,
    Sort::Read,
    Sort::Compact,
];

/// The sorts of which `VERB LINK` means that it went well.
const DONE: [Sort; 3] = [Sort::SendSnapshot, Sort::ReportSnapshot, Sort::Fetch];

/// The sorts of which `VERB LINK` means the oldest message.
const OLDEST: [Sort; 3] = [Sort::Deliver, Sort::Drop, Sort::Duplicate];

/// The words of a line, taken one by one.
pub(super) struct Words<'a> {
    line: &'a str,
    words: SplitAsciiWhitespace<'a>,
    /// The nodes that there are.
    nodes: NodeSet,
}

/// Reads a command.
pub(super) fn command(line: &str, nodes: NodeSet) -> Result<Command, Fault> {
    let mut words = Words::of(line, nodes);
    let verb = words.take(VERBS, Some)?;
    let command = match verb {
        "settle" => Command::Settle(words.nodes_or_all()?),
        "calm" => Command::Calm,
        "sync" => Command::Sync(words.node()?),
        "recover" => Command::Recover(words.node()?),
        "hold" => Command::Hold(words.hold()?),
        "release" => Command::Release(words.hold()?),
        "expect" => Command::Expect(words.node()?, words.facts()?),
        "refuse" => return act(words.rest(), nodes, CHOICES).map(Command::Refuse),
        "tick" => Command::Tick(words.nodes()?, words.times()?),
        _ => return act(line, nodes, VERBS).map(Command::Do),
    };
    words.end()?;
    Ok(command)
}

/// Reads a choice, in full or in a short form. A short form may name several links at once.
fn act(text: &str, nodes: NodeSet, verbs: &'static str) -> Result<Vec<Act>, Fault> {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let verb = words.first().copied().unwrap_or("");
    let sort = Sort::ALL.into_iter().find(|sort| sort.word() == verb);
    // These verbs are of sorts that have another word.
    let is_verb = verb == "crash" || is_of_op(verb);
    if !is_verb && (sort.is_none() || verb.starts_with("crash")) {
        return Err(syntax(verbs, verb));
    }
    match (sort, &words[..]) {
        (Some(sort), [_, word]) if FIRST.contains(&sort) => {
            let node = node(word, nodes).ok_or_else(|| syntax(NODE, word))?;
            Ok(vec![Act::First(sort, node)])
        }
        (Some(sort), [_, word]) if DONE.contains(&sort) => {
            let links = links(word, nodes).ok_or_else(|| syntax(LINKS, word))?;
            Ok(links.into_iter().map(|link| Act::Choice(done(sort, link))).collect())
        }
        (Some(sort), [_, word, name @ ..]) if OLDEST.contains(&sort) && name.len() < 4 => {
            let links = links(word, nodes).ok_or_else(|| syntax(LINKS, word))?;
            let named = named(name)?;
            Ok(links.into_iter().map(|link| Act::Oldest(sort, link, named)).collect())
        }
        (_, [verb, word, op, rest @ ..]) if is_of_op(verb) && OpName::called(op).is_some() => {
            let first = [&[*verb, *word, "o0"], rest].concat().join(" ");
            let choice = first.parse().map_err(unclear)?;
            Ok(OpName::called(op).map(|op| Act::Op(choice, op)).into_iter().collect())
        }
        _ => text.parse().map(|choice| vec![Act::Choice(choice)]).map_err(unclear),
    }
}

fn unclear(error: ChoiceError) -> Fault {
    let ChoiceError { expected, found } = error;
    Fault::Syntax { expected, found }
}

/// The verbs about one operation of a disk of bytes, which need not be called by its number.
fn is_of_op(verb: &str) -> bool {
    matches!(verb, "complete-op" | "lie-op" | "fail-op")
}

/// What a host was asked to do is done.
fn done(sort: Sort, link: Link) -> Choice {
    match sort {
        Sort::SendSnapshot => Choice::SendSnapshot(link, Answer::Done),
        Sort::ReportSnapshot => Choice::ReportSnapshot(link, Answer::Done),
        _ => Choice::Fetch(link, Answer::Done),
    }
}

/// Reads the beginning of a message's name.
fn named(words: &[&str]) -> Result<Named, Fault> {
    const KIND: &str = "a kind of message (vote, grant, refuse, pre-vote, pre-grant, pre-refuse, append, ack, \
         reject, heartbeat, pulse, commit, snapshot, want, timeout-now, propose, read, read-answer)";
    let read = |at: usize| words.get(at).copied();
    let kind_of = |word| MessageKind::ALL.into_iter().find(|kind| kind.word() == word);
    let kind = read(0).map(|word| kind_of(word).ok_or_else(|| syntax(KIND, word)));
    let term = read(1).map(|word| term(word).ok_or_else(|| syntax(TERM, word)));
    let index = read(2).map(|word| index(word).ok_or_else(|| syntax(INDEX, word)));
    Ok(Named { kind: kind.transpose()?, term: term.transpose()?, index: index.transpose()? })
}

impl<'a> Words<'a> {
    pub(super) fn of(line: &'a str, nodes: NodeSet) -> Words<'a> {
        Words { line, words: line.split_ascii_whitespace(), nodes }
    }

    /// The next word, read by `read`.
    pub(super) fn take<T>(
        &mut self,
        expected: &'static str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<T, Fault> {
        let word = self.words.next().unwrap_or("");
        read(word).ok_or_else(|| syntax(expected, word))
    }

    /// Everything after the first word.
    fn rest(&self) -> &'a str {
        self.line.trim_start().split_once(|c: char| c.is_ascii_whitespace()).map_or("", |(_, r)| r)
    }

    fn node(&mut self) -> Result<NodeId, Fault> {
        let nodes = self.nodes;
        self.take(NODE, |word| node(word, nodes))
    }

    fn nodes(&mut self) -> Result<NodeSet, Fault> {
        let all = self.nodes;
        self.take(NODES, |word| nodes(word, all))
    }

    fn nodes_or_all(&mut self) -> Result<NodeSet, Fault> {
        let all = self.nodes;
        self.take(NODES, |word| if word.is_empty() { Some(all) } else { nodes(word, all) })
    }

    fn hold(&mut self) -> Result<Vec<Hold>, Fault> {
        let nodes = self.nodes;
        let expected = "a node and a part of its work, or links such as 1->2";
        let word = self.take(expected, Some)?;
        if let Some(links) = links(word, nodes) {
            return Ok(links.into_iter().map(Hold::Link).collect());
        }
        let node = node(word, nodes).ok_or_else(|| syntax(expected, word))?;
        let (part, _) = self.take("ready, write, sync, apply, fetch or snapshot", |word| {
            Part::ALL.into_iter().find(|(_, name)| *name == word)
        })?;
        Ok(vec![Hold::Part(node, part)])
    }

    fn times(&mut self) -> Result<u32, Fault> {
        self.take("a number of times such as x10", |word| match word {
            "" => Some(1),
            _ => number_after(word, "x").filter(|times| (1..=TICKS_MAX).contains(times)),
        })
        .map(|times| times as u32)
    }

    fn facts(&mut self) -> Result<Vec<Fact>, Fault> {
        const FACT: &str = "a role (follower, pre-candidate, candidate, leader), a cursor \
                            (appended, issued, advanced, synced, committed, applied), a part of \
                            the membership (voters, outgoing, learners, next-learners), 'base' or \
                            'wants'";
        let mut facts = Vec::new();
        loop {
            let word = self.words.next().unwrap_or("");
            let role = ROLES.into_iter().find(|(_, name)| *name == word);
            let cursor = Cursor::ALL.into_iter().find(|(_, name)| *name == word);
            let half = Half::ALL.into_iter().find(|(_, name)| *name == word);
            facts.push(match (role, cursor, half, word) {
                (Some((RoleKind::Leader, _)), ..) => self.leader()?,
                (Some((role, _)), ..) => Fact::Office(role, self.term()?),
                (_, Some((cursor, _)), ..) => Fact::Cursor(cursor, self.index()?),
                (.., Some((half, _)), _) => Fact::Members(half, self.nodes_or_nobody()?),
                (.., "wants") => Fact::Wants(self.wanted()?),
                (.., "base") => Fact::Base(self.index()?),
                (.., "") if !facts.is_empty() => return Ok(facts),
                _ => return Err(syntax(FACT, word)),
            });
        }
    }

    /// What stands behind the word `leader`: the term that a node leads, or whom it follows.
    fn leader(&mut self) -> Result<Fact, Fault> {
        let nodes = self.nodes;
        let expected = "a term such as t3, a leader such as n2, or nobody";
        self.take(expected, |word| {
            let leads = || Some(Fact::Office(RoleKind::Leader, term(word)?));
            let follows = || Some(Fact::Leader(Some(node(word.strip_prefix('n')?, nodes)?)));
            let nobody = || (word == NOBODY).then_some(Fact::Leader(None));
            leads().or_else(follows).or_else(nobody)
        })
    }

    fn nodes_or_nobody(&mut self) -> Result<NodeSet, Fault> {
        let all = self.nodes;
        let expected = "nodes of this cluster such as 1,3, in order, or nobody";
        self.take(expected, |word| match word {
            NOBODY => Some(NodeSet::default()),
            _ => nodes(word, all),
        })
    }

    fn term(&mut self) -> Result<Term, Fault> {
        self.take(TERM, term)
    }

    fn index(&mut self) -> Result<Index, Fault> {
        self.take(INDEX, index)
    }

    fn wanted(&mut self) -> Result<Option<syncline_raft::SyncWanted>, Fault> {
        let expected = "vote, gated, own-copy, apply-blocked, snapshot, bytes or nothing";
        let found = self.take(expected, |word| WANTS.into_iter().find(|(_, name)| *name == word));
        found.map(|(wanted, _)| wanted)
    }

    /// The rest of a line `proves MUTANT by ORACLE`.
    pub(super) fn proof(&mut self) -> Result<Proof, Fault> {
        let mutant = self.take("the name of a mutant such as F4", |word| {
            Mutant::all().find(|mutant| mutant.name() == word)
        })?;
        self.take("'by'", |word| (word == "by").then_some(()))?;
        let oracle = self.take("an oracle such as O6", |word| word.parse::<OracleId>().ok())?;
        Ok(Proof { mutant, oracle })
    }

    pub(super) fn number(&mut self) -> Result<u64, Fault> {
        self.take("a number", number)
    }

    pub(super) fn end(&mut self) -> Result<(), Fault> {
        self.take("the end of the line", |word| word.is_empty().then_some(()))
    }
}

/// How many ticks one line may ask for.
const TICKS_MAX: u64 = 1_000;

pub(super) fn syntax(expected: &'static str, found: &str) -> Fault {
    Fault::Syntax { expected, found: found.to_owned() }
}

/// A number in its one canonical spelling.
fn number(word: &str) -> Option<u64> {
    let number: u64 = word.parse().ok()?;
    (number.to_string() == word).then_some(number)
}

fn number_after(word: &str, prefix: &str) -> Option<u64> {
    number(word.strip_prefix(prefix)?)
}

fn node(word: &str, nodes: NodeSet) -> Option<NodeId> {
    NodeId::new(number(word)?).filter(|node| nodes.contains(*node))
}

fn term(word: &str) -> Option<Term> {
    number_after(word, "t").map(Term)
}

fn index(word: &str) -> Option<Index> {
    number_after(word, "i").map(Index)
}

/// Some of these nodes.
fn nodes(word: &str, all: NodeSet) -> Option<NodeSet> {
    let with = |set: NodeSet, word| Some(set.with(node(word, all)?));
    let some = word.split(',').try_fold(NodeSet::default(), with)?;
    (some.to_string() == word).then_some(some)
}

/// Every link from one side to the other, in order.
fn links(word: &str, all: NodeSet) -> Option<Vec<Link>> {
    let (from, to) = word.split_once("->")?;
    let (from, to) = (nodes(from, all)?, nodes(to, all)?);
    let apart = from.without(to) == from;
    let to_all = |from| to.iter().map(move |to| Link { from, to });
    apart.then(|| from.iter().flat_map(to_all).collect())
}
