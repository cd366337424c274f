//! Every form of a command is read, and whatever is wrong is named with what would have been right.

use syncline_raft::{Index, NodeId, RoleKind, SyncWanted, Term};
use syncline_traces::{Choice, Link, Sort};

use super::*;

fn node(number: u64) -> NodeId {
    NodeId::new(number).unwrap()
}

fn read(command: &str) -> Command {
    let script = Script::parse("test.scn", &format!("nodes 3\n{command}\n")).unwrap();
    script.commands().next().unwrap().clone()
}

/// A script of three nodes with this line is refused so.
#[track_caller]
fn check(line: &str, error: &str) {
    let found = Script::parse("test.scn", &format!("# Story.\nnodes 3\n{line}\n")).unwrap_err();
    assert_eq!(found.to_string(), format!("test.scn:3: {error}"));
}

#[test]
fn every_choice_is_a_command() {
    for text in [
        "campaign 3",
        "deliver 1->2 append t3 i7 #0",
        "drop 2->1 pulse t0 i0 #12",
        "duplicate 3->1 grant t5 i1 #1",
        "ready 2",
        "write 2 w5",
        "begin-sync 2 upto w5",
        "complete-sync 2 upto w5",
        "report-sync 2 upto w5",
        "apply 1 upto i4",
        "propose 1 v12",
        "crash 1 process",
        "crash 1 machine keep prefix:3",
        "crash 1 machine keep subset:1011",
        "restart 1",
        "cut 1<->2,3",
        "cut 2,3->1",
        "heal",
        "transfer 1->2",
        "forget-leader 3",
        "change 1 voter:4 remove:1 auto",
        "change 1 leave",
        "read 2 r7",
        "checkpoint 1",
        "compact 1 upto i5",
        "send-snapshot 1->3 failed",
        "report-snapshot 1->3 failed",
        "fetch 1->2 failed",
        "unreachable 1->2",
        "request-snapshot 2",
    ] {
        let choice: Choice = text.parse().unwrap();
        assert_eq!(read(text), Command::Do(vec![Act::Choice(choice)]));
        assert_eq!(Act::Choice(choice).to_string(), text);
    }
}

#[test]
fn a_short_form_names_what_comes_first() {
    for (text, sort) in [
        ("write 2", Sort::Write),
        ("begin-sync 2", Sort::BeginSync),
        ("complete-sync 2", Sort::CompleteSync),
        ("report-sync 2", Sort::ReportSync),
        ("apply 2", Sort::Apply),
        ("propose 2", Sort::Propose),
        ("read 2", Sort::Read),
        ("compact 2", Sort::Compact),
    ] {
        let act = Act::First(sort, node(2));
        assert_eq!(read(text), Command::Do(vec![act]));
        assert_eq!(act.to_string(), text);
    }
    for text in
        ["deliver 1->2", "drop 2->1 ack", "duplicate 3->1 vote t2", "deliver 1->3 append t2 i4"]
    {
        let Command::Do(acts) = read(text) else { panic!("{text}") };
        assert_eq!(acts.iter().map(Act::to_string).collect::<Vec<_>>(), [text]);
    }
}

#[test]
fn a_short_form_may_name_several_links() {
    let link = |from, to| Link { from: node(from), to: node(to) };
    let named = Named::default();
    assert_eq!(
        read("deliver 1,3->2"),
        Command::Do(vec![
            Act::Oldest(Sort::Deliver, link(1, 2), named),
            Act::Oldest(Sort::Deliver, link(3, 2), named),
        ])
    );
    assert_eq!(
        read("hold 1->2,3"),
        Command::Hold(vec![Hold::Link(link(1, 2)), Hold::Link(link(1, 3))])
    );
}

#[test]
fn what_a_host_is_asked_to_do_is_done_unless_it_says_otherwise() {
    for text in ["send-snapshot 1->3", "report-snapshot 1->3", "fetch 1->3"] {
        let choice: Choice = format!("{text} done").parse().unwrap();
        assert_eq!(read(text), Command::Do(vec![Act::Choice(choice)]));
    }
    let Command::Do(acts) = read("send-snapshot 1->2,3") else { panic!("two choices") };
    assert_eq!(
        acts.iter().map(Act::to_string).collect::<Vec<_>>(),
        ["send-snapshot 1->2 done", "send-snapshot 1->3 done"]
    );
}

#[test]
fn what_can_be_said_of_leaders_and_members_is_read() {
    let Command::Expect(_, facts) = read(
        "expect 2 pre-candidate t1 leader n1 leader nobody voters 1,2 outgoing nobody \
         next-learners 3 base i4 wants snapshot",
    ) else {
        panic!("an expectation")
    };
    assert_eq!(
        facts,
        [
            Fact::Office(RoleKind::PreCandidate, Term(1)),
            Fact::Leader(Some(node(1))),
            Fact::Leader(None),
            Fact::Members(Half::Voters, NodeSet::first(2)),
            Fact::Members(Half::Outgoing, NodeSet::default()),
            Fact::Members(Half::NextLearners, NodeSet::default().with(node(3))),
            Fact::Base(Index(4)),
            Fact::Wants(Some(SyncWanted::Snapshot)),
        ]
    );
    let words: Vec<String> = facts.iter().map(Fact::to_string).collect();
    assert_eq!(
        words[1..6].join(" "),
        "leader n1 leader nobody voters 1,2 outgoing nobody next-learners 3"
    );
}

#[test]
fn a_plan_is_changed_by_its_numbers_and_switches() {
    let text = "nodes 4\nplan voters 3\nplan pre_vote true\nplan check_quorum true\n";
    let script = Script::parse("test.scn", text).unwrap();
    let plan = script.plan();
    assert_eq!((plan.voters, plan.pre_vote, plan.check_quorum), (3, true, true));
}

#[test]
fn the_verbs_of_scripts_are_read() {
    let some = NodeSet::default().with(node(1)).with(node(3));
    assert_eq!(read("settle"), Command::Settle(NodeSet::first(3)));
    assert_eq!(read("settle 1,3"), Command::Settle(some));
    assert_eq!(read("tick 1,3"), Command::Tick(some, 1));
    assert_eq!(read("tick 1,3 x10"), Command::Tick(some, 10));
    assert_eq!(read("sync 2"), Command::Sync(node(2)));
    let script = Script::parse("test.scn", "nodes 3\nplan calm_ticks 9\nquietly calm\n").unwrap();
    assert_eq!(script.commands().collect::<Vec<_>>(), [&Command::Calm]);
    assert_eq!(read("recover 2"), Command::Recover(node(2)));
    assert_eq!(read("release 2 ready"), Command::Release(vec![Hold::Part(node(2), Part::Ready)]));
    assert_eq!(read("refuse apply 2"), Command::Refuse(vec![Act::First(Sort::Apply, node(2))]));
    assert_eq!(
        read("expect 2 leader t3 synced i4 wants own-copy wants nothing"),
        Command::Expect(
            node(2),
            vec![
                Fact::Office(RoleKind::Leader, Term(3)),
                Fact::Cursor(Cursor::Synced, Index(4)),
                Fact::Wants(Some(SyncWanted::OwnCopy)),
                Fact::Wants(None),
            ]
        )
    );
}

#[test]
fn a_typo_is_named_with_what_was_expected() {
    check("campain 1", &format!("expected {}, found 'campain'", parse::VERBS));
    check("campaign", "expected the number of a node (1 to 9), found the end of the line");
    check("write 4", "expected the number of a node of this cluster, found '4'");
    check("write 1 5", "expected a write such as w3, found '5'");
    check("deliver 1-2", "expected links such as 1->2 or 1->2,3, found '1-2'");
    check("deliver 1->1", "expected links such as 1->2 or 1->2,3, found '1->1'");
    check(
        "deliver 1->2 appendix",
        "expected a kind of message (vote, grant, refuse, pre-vote, pre-grant, pre-refuse, append, \
         ack, reject, heartbeat, pulse, commit, snapshot, want, timeout-now, propose, read, \
         read-answer), found 'appendix'",
    );
    check("deliver 1->2 append 3", "expected a term such as t3, found '3'");
    check("deliver 1->2 append t3 i7 0", "expected an ordinal such as #0, found '0'");
    check("tick 1 10", "expected a number of times such as x10, found '10'");
    check("settle 3,1", "expected nodes of this cluster such as 1,3, in order, found '3,1'");
    check("hold 1 disk", "expected ready, write, sync, apply, fetch or snapshot, found 'disk'");
    check(
        "hold",
        "expected a node and a part of its work, or links such as 1->2, found the end of the line",
    );
    check("heal now", "expected the end of the line, found 'now'");
    check("sync 1 2", "expected the end of the line, found '2'");
    check(
        "expect 1 leader 2",
        "expected a term such as t3, a leader such as n2, or nobody, found '2'",
    );
    check(
        "expect 1 leader n4",
        "expected a term such as t3, a leader such as n2, or nobody, found 'n4'",
    );
    check(
        "expect 1 learners none",
        "expected nodes of this cluster such as 1,3, in order, or nobody, found 'none'",
    );
    check("expect 1 base 4", "expected an index such as i7, found '4'");
    check(
        "expect 1 wants vot",
        "expected vote, gated, own-copy, apply-blocked, snapshot, bytes or nothing, found 'vot'",
    );
    check(
        "change 1 voter:4",
        "expected a change such as 'voter:4 remove:1 auto', or 'leave', found 'voter:4'",
    );
    check("send-snapshot 1->3 soon", "expected done or failed, found 'soon'");
    check("fetch 1", "expected links such as 1->2 or 1->2,3, found '1'");
}

#[test]
fn a_typo_in_a_header_or_an_exception_is_named_likewise() {
    check("refuse", &format!("expected {}, found the end of the line", parse::CHOICES));
    check("refuse settle", &format!("expected {}, found 'settle'", parse::CHOICES));
    check("proves F0 by O6", "expected the name of a mutant such as F4, found 'F0'");
    check("proves F4 with O6", "expected 'by', found 'with'");
    check("proves F4 by X6", "expected an oracle such as O6, found 'X6'");
    check(
        "plan lanes 1",
        "expected a field of a plan that is a number, a switch or a word, such as sync_lanes, \
         found 'lanes'",
    );
    for word in ["often", "after"] {
        let expected = "a word that the field takes, as sync takes every-ready";
        check(&format!("plan sync {word}"), &format!("expected {expected}, found '{word}'"));
    }
    check("plan pre_vote 1", "expected true or false, found '1'");
    check("plan sync_lanes 5000000000", "expected a number below 2^32, found '5000000000'");
    check(
        "  | n1 ticked",
        "expected a command or a proof before its output, found '  | n1 ticked'",
    );
}

#[test]
fn a_calm_has_its_ticks_and_comes_last() {
    let error = |text: &str| {
        let text = format!("nodes 3\nplan calm_ticks 9\n{text}");
        Script::parse("test.scn", &text).unwrap_err().to_string()
    };
    let misplaced = |verb: &str| {
        format!("expected nothing but 'expect' or 'refuse' after 'calm', found '{verb}'")
    };
    assert_eq!(
        error("calm\nexpect 1 applied i1\ntick 1\n"),
        format!("test.scn:5: {}", misplaced("tick"))
    );
    assert_eq!(error("calm\nquietly calm\n"), format!("test.scn:4: {}", misplaced("calm")));
    assert_eq!(error("calm\ndeliver 1->2\n"), format!("test.scn:4: {}", misplaced("deliver")));
    assert!(error("calm 5\n").ends_with("3: expected the end of the line, found '5'"));
    check("calm", "plan: expected calm_ticks to be more than 0 for a calm");
}

#[test]
fn a_header_is_needed_and_comes_first() {
    let error = |text: &str| Script::parse("test.scn", text).unwrap_err().to_string();
    assert_eq!(
        error("# Only prose.\n"),
        "test.scn:1: expected a header that begins with 'nodes 3', found the end of the file"
    );
    assert_eq!(
        error("\nready 1\n"),
        "test.scn:2: expected a header that begins with 'nodes 3', found 'ready'"
    );
    assert_eq!(error("nodes 10\n"), "test.scn:1: expected a number of nodes (1 to 9), found '10'");
    assert_eq!(
        error("nodes 3\nplan sync_lanes 0\nready 1\n"),
        "test.scn:3: plan: expected sync_lanes to be from 1 to 16"
    );
    assert!(error("nodes 3\nready 1\nproves F4 by O6\n").ends_with("found 'proves'"));
    assert!(error("nodes 3\nnodes 3\n").ends_with("found 'nodes'"));
}
