//! The language of scenarios: a script says what shall happen, and shows what then does.
//!
//! A script is read by people first. It opens with its story in prose, then takes a cluster through
//! it step by step, and below each step stands what came of it. That output is generated from typed
//! events, never from a log, so that it changes only when the behaviour does.
//!
//! # The form of a file
//!
//! ```text
//! # Prose, on lines that begin with a hash. A single node commits what it has synced, not before.
//! nodes 1
//! proves F4 by O6
//!   | at 'ready 1': n1 committed i1; synced on 0 of 1 needed (nobody)
//!
//! campaign 1
//!   | n1 was told to campaign
//!   | n1 became candidate of t1, log up to 0@t0
//!   | n1 withholds a promise
//! settle
//!   | ...
//! expect 1 leader t1 committed i1
//! ```
//!
//! - Lines that begin with `#`, and blank lines, are prose.
//! - The header names the cluster: `nodes 3` comes first, and `plan FIELD VALUE` changes a number
//!   or a switch of [`Plan::scripted`]: `plan voters 3`, `plan pre_vote true`,
//!   `plan sync {"after":{"writes":2,"ticks":5}}`. A line `proves F4 by O6` says that the script fails with the mutant F4,
//!   that it is the oracle O6 which convicts it, and, in its output, where and why.
//! - Then comes one command per line. Below each stands its output, every line after `  | `. Equal
//!   lines that follow each other are written once, with their number.
//!
//! `UPDATE=1 cargo test -p syncline-scenarios` writes the output anew and keeps everything else
//! byte for byte. Without it, a difference fails the test.
//!
//! # The commands
//!
//! Every [`Choice`](syncline_traces::Choice) is a command, in the words in which traces name it:
//! `deliver 1->2 append t3 i7 #0`, `begin-sync 1 upto w3`, `crash 1 machine keep prefix:1`. Most
//! have a short form, which means what comes first:
//!
//! | command | does |
//! |---|---|
//! | `write 1`, `apply 1`, `propose 1` | the next write, batch to apply, command |
//! | `begin-sync 1` | begins a sync of all that is written |
//! | `complete-sync 1`, `report-sync 1` | the oldest sync under way, the oldest not reported |
//! | `sync 1` | all three: whatever is written by now is synced, and the node knows |
//! | `complete-op 1 sync`, `fail-op 1 newest lost` | the oldest operation of that kind on a disk of bytes, the newest of all |
//! | `deliver 1->2`, `drop 1->2 append t3` | the oldest message of a link, or of such a name |
//! | `deliver 1->2,3 vote` | the same for each of several links |
//! | `recover 1` | makes durable what the node will read, then restarts it (R23) |
//! | `tick 1 x10`, `tick 1,2 x10` | ten ticks of a clock, of each of two |
//! | `read 1` | a client's next read at a node |
//! | `change 1 voter:4 remove:2 auto` | a client asks for a change of the membership, or to `leave` |
//! | `transfer 1->2`, `forget-leader 2` | the leader hands its office over; a follower forgets it |
//! | `checkpoint 1`, `compact 1` | writes the state down; lets go of the log that it stands for |
//! | `send-snapshot 1->3`, `fetch 1->3` | the host answers what its node asked for a member |
//! | `send-snapshot 1->3 failed` | or answers that it cannot |
//! | `report-snapshot 1->3 failed` | what became of a snapshot; it was delivered if nothing is said |
//! | `unreachable 1->2`, `request-snapshot 2` | a member is out of reach; a follower wants a snapshot |
//! | `settle`, `settle 1,3` | all nodes, or these alone, work until they are quiet |
//! | `calm` | faults cease for good, and everything happens that is due |
//! | `hold 1 sync`, `hold 1->2` | keeps `settle` from a part of a node's work, or from a link |
//! | `release 1 sync` | lets `settle` at it again |
//! | `expect 1 leader t2 committed i4` | a role and its term, or how far a cursor has come |
//! | `expect 2 leader n1`, `expect 2 leader nobody` | whom a node takes for the leader |
//! | `expect 1 voters 1,4 outgoing 1,2,3` | a part of the membership that is active at a node |
//! | `expect 1 base i4` | up to where its log is let go of |
//! | `expect 1 wants gated` | for whose sake the node wants a sync |
//! | `refuse apply 1` | what follows is not on offer now |
//! | `quietly settle` | any command, but its output is only the number of events |
//!
//! The parts of a node's work are `ready`, `write`, `sync`, `apply`, `fetch` and `snapshot`. Those of
//! a membership are `voters`, `outgoing`, `learners` and `next-learners`.
//!
//! `settle` goes round in a fixed order: every node takes its Readys and writes them, begins a sync
//! if it or its host wants one, completes and reports it, and applies; reads back what was asked for,
//! and sends the snapshots that are wanted; then every message that is in flight by then is delivered,
//! and every snapshot that is not in flight any more is reported to have arrived. It never ticks,
//! drops, crashes or restarts anything, and leaves a write that carries nothing but a commit index
//! unsynced, as a host would. Whoever drops a snapshot reports it himself.
//!
//! `calm` is for what must happen *some time* (L1 to L5). It hands the run to the calm that may also
//! follow a random run ([`Calm`](syncline_sim::Calm)): links heal, nodes that are down come back, and
//! nothing is held any more; between two ticks all work is done that there is, in the order of
//! `settle`; clients ask for a few things, and when they have them the calm ends. So `calm` comes last,
//! before nothing but what is expected or refused then. The plan says how long it may take, `plan
//! calm_ticks 10000`, and how many ticks a sync takes, `plan calm_sync_ticks 30`. What it does are
//! ordinary choices, and thousands of them: say `quietly calm`.
//!
//! All oracles judge while a script runs. With a mutant on, `expect` and `refuse` are passed over:
//! they say what the correct core does, and a bug may show in a status before it breaks a promise.
//!
//! # From Rust
//!
//! ```
//! let text = "\
//! ## One node, one vote.
//! nodes 1
//!
//! campaign 1
//!   | n1 was told to campaign
//!   | n1 became candidate of t1, log up to 0@t0
//!   | n1 withholds a promise
//! expect 1 candidate t1 committed i0
//! ";
//! let script = syncline_scenarios::Script::parse("one.scn", text)?;
//! let played = script.check()?;
//! assert_eq!(played.choices.len(), 1);
//!
//! let typo = syncline_scenarios::Script::parse("typo.scn", "nodes 1\ncampain 1\n").unwrap_err();
//! assert!(typo.to_string().starts_with("typo.scn:2: expected a command ("));
//! # Ok::<(), syncline_scenarios::ScriptError>(())
//! ```
//!
//! There is deliberately no variable, loop or include: a script that needs one tells two stories.

mod command;
mod error;
mod parse;
#[cfg(test)]
mod tests;

use serde_json::Value;
use syncline_sim::{BeginError, Plan};
use syncline_traces::NodeSet;

pub use command::{Act, Command, Cursor, Fact, Half, Hold, Named, OpName, Part, Proof};
pub use error::{Fault, ScriptError};

use parse::{Words, syntax};

/// What every script begins with, after its prose.
const HEADER: &str = "a header that begins with 'nodes 3'";

/// What stands before each line of output.
pub(crate) const OUTPUT: &str = "  | ";

/// A script that has been read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Script {
    name: String,
    text: String,
    plan: Plan,
    statements: Vec<Statement>,
}

/// A line that has output, with the output that the file shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Statement {
    /// The number of the line, from 1.
    pub(crate) line: u32,
    pub(crate) kind: Kind,
    /// Each line of output, without what stands before it.
    pub(crate) output: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Proof(Proof),
    Command(Command, Voice),
}

/// How much of what happens at a command is its output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Voice {
    /// Every event.
    Full,
    /// The number of events: for what leads up to the story.
    Quiet,
}

impl Script {
    /// Reads a script. The name is what errors call it, usually its path.
    ///
    /// # Errors
    /// The first line that is not of the language, or a header that no world can follow.
    pub fn parse(name: &str, text: &str) -> Result<Script, ScriptError> {
        let mut reader = Reader { plan: None, began: false, calmed: false, statements: Vec::new() };
        let mut last = 0;
        for (line, number) in text.lines().zip(1..) {
            last = number;
            reader.read(line, number).map_err(|fault| error_at(name, number, fault))?;
        }
        let plan = reader.plan.ok_or_else(|| error_at(name, last, Fault::NoHeader))?;
        plan.validate()
            .map_err(|error| error_at(name, 0, Fault::Begin(Box::new(BeginError::Plan(error)))))?;
        let (name, text) = (name.to_owned(), text.to_owned());
        Ok(Script { name, text, plan, statements: reader.statements })
    }

    /// What errors call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text that it was read from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The plan that its runs follow.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What it proves.
    pub fn proofs(&self) -> impl Iterator<Item = Proof> + '_ {
        self.statements.iter().filter_map(|statement| match &statement.kind {
            Kind::Proof(proof) => Some(*proof),
            Kind::Command(..) => None,
        })
    }

    /// Its commands.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.statements.iter().filter_map(|statement| match &statement.kind {
            Kind::Command(command, _) => Some(command),
            Kind::Proof(_) => None,
        })
    }

    pub(crate) fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// A line of the text, without blanks around it.
    pub(crate) fn line(&self, number: u32) -> &str {
        self.text.lines().nth(number as usize - 1).map_or("", str::trim)
    }

    pub(crate) fn error(&self, line: u32, fault: Fault) -> ScriptError {
        error_at(&self.name, line, fault)
    }
}

fn error_at(name: &str, line: u32, fault: Fault) -> ScriptError {
    ScriptError { file: name.to_owned(), line, fault }
}

/// What has been read of a script so far.
struct Reader {
    plan: Option<Plan>,
    /// The header is over.
    began: bool,
    /// Faults have ceased.
    calmed: bool,
    statements: Vec<Statement>,
}

impl Reader {
    fn read(&mut self, line: &str, number: u32) -> Result<(), Fault> {
        if let Some(output) = output_of(line) {
            let expected = "a command or a proof before its output";
            let statement = self.statements.last_mut().ok_or_else(|| syntax(expected, line))?;
            statement.output.push(output.to_owned());
            return Ok(());
        }
        if line.trim().is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let kind = match &mut self.plan {
            None => return self.read_nodes(line),
            Some(plan) if !self.began && line.starts_with("plan ") => {
                return read_plan(plan, line);
            }
            Some(_) if !self.began && line.starts_with("proves ") => {
                let mut words = after_verb(line);
                let proof = words.proof()?;
                words.end()?;
                Kind::Proof(proof)
            }
            Some(plan) => {
                plan.validate().map_err(|error| Fault::Begin(Box::new(BeginError::Plan(error))))?;
                self.began = true;
                let nodes = NodeSet::first(u64::from(plan.nodes));
                let (voice, line) = match line.strip_prefix("quietly ") {
                    Some(rest) => (Voice::Quiet, rest),
                    None => (Voice::Full, line),
                };
                let command = parse::command(line, nodes)?;
                let calm_ticks = plan.calm_ticks;
                self.follows(&command, calm_ticks, line)?;
                Kind::Command(command, voice)
            }
        };
        self.statements.push(Statement { line: number, kind, output: Vec::new() });
        Ok(())
    }

    /// Checks that a command may come here. Nothing disturbs once faults have ceased, and whatever else
    /// is due has happened by the end of the calm.
    fn follows(&mut self, command: &Command, calm_ticks: u32, line: &str) -> Result<(), Fault> {
        match command {
            Command::Expect(..) | Command::Refuse(_) => Ok(()),
            _ if self.calmed => {
                let verb = line.split_ascii_whitespace().next().unwrap_or("");
                Err(syntax("nothing but 'expect' or 'refuse' after 'calm'", verb))
            }
            Command::Calm if calm_ticks == 0 => Err(Fault::no_calm()),
            Command::Calm => {
                self.calmed = true;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn read_nodes(&mut self, line: &str) -> Result<(), Fault> {
        let mut words = Words::of(line, NodeSet::default());
        words
            .take("a header that begins with 'nodes 3'", |word| (word == "nodes").then_some(()))?;
        let count = words.take("a number of nodes (1 to 9)", |word| {
            let count = word.parse().ok()?;
            (1..=NodeSet::NODES_MAX as u32).contains(&count).then_some(count)
        })?;
        words.end()?;
        self.plan = Some(Plan::scripted(count));
        Ok(())
    }
}

/// The words of a header line after its first one.
fn after_verb(line: &str) -> Words<'_> {
    Words::of(line.split_once(' ').map_or("", |(_, rest)| rest), NodeSet::default())
}

/// Changes one number, switch or word of a plan. Through its JSON, so that each can be changed by the
/// name that it has in traces.
fn read_plan(plan: &mut Plan, line: &str) -> Result<(), Fault> {
    let mut words = after_verb(line);
    let expected = "a field of a plan that is a number, a switch or a word, such as sync_lanes";
    let field = words.take(expected, Some)?;
    let mut json = serde_json::to_value(*plan).unwrap_or_default();
    let value = json.get_mut(field).ok_or_else(|| syntax(expected, field))?;
    *value = match value {
        Value::Bool(_) => {
            Value::from(words.take("true or false", |word| word.parse::<bool>().ok())?)
        }
        Value::Number(_) => Value::from(words.number()?),
        // What has parts is written as in a trace, without spaces: {"after":{"writes":2,"ticks":5}}.
        Value::String(_) => words.take("a word", |word| {
            if word.starts_with('{') { serde_json::from_str(word).ok() } else { Some(word.into()) }
        })?,
        _ => return Err(syntax(expected, field)),
    };
    words.end()?;
    let expected = match value {
        Value::String(_) | Value::Object(_) => {
            "a word that the field takes, as sync takes every-ready"
        }
        _ => "a number below 2^32",
    };
    let given = line.rsplit(' ').next().unwrap_or("");
    *plan = serde_json::from_value(json).map_err(|_| syntax(expected, given))?;
    Ok(())
}

/// The output that a line shows, if it shows any.
pub(crate) fn output_of(line: &str) -> Option<&str> {
    let bar = OUTPUT.trim_end();
    line.strip_prefix(OUTPUT).or_else(|| (line == bar).then_some(""))
}
