//! The program `syncline`.
fn main() {}
