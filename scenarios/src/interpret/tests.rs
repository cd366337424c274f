//! What a command does, and how it fails.

use super::*;

const LED: &str = "nodes 3\ncampaign 1\nsettle\n";

fn run(text: &str) -> Result<Played, ScriptError> {
    Script::parse("test.scn", text).unwrap().run(None)
}

/// The commands, after node 1 has become leader, fail in this line.
#[track_caller]
fn check(commands: &str, error: &str) {
    let found = run(&format!("{LED}{commands}\n")).unwrap_err();
    assert_eq!(found.to_string(), format!("test.scn:{error}"));
}

#[test]
fn an_expectation_that_is_not_met_says_what_is_so() {
    check("expect 1 leader t2", "4: expected n1 leader t2, found 'leader t1'");
    check("expect 1 leader t1 synced i7", "4: expected n1 synced i7, found 'synced i1'");
    check("expect 2 wants gated", "4: expected n2 wants gated, found 'wants nothing'");
    check("crash 2 process\nexpect 2 synced i1", "5: expected n2 synced i1, found it down");
}

#[test]
fn what_the_world_does_not_offer_is_named() {
    check("ready 1", "4: expected what the world offers now, found 'ready 1'");
    check("write 1", "4: expected what the world offers now, found 'write 1'");
    check("write 1 w9", "4: expected what the world offers now, found 'write 1 w9'");
    check("deliver 1->2 vote", "4: expected what the world offers now, found 'deliver 1->2 vote'");
    check("recover 1", "4: expected what the world offers now, found 'restart 1'");
    check("sync 1\nsync 1", "5: expected what the world offers now, found 'begin-sync 1'");
    check(
        "refuse campaign 2",
        "4: expected that the world refuses this, found 'campaign 2' on offer",
    );
}

#[test]
fn settle_leaves_alone_what_is_held_or_outside() {
    let wants = |commands: &str| run(&format!("{LED}propose 1\n{commands}\n")).map(|_| ());
    assert_eq!(wants("hold 1 ready\nsettle\nexpect 1 appended i2 issued i1"), Ok(()));
    assert_eq!(wants("hold 1 write\nsettle\nexpect 1 issued i2 advanced i1"), Ok(()));
    assert_eq!(wants("hold 1 sync\nsettle\nexpect 1 advanced i2 synced i1 committed i2"), Ok(()));
    assert_eq!(wants("hold 1 apply\nsettle\nexpect 1 committed i2 applied i1"), Ok(()));
    assert_eq!(wants("hold 1->2\nsettle\nexpect 2 appended i1\nexpect 3 applied i2"), Ok(()));
    assert_eq!(wants("settle 1,3\nexpect 2 appended i1\nexpect 3 applied i2"), Ok(()));
    assert_eq!(wants("hold 1 ready\nrelease 1 ready\nsettle\nexpect 2 applied i2"), Ok(()));
    assert_eq!(wants("crash 2 process\nsettle\nexpect 1 applied i2\nrecover 2"), Ok(()));
}

/// Node 3 has missed entries that node 1 has let go of; node 1 knows, and has asked for a snapshot.
const LAGS: &str = "cut 1,2<->3\npropose 1\nsettle\ncheckpoint 1\nsettle\ncompact 1\ndrop 1->3 append\nheal\ntick 1 x2\n";

#[test]
fn settle_answers_fetches_and_snapshots() {
    let lags = |commands: &str| run(&format!("{LED}{LAGS}{commands}\n")).map(|_| ());
    assert_eq!(lags("settle\nexpect 3 applied i2 base i2\nrefuse report-snapshot 1->3"), Ok(()));
    assert_eq!(lags("hold 1 snapshot\nsettle\nexpect 3 applied i1\nsend-snapshot 1->3"), Ok(()));
    assert_eq!(lags("hold 1->3\nsettle\nexpect 3 applied i1"), Ok(()));
    // What is in flight is not reported, what has arrived is.
    let held = "hold 1 snapshot\nsettle\nhold 1->3\nrelease 1 snapshot\nsettle\n";
    assert_eq!(lags(&format!("{held}report-snapshot 1->3 failed")), Ok(()));
    assert_eq!(lags(&format!("{held}release 1->3\nsettle\nexpect 3 applied i2")), Ok(()));
    let fetched = "nodes 3\nplan cache_bytes_max 1\ncampaign 1\nsettle\ncut 1,2<->3\npropose 1\n\
                   settle\ndrop 1->3 append\nheal\ntick 1 x2\n";
    let fetched = |commands: &str| run(&format!("{fetched}{commands}\n")).map(|_| ());
    assert_eq!(fetched("settle\nexpect 3 applied i2"), Ok(()));
    assert_eq!(fetched("hold 1 fetch\nsettle\nexpect 3 applied i1\nfetch 1->3"), Ok(()));
}

#[test]
fn what_is_so_of_leaders_and_members_is_said() {
    check("expect 2 leader n3", "4: expected n2 leader n3, found 'leader n1'");
    check("expect 2 voters 1,2", "4: expected n2 voters 1,2, found 'voters 1,2,3'");
    check("expect 2 learners 3", "4: expected n2 learners 3, found 'learners nobody'");
    check("expect 2 base i1", "4: expected n2 base i1, found 'base i0'");
    check("compact 1", "4: expected what the world offers now, found 'compact 1'");
    check("fetch 1->2", "4: expected what the world offers now, found 'fetch 1->2 done'");
}

#[test]
fn a_script_is_a_list_of_choices_that_can_be_played_again() {
    let played = run(&format!("{LED}propose 1\nsettle\ntick 1,2 x3\n")).unwrap();
    assert_eq!(played.verdict, Verdict::Passed);
    let mut again = Run::<RaftCore>::new(played.plan, None).unwrap();
    let mut events = Vec::new();
    for choice in &played.choices {
        events.extend_from_slice(again.take(choice).unwrap());
    }
    let shown: Vec<Event> = played.blocks.iter().flat_map(|block| block.events.clone()).collect();
    assert_eq!(shown, events);
}

#[test]
fn a_calm_does_whatever_is_due_and_can_be_played_again() {
    let text = "nodes 3\nplan calm_ticks 1000\ncampaign 1\nhold 1->2\ncrash 3 process\n\
                quietly calm\nrefuse heal\nexpect 3 committed i4 applied i4\n";
    let played = run(text).unwrap();
    assert_eq!(played.verdict, Verdict::Passed);
    let mut again = Run::<RaftCore>::new(played.plan, None).unwrap();
    for choice in &played.choices {
        again.take(choice).unwrap();
    }
    assert!(again.world().is_calm());
    let ticks = played.choices.iter().filter(|choice| choice.sort() == Sort::Tick).count();
    assert!(ticks < 300, "the calm ends when nobody waits for anything, not after {ticks} ticks");
}

#[test]
fn a_calm_that_is_too_short_is_named() {
    let error = run("nodes 3\nplan calm_ticks 5\ntick 1\nquietly calm\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "test.scn:4: expected a calm in which all waiting ends, found it over after 5 ticks"
    );
}

#[cfg(feature = "mutants")]
#[test]
fn a_broken_promise_ends_the_script_at_the_guilty_command() {
    let text = "nodes 3\ncampaign 1\nready 1\nrefuse deliver 1->2 vote\nwrite 1\n";
    let script = Script::parse("test.scn", text).unwrap();
    let played = script.run("F1".parse().ok()).unwrap();
    assert!(matches!(played.verdict, Verdict::Violation(found) if found.oracle == "O8"));
    assert_eq!(played.blocks.last().unwrap().line, 3);
    assert_eq!(played.choices.len(), 2);
}

#[cfg(feature = "mutants")]
#[test]
fn with_a_mutant_on_expectations_are_passed_over() {
    let text = format!("{LED}expect 1 follower t9\nrefuse campaign 2\nready 1\n");
    let script = Script::parse("test.scn", &text).unwrap();
    let error = script.run("K3".parse().ok()).unwrap_err();
    assert_eq!(error.line, 6, "a command that the world refuses still fails");
}
