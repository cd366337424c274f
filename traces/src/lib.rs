//! What did happen in a simulated run.
//!
//! The vocabulary of [choices](Choice) and [events](Event), the file in which a run is kept, and the
//! graph of what caused what. This room holds data and reads data; playing a run again needs a world
//! and is done in the simulator.
#![forbid(unsafe_code)]

mod causal;
mod choice;
mod device;
mod digest;
mod event;
mod format;
mod members;
mod name;
mod parse;
pub mod store;

pub use causal::{CausalGraph, Causes};
pub use choice::{Choice, Sort};
pub use device::{Damage, IoFault, OpKind, OpNo};
pub use digest::{Chain, Digest, Mixer, NotHexadecimal};
pub use event::{Claim, CrashKind, EntryKind, Event, EventSort, Loss};
pub use format::{
    End, Expected, FORMAT, FormatError, Header, Line, NotASeed, Seed, Trace, Verdict, Violation,
};
pub use members::{Members, NotReform, Reform};
pub use name::{
    Answer, Command, Direction, Keep, Link, MessageKey, MessageKind, NodeSet, NotNodes, ReadNo,
    WriteNo,
};
pub use parse::ChoiceError;
