//! From the text of a choice back to the choice. The inverse of its `Display`, word for word.

use std::fmt;
use std::str::{FromStr, SplitAsciiWhitespace};

use syncline_raft::{Index, NodeId, Term};

use crate::choice::Choice;
use crate::device::{Damage, IoFault, OpNo};
use crate::members::Reform;
use crate::name::{
    Answer, Command, Direction, Keep, Link, MessageKey, MessageKind, NodeSet, ReadNo, WriteNo,
};

/// Why a text is no choice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChoiceError {
    /// What would have been right at this place.
    pub expected: &'static str,
    /// The word that is there instead; empty at the end of the text.
    pub found: String,
}

impl fmt::Display for ChoiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.found.is_empty() {
            write!(f, "expected {}, found the end of the line", self.expected)
        } else {
            write!(f, "expected {}, found '{}'", self.expected, self.found)
        }
    }
}

impl std::error::Error for ChoiceError {}

const VERBS: &str = "a choice (tick, campaign, deliver, drop, duplicate, ready, write, begin-sync, \
                     complete-sync, report-sync, complete-op, fail-op, lie-op, open, damage, apply, propose, crash, restart, cut, heal, transfer, \
                     forget-leader, change, read, checkpoint, compact, send-snapshot, \
                     report-snapshot, fetch, unreachable, request-snapshot)";

/// The words of a text, taken one by one.
struct Words<'a>(SplitAsciiWhitespace<'a>);

impl<'a> Words<'a> {
    /// The next word, read by `read`.
    fn take<T>(
        &mut self,
        expected: &'static str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<T, ChoiceError> {
        let word = self.0.next().unwrap_or("");
        read(word).ok_or_else(|| ChoiceError { expected, found: word.to_owned() })
    }

    fn word(&mut self, word: &'static str) -> Result<(), ChoiceError> {
        self.take(word, |found| (found == word).then_some(()))
    }

    fn node(&mut self) -> Result<NodeId, ChoiceError> {
        self.take("the number of a node (1 to 9)", node)
    }

    fn write(&mut self) -> Result<WriteNo, ChoiceError> {
        self.take("a write such as w3", |word| number_after(word, "w").map(WriteNo))
    }

    fn upto(&mut self) -> Result<WriteNo, ChoiceError> {
        self.word("upto")?;
        self.write()
    }

    fn op(&mut self) -> Result<OpNo, ChoiceError> {
        self.take("an operation such as o4", |word| number_after(word, "o").map(OpNo))
    }

    /// What happens on a disk of bytes.
    fn of_bytes(&mut self, verb: &str) -> Result<Option<Choice>, ChoiceError> {
        Ok(Some(match verb {
            "complete-op" => Choice::CompleteOp(self.node()?, self.op()?),
            "lie-op" => Choice::LieOp(self.node()?, self.op()?),
            "open" => Choice::Open(self.node()?),
            "fail-op" => {
                let (node, op) = (self.node()?, self.op()?);
                let expected = "a fault (lost, reverted, late, short, device or no-space)";
                Choice::FailOp(node, op, self.take(expected, IoFault::called)?)
            }
            "damage" => {
                let (node, write) = (self.node()?, self.write()?);
                let expected = "a damage (rot, lost, misdirected, unreadable or stale)";
                Choice::Damage(node, write, self.take(expected, Damage::called)?)
            }
            _ => return Ok(None),
        }))
    }

    fn index(&mut self) -> Result<Index, ChoiceError> {
        self.take("an index such as i7", |word| number_after(word, "i").map(Index))
    }

    fn link(&mut self) -> Result<Link, ChoiceError> {
        self.take("a link such as 1->2", |word| {
            let (from, to) = word.split_once("->")?;
            Some(Link { from: node(from)?, to: node(to)? })
        })
    }

    fn answer(&mut self) -> Result<Answer, ChoiceError> {
        self.take("done or failed", |word| {
            Answer::ALL.into_iter().find(|answer| answer.word() == word)
        })
    }

    /// All that is left of the line, with single blanks between its words.
    fn reform(&mut self) -> Result<Reform, ChoiceError> {
        let text = self.0.by_ref().collect::<Vec<_>>().join(" ");
        let expected = "a change such as 'voter:4 remove:1 auto', or 'leave'";
        text.parse().map_err(|_| ChoiceError { expected, found: text })
    }

    fn message(&mut self) -> Result<(Link, MessageKey), ChoiceError> {
        let link = self.link()?;
        let kind = self
            .take("a kind of message (vote, grant, refuse, append, ack, …)", |word| {
                MessageKind::ALL.into_iter().find(|kind| kind.word() == word)
            })?;
        let term = self.take("a term such as t3", |word| number_after(word, "t").map(Term))?;
        let index = self.index()?;
        let nth = self.take("an ordinal such as #0", |word| {
            number_after(word, "#").and_then(|nth| u32::try_from(nth).ok())
        })?;
        Ok((link, MessageKey { kind, term, index, nth }))
    }

    fn crash(&mut self) -> Result<Choice, ChoiceError> {
        let node = self.node()?;
        let machine = self.take("process or machine", |word| match word {
            "process" => Some(false),
            "machine" => Some(true),
            _ => None,
        })?;
        if !machine {
            return Ok(Choice::CrashProcess(node));
        }
        self.word("keep")?;
        let keep = self.take("prefix:N or subset:BITS", keep)?;
        Ok(Choice::CrashMachine(node, keep))
    }

    /// What is beyond electing, replicating and failing.
    fn feature(&mut self, verb: &str) -> Result<Choice, ChoiceError> {
        Ok(match verb {
            "transfer" => Choice::Transfer(self.link()?),
            "forget-leader" => Choice::Forget(self.node()?),
            "change" => Choice::Change(self.node()?, self.reform()?),
            "read" => {
                let node = self.node()?;
                let read = |word| number_after(word, "r").map(ReadNo);
                Choice::Read(node, self.take("a read such as r1", read)?)
            }
            "checkpoint" => Choice::Checkpoint(self.node()?),
            "compact" => {
                let node = self.node()?;
                self.word("upto")?;
                Choice::Compact(node, self.index()?)
            }
            "send-snapshot" => Choice::SendSnapshot(self.link()?, self.answer()?),
            "report-snapshot" => Choice::ReportSnapshot(self.link()?, self.answer()?),
            "fetch" => Choice::Fetch(self.link()?, self.answer()?),
            "unreachable" => Choice::Unreachable(self.link()?),
            "request-snapshot" => Choice::RequestSnapshot(self.node()?),
            _ => return Err(ChoiceError { expected: VERBS, found: verb.to_owned() }),
        })
    }

    fn end(&mut self) -> Result<(), ChoiceError> {
        self.take("the end of the line", |word| word.is_empty().then_some(()))
    }
}

/// A number in its one canonical spelling, so that a choice has one text.
fn number(word: &str) -> Option<u64> {
    let number: u64 = word.parse().ok()?;
    (number.to_string() == word).then_some(number)
}

fn number_after(word: &str, prefix: &str) -> Option<u64> {
    number(word.strip_prefix(prefix)?)
}

fn node(word: &str) -> Option<NodeId> {
    let number = number(word)?;
    NodeId::new(number).filter(|_| number <= NodeSet::NODES_MAX)
}

fn cut(word: &str) -> Option<Choice> {
    let (sides, direction) = match word.split_once("<->") {
        Some(sides) => (sides, Direction::Both),
        None => (word.split_once("->")?, Direction::OneWay),
    };
    Some(Choice::Cut(sides.0.parse().ok()?, sides.1.parse().ok()?, direction))
}

fn keep(word: &str) -> Option<Keep> {
    if let Some(count) = number_after(word, "prefix:") {
        return u32::try_from(count).ok().map(Keep::Prefix);
    }
    let bits = word.strip_prefix("subset:")?;
    let keep = Keep::Subset(u64::from_str_radix(bits, 2).ok()?);
    (keep.to_string() == word).then_some(keep)
}

impl FromStr for Choice {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Choice, ChoiceError> {
        let mut words = Words(text.split_ascii_whitespace());
        let verb = words.take(VERBS, Some)?;
        let choice = match verb {
            "tick" => Choice::Tick(words.node()?),
            "campaign" => Choice::Campaign(words.node()?),
            "deliver" => words.message().map(|(link, key)| Choice::Deliver(link, key))?,
            "drop" => words.message().map(|(link, key)| Choice::Drop(link, key))?,
            "duplicate" => words.message().map(|(link, key)| Choice::Duplicate(link, key))?,
            "ready" => Choice::Ready(words.node()?),
            "write" => Choice::Write(words.node()?, words.write()?),
            "begin-sync" => Choice::BeginSync(words.node()?, words.upto()?),
            "complete-sync" => Choice::CompleteSync(words.node()?, words.upto()?),
            "report-sync" => Choice::ReportSync(words.node()?, words.upto()?),
            "apply" => {
                let node = words.node()?;
                words.word("upto")?;
                Choice::Apply(node, words.index()?)
            }
            "propose" => {
                let node = words.node()?;
                let read = |word| number_after(word, "v").map(Command);
                Choice::Propose(node, words.take("a command such as v1", read)?)
            }
            "crash" => words.crash()?,
            "restart" => Choice::Restart(words.node()?),
            "cut" => words.take("two sides such as 1<->2,3 or 1->2", cut)?,
            "heal" => Choice::Heal,
            "calm" => Choice::Calm,
            _ => match words.of_bytes(verb)? {
                Some(choice) => choice,
                None => words.feature(verb)?,
            },
        };
        words.end()?;
        Ok(choice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str) {
        assert_eq!(text.parse::<Choice>().map(|choice| choice.to_string()).as_deref(), Ok(text));
    }

    #[test]
    fn every_choice_reads_back_as_it_is_written() {
        for text in [
            "tick 1",
            "campaign 9",
            "deliver 1->2 append t3 i7 #0",
            "drop 2->1 pulse t0 i0 #12",
            "duplicate 3->1 grant t18446744073709551615 i1 #1",
            "ready 2",
            "write 2 w5",
            "begin-sync 2 upto w5",
            "complete-sync 2 upto w5",
            "report-sync 2 upto w5",
            "complete-op 1 o17",
            "fail-op 1 o17 reverted",
            "lie-op 2 o3",
            "open 3",
            "damage 1 w5 rot",
            "apply 1 upto i4",
            "propose 1 v12",
            "crash 1 process",
            "crash 1 machine keep prefix:3",
            "crash 1 machine keep subset:1011",
            "restart 1",
            "cut 1<->2,3",
            "cut 2,3->1",
            "heal",
            "calm",
            "transfer 1->2",
            "forget-leader 3",
            "change 1 leave",
            "change 1 voter:4 remove:1 auto",
            "read 2 r7",
            "checkpoint 1",
            "compact 1 upto i5",
            "send-snapshot 1->3 done",
            "report-snapshot 1->3 failed",
            "fetch 1->2 done",
            "unreachable 1->2",
            "request-snapshot 2",
        ] {
            check(text);
        }
    }

    #[test]
    fn a_wrong_word_is_named_with_what_was_expected() {
        let error = |text: &str| text.parse::<Choice>().unwrap_err().to_string();
        assert_eq!(
            error("tick"),
            "expected the number of a node (1 to 9), found the end of the line"
        );
        assert_eq!(error("write 1 5"), "expected a write such as w3, found '5'");
        assert_eq!(error("heal now"), "expected the end of the line, found 'now'");
        assert_eq!(error("tick 0"), "expected the number of a node (1 to 9), found '0'");
        assert!(error("crahs 1 process").starts_with("expected a choice (tick, "));
        assert!(error("cut 3,1->2").starts_with("expected two sides"));
        assert!(error("tick 01").starts_with("expected the number"));
    }
}
