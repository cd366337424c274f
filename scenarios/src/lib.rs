//! What shall happen: scripts, fault profiles, the roster of mutants.
#![forbid(unsafe_code)]

pub mod arb;
pub mod corpus;
pub mod golden;
pub mod lang;
pub mod library;
pub mod roster;

mod interpret;

pub use interpret::{Block, Played};
pub use lang::{Proof, Script, ScriptError};
