//! What shall happen: scripts, fault profiles, the roster of mutants
#![forbid(unsafe_code)]

pub mod arb;
