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
fn the_verbs_of_scripts_are_read() {
    let some = NodeSet::default().with(node(1)).with(node(3));
    assert_eq!(read("settle"), Command::Settle(NodeSet::first(3)));
    assert_eq!(read("settle 1,3"), Command::Settle(some));
    assert_eq!(read("tick 1,3"), Command::Tick(some, 1));
    assert_eq!(read("tick 1,3 x10"), Command::Tick(some, 10));
    assert_eq!(read("sync 2"), Command::Sync(node(2)));
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
        "expected a kind of message (vote, grant, refuse, append, ack, reject, heartbeat, pulse), \
         found 'appendix'",
    );
    check("deliver 1->2 append 3", "expected a term such as t3, found '3'");
    check("deliver 1->2 append t3 i7 0", "expected an ordinal such as #0, found '0'");
    check("tick 1 10", "expected a number of times such as x10, found '10'");
    check("settle 3,1", "expected nodes of this cluster such as 1,3, in order, found '3,1'");
    check("hold 1 disk", "expected ready, write, sync or apply, found 'disk'");
    check(
        "hold",
        "expected a node and a part of its work, or links such as 1->2, found the end of the line",
    );
    check("heal now", "expected the end of the line, found 'now'");
    check("sync 1 2", "expected the end of the line, found '2'");
    check("expect 1 leader 2", "expected a term such as t3, found '2'");
    check(
        "expect 1 wants vot",
        "expected vote, gated, own-copy, apply-blocked, bytes or nothing, found 'vot'",
    );
    check("refuse", &format!("expected {}, found the end of the line", parse::CHOICES));
    check("refuse settle", &format!("expected {}, found 'settle'", parse::CHOICES));
    check("proves F0 by O6", "expected the name of a mutant such as F4, found 'F0'");
    check("proves F4 with O6", "expected 'by', found 'with'");
    check("proves F4 by X6", "expected an oracle such as O6, found 'X6'");
    check(
        "plan lanes 1",
        "expected a field of a plan that is a number, such as sync_lanes, found 'lanes'",
    );
    check("plan sync_lanes 5000000000", "expected a number below 2^32, found '5000000000'");
    check(
        "  | n1 ticked",
        "expected a command or a proof before its output, found '  | n1 ticked'",
    );
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
