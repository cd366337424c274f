//! The example is run, so that it cannot rot.

#[path = "../examples/own_subject.rs"]
mod own_subject;

#[test]
fn the_example_finds_its_bug() {
    own_subject::main();
}
