//! What a trace looks like, that it survives writing and reading, and what is said of a bad one.

use serde_json::json;
use syncline_raft::{HardState, Index, LogId, RoleKind, Term};

use super::*;
use crate::{
    Chain, Claim, Command, CrashKind, Direction, EntryKind, Keep, Link, Loss, MessageKey,
    MessageKind, Mixer, NodeSet, WriteNo,
};

fn node(number: u64) -> NodeId {
    NodeId::new(number).unwrap()
}

fn header() -> Header {
    Header {
        format: FORMAT.to_owned(),
        subject: "core".to_owned(),
        mutant: Some("F6".to_owned()),
        seed: Some(Seed(u64::MAX)),
        plan: json!({ "nodes": 3, "name": "\"ü\n", "sync": { "after": { "writes": 2 } } }),
    }
}

fn last() -> LogId {
    LogId { term: Term(3), index: Index(7) }
}

fn hard_state(vote: Option<NodeId>) -> HardState {
    HardState { term: Term(3), vote, commit: Index(6) }
}

/// A choice of every sort with events of every sort. The run makes no sense; the form does not
/// care.
fn pairs() -> Vec<(Choice, Vec<Event>)> {
    [at_a_node(), on_a_link(), on_a_disk(), faults()].concat()
}

fn at_a_node() -> Vec<(Choice, Vec<Event>)> {
    let (node, last, chain, command) = (node(1), last(), Chain(0xabc), Command(9));
    let index = Index(8);
    vec![
        (Choice::Tick(node), vec![Event::Ticked { node }]),
        (
            Choice::Campaign(node),
            vec![
                Event::Campaigned { node },
                Event::Became { node, role: RoleKind::Candidate, term: Term(3), last, chain },
            ],
        ),
        (
            Choice::Propose(node, command),
            vec![
                Event::Proposed { node, command, index },
                Event::ProposalRefused { node, command },
            ],
        ),
        (Choice::Apply(node, Index(7)), vec![Event::Applied { node, entry: last, chain }]),
    ]
}

fn on_a_link() -> Vec<(Choice, Vec<Event>)> {
    let link = Link { from: node(1), to: node(2) };
    let (kind, term) = (MessageKind::Append, Term(3));
    let key = MessageKey { kind, term, index: Index(u64::MAX), nth: 2 };
    let sent = |claim| Event::Sent { link, key, claim };
    let lost = |loss| Event::Lost { link, key, loss };
    vec![
        (
            Choice::Ready(node(1)),
            vec![
                sent(Claim::Nothing),
                sent(Claim::Leads(term)),
                sent(Claim::Candidacy { term, last: last() }),
                sent(Claim::Granted(term)),
                sent(Claim::Holds { term, index: Index(7) }),
                lost(Loss::Overflow),
            ],
        ),
        (Choice::Deliver(link, key), vec![Event::Delivered { link, key }, lost(Loss::Refused)]),
        (Choice::Duplicate(link, key), vec![Event::Duplicated { link, key }]),
        (Choice::Drop(link, key), vec![lost(Loss::Network)]),
    ]
}

fn on_a_disk() -> Vec<(Choice, Vec<Event>)> {
    let (node, last, chain, write) = (node(1), last(), Chain(u64::MAX), WriteNo(5));
    let (upto, hard_state) = (write, hard_state(NodeId::new(2)));
    vec![
        (
            Choice::Ready(node),
            vec![
                Event::Truncated { node, from: Index(4) },
                Event::Appended { node, entry: last, kind: EntryKind::Noop, chain },
                Event::Issued { node, write, hard_state, last },
                Event::Committed { node, index: Index(6), chain },
                Event::HandedOut { node, index: Index(6), chain },
            ],
        ),
        (Choice::Write(node, write), vec![Event::Written { node, write }]),
        (Choice::BeginSync(node, upto), vec![Event::SyncBegan { node, upto }]),
        (Choice::CompleteSync(node, upto), vec![Event::SyncCompleted { node, upto }]),
        (Choice::ReportSync(node, upto), vec![Event::Synced { node, upto, index: Index(7) }]),
    ]
}

fn faults() -> Vec<(Choice, Vec<Event>)> {
    let (node, last, hard_state) = (node(1), last(), hard_state(None));
    let (from, to) = (NodeSet::default().with(node), NodeSet::from_bits(0b110));
    let crashed = |crash, lost| Event::Crashed { node, crash, lost };
    let cut =
        |direction| (Choice::Cut(from, to, direction), vec![Event::Cut { from, to, direction }]);
    vec![
        (Choice::CrashProcess(node), vec![crashed(CrashKind::Process, 0)]),
        (Choice::CrashMachine(node, Keep::Subset(5)), vec![crashed(CrashKind::Machine, 2)]),
        (Choice::CrashMachine(node, Keep::Prefix(0)), vec![crashed(CrashKind::Machine, 0)]),
        (Choice::Restart(node), vec![Event::Restarted { node, incarnation: 2, hard_state, last }]),
        cut(Direction::OneWay),
        cut(Direction::Both),
        (Choice::Heal, vec![Event::Healed]),
        (Choice::Calm, vec![Event::Calmed]),
    ]
}

fn trace() -> Trace {
    let mut lines = Vec::new();
    let mut step = 0;
    for (choice, events) in pairs() {
        step += 1;
        for event in events {
            let i = lines.len() as u64 + 1;
            let why = (1..i).filter(|cause| (i - cause).is_power_of_two()).collect();
            let digest = Mixer::digest_of(&(i, event));
            lines.push(Line { i, step, t: i * 250, choice, event, why, digest });
        }
    }
    let (events, digest) = (lines.len() as u64, lines.last().unwrap().digest);
    let violation = Violation {
        oracle: "O6".to_owned(),
        node: node(1),
        event: 6,
        step: 3,
        promise: "what is committed is synced at a quorum".to_owned(),
        found: "n1 committed i6 → held by n1 alone".to_owned(),
        signature: "commit-not-durable/leader".to_owned(),
    };
    let verdict = Verdict::Violation(violation);
    Trace { header: header(), lines, end: Some(End { verdict, steps: step, events, digest }) }
}

/// The text of a small passing run of two ticks.
fn small() -> String {
    let tick = |i| Line {
        i,
        step: i,
        t: 10,
        choice: Choice::Tick(node(i)),
        event: Event::Ticked { node: node(i) },
        why: Vec::new(),
        digest: Digest(u128::from(i)),
    };
    let end = End { verdict: Verdict::Passed, steps: 2, events: 2, digest: Digest(2) };
    let header = Header { mutant: None, seed: None, plan: json!({}), ..header() };
    Trace { header, lines: vec![tick(1), tick(2)], end: Some(end) }.to_text()
}

#[track_caller]
fn check_error(text: &str, message: &str) {
    let error = Trace::parse(text).unwrap_err().to_string();
    assert_eq!(error, message);
    assert_eq!(error.lines().count(), 1);
}

#[test]
fn a_trace_looks_like_this() {
    // Whatever changes here needs a new version of the format.
    let expected = r#"{"format":"syncline-trace/1","subject":"core","mutant":null,"seed":null,"plan":{}}
{"i":1,"step":1,"t":10,"choice":"tick 1","event":{"ticked":{"node":1}},"why":[],"digest":"00000000000000000000000000000001"}
{"i":2,"step":2,"t":10,"choice":"tick 2","event":{"ticked":{"node":2}},"why":[],"digest":"00000000000000000000000000000002"}
{"end":{"verdict":"passed","steps":2,"events":2,"digest":"00000000000000000000000000000002"}}
"#;
    assert_eq!(small(), expected);
    let text = trace().to_text();
    assert!(text.starts_with(
        r#"{"format":"syncline-trace/1","subject":"core","mutant":"F6","seed":"18446744073709551615","plan":{"#
    ));
    assert!(text.contains(r#""choice":"heal","event":"healed","why":["#));
    assert!(text.contains(r#"{"end":{"verdict":{"violation":{"oracle":"O6","node":1,"event":6,"#));
}

#[test]
fn what_is_written_is_read_back_and_the_other_way_round() {
    for text in [trace().to_text(), small()] {
        let read = Trace::parse(&text).unwrap();
        assert_eq!(read.to_text(), text);
        let mut written = Vec::new();
        read.write_to(&mut written).unwrap();
        assert_eq!(written, text.as_bytes());
    }
    assert_eq!(Trace::parse(&trace().to_text()), Ok(trace()));
}

#[test]
fn every_beginning_of_whole_lines_is_a_readable_prefix() {
    let (text, whole) = (trace().to_text(), trace());
    let mut length = 0;
    for (count, row) in text.split_inclusive('\n').enumerate() {
        length += row.len();
        let read = Trace::parse(&text[..length]).unwrap();
        let lines = count.min(whole.lines.len());
        assert_eq!(read.lines, whole.lines[..lines]);
        assert_eq!(read.end.is_some(), count > lines);
    }
}

#[test]
fn no_cut_in_the_middle_of_a_line_is_taken_for_a_trace() {
    let text = small();
    for length in (0..text.len()).filter(|length| !text[..*length].ends_with('\n')) {
        let error = Trace::parse(&text[..length]).unwrap_err();
        assert_eq!(error.line, text[..length].matches('\n').count() as u64 + 1);
    }
}

#[test]
fn a_changed_byte_is_noticed_or_read_as_it_stands() {
    let text = small();
    for at in 0..text.len() {
        for byte in [b' ', b'"', b'0', b'9', b'a', b'}', b'\n', b'\r', 0x1b] {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = byte;
            let changed = String::from_utf8(bytes).unwrap();
            match Trace::parse(&changed) {
                Ok(read) => assert_eq!(read.to_text(), changed),
                Err(error) => assert!(!error.to_string().contains(char::is_control)),
            }
        }
    }
}

#[test]
fn there_is_one_choice_for_each_step() {
    let choices: Vec<Choice> = pairs().into_iter().map(|(choice, _)| choice).collect();
    assert_eq!(trace().choices(), choices);
}

#[test]
fn a_file_that_is_no_trace_is_told_from_one_of_another_version() {
    let header = "a header line (a JSON object with format, subject, mutant, seed, plan)";
    check_error("", &format!("line 1: expected {header}, found nothing"));
    check_error(
        "tick 1\n",
        &format!("line 1: expected {header}, found tick 1 (column 2: expected ident)"),
    );
    check_error(
        "{\"a\":1}\n",
        &format!("line 1: expected {header}, found {{\"a\":1}} (column 7: missing field `format`)"),
    );
    check_error(
        &small().replace("trace/1", "trace/9"),
        "line 1: expected format syncline-trace/1, found syncline-trace/9",
    );
    check_error(
        "{\"format\":\"syncline-trace/9\",\"new\":{}}\n",
        "line 1: expected format syncline-trace/1, found syncline-trace/9",
    );
    let float = small().replace("\"plan\":{}", "\"plan\":{\"rates\":[1,0.5]}");
    check_error(&float, "line 1: expected a plan with whole numbers only, found 0.5");
    let seed = small().replace("\"seed\":null", "\"seed\":\"007\"");
    assert!(Trace::parse(&seed).unwrap_err().hint.contains("expected a seed (a decimal number"));
}

#[test]
fn a_bad_line_is_named_with_what_was_expected() {
    let line = "an event line (a JSON object with i, step, t, choice, event, why, digest)";
    let cut = &small()[..150];
    let found = &cut.lines().nth(1).unwrap()[..60];
    check_error(
        cut,
        &format!("line 2: expected {line}, found {found}… (column 67: EOF while parsing a value)"),
    );
    let blank = small().replace("{\"i\":2,", "\n{\"i\":2,");
    check_error(&blank, &format!("line 3: expected {line}, found nothing"));
    let error = Trace::parse(&small().replace("{\"i\":2,", "{\"i\":2,\"n\":1,")).unwrap_err();
    assert_eq!((error.line, error.expected), (3, Expected::EventLine));
    assert!(error.hint.starts_with("column 10: unknown field `n`, expected one of `i`"), "{error}");
    let error = Trace::parse(&small().replace("tick 2", "tick two")).unwrap_err();
    assert!(error.hint.contains("expected the number of a node (1 to 9), found 'two'"), "{error}");
    let error = Trace::parse(&small().replace("\"passed\"", "\"good\"")).unwrap_err();
    assert_eq!((error.line, error.expected), (4, Expected::EndLine));
    assert!(error.hint.contains("unknown variant `good`"), "{error}");
}

#[test]
fn a_line_has_one_spelling() {
    let one = "the line as a recording spells it (fields in order, no spaces)";
    check_error(
        &small().replace("{\"i\":2,\"step\":2,", "{\"step\":2,\"i\":2,"),
        &format!(
            "line 3: expected {one}, found step\":2,\"i\":2,\"t\":10,\"choice\":\"tick 2\",\"event\":\
             {{\"ticked\":{{\"n… (column 3)"
        ),
    );
    // A field that the event does not know would otherwise be dropped in silence.
    check_error(
        &small().replace("{\"node\":2}", "{\"node\":2,\"x\":1}"),
        &format!(
            "line 3: expected {one}, found ,\"x\":1}}}},\"why\":[],\"digest\":\
             \"00000000000000000000000000000002… (column 69)"
        ),
    );
    check_error(
        &small().replace('\n', "\r\n"),
        &format!("line 1: expected {one}, found \\r (column 83)"),
    );
    check_error(
        small().trim_end(),
        "line 4: expected a line break after the last line, found nothing",
    );
}

#[test]
fn lines_follow_one_another() {
    check_error(&small().replace("\"i\":2", "\"i\":3"), "line 3: expected event number 2, found 3");
    check_error(&small().replace("\"i\":1", "\"i\":0"), "line 2: expected event number 1, found 0");
    check_error(
        &small().replace("\"step\":2,", "\"step\":3,"),
        "line 3: expected step number 1 or 2, found 3",
    );
    check_error(
        &small().replace("\"step\":1,", "\"step\":0,"),
        "line 2: expected step number 1, found 0",
    );
    check_error(
        &small().replace("\"step\":2,", "\"step\":1,"),
        "line 3: expected the choice of this step, tick 1, found tick 2",
    );
    for why in ["[2]", "[0]", "[1,1]"] {
        check_error(
            &small().replacen("2}},\"why\":[]", &format!("2}}}},\"why\":{why}"), 1),
            &format!(
                "line 3: expected the causes of event 2, ascending and before it, found {why}"
            ),
        );
    }
}

#[test]
fn the_end_agrees_with_what_went_before_it() {
    let text = small();
    let mut rows: Vec<&str> = text.split_inclusive('\n').collect();
    check_error(
        &(text.clone() + rows[2]),
        "line 5: expected nothing after the end line, found \
         {\"i\":2,\"step\":2,\"t\":10,\"choice\":\"tick 2\",\"event\":{\"ticked\":{…",
    );
    check_error(
        &(text.clone() + "\n"),
        "line 5: expected nothing after the end line, found nothing",
    );
    check_error(
        &text.replace("\"steps\":2", "\"steps\":3"),
        "line 4: expected an end after 2 steps, found 3",
    );
    check_error(
        &text.replace("\"events\":2", "\"events\":7"),
        "line 4: expected an end after 2 events, found 7",
    );
    let digest = format!("\"digest\":\"{}\"}}}}", Digest(2));
    check_error(
        &text.replace(&digest, &format!("\"digest\":\"{}\"}}}}", Digest(3))),
        &format!(
            "line 4: expected the digest of the last event, {}, found {}",
            Digest(2),
            Digest(3)
        ),
    );
    rows.remove(2);
    check_error(&rows.concat(), "line 3: expected an end after 1 steps, found 2");
    let late = trace().to_text().replace("\"event\":6,\"step\":3", "\"event\":99,\"step\":3");
    assert!(matches!(Trace::parse(&late).unwrap_err().expected, Expected::ViolationEvent(_)));
    let late = trace().to_text().replace("\"event\":6,\"step\":3", "\"event\":6,\"step\":99");
    assert!(matches!(Trace::parse(&late).unwrap_err().expected, Expected::ViolationStep(21)));
}

#[test]
fn an_error_stays_one_line_and_short() {
    let evil = small().replace("\"t\":10,", "\"\\n\\u001b[31m\":10,");
    let error = Trace::parse(&evil).unwrap_err().to_string();
    assert!(!error.contains(char::is_control), "{error}");
    let long = small().replace("tick 1", &"tick 1".repeat(10_000));
    assert!(Trace::parse(&long).unwrap_err().to_string().chars().count() < 500);
    let deep = small().replace("\"plan\":{}", &format!("\"plan\":{}", "[".repeat(100_000)));
    assert!(Trace::parse(&deep).is_err());
}
