//! A deterministic simulator with disks that forget what was not synced.
#![forbid(unsafe_code)]

pub mod bench;
mod campaign;
mod clock;
mod coverage;
mod disk;
mod host;
mod latency;
mod mutant;
mod net;
mod oracle;
mod plan;
mod recording;
mod replay;
mod run;
mod seed;
mod strategy;
mod subject;
pub mod testing;
mod world;

pub use campaign::{Campaign, Totals};
pub use clock::{Clock, VirtualTime};
pub use coverage::{Coverage, Goal, Watch};
pub use disk::{Disk, DurableRecord};
pub use host::{Host, IssuedEntry, IssuedLog, Machine};
pub use mutant::{HostMutant, Mutant, UnknownMutant};
pub use net::{Label, Load, Net, Which};
pub use oracle::{
    Breach, Evidence, Facts, Judges, Leadership, Oracle, OracleId, Reformed, Sentence, TermCommit,
    UnknownOracle,
};
pub use plan::{
    BadTimes, Plan, PlanError, Profile, Span, Survivors, SyncMode, SyncTime, Timing,
    UnknownProfile, Weights,
};
pub use recording::{RecordError, Recorder, Source, header, record};
pub use replay::{ReplayError, replay, source_of};
pub use run::{Outcome, Run, Tally, run_once};
pub use seed::{Stream, seed_of_run};
pub use strategy::{Calm, Replay, Strategy, Swarm, Timed, Timeline, WORK};
pub use subject::{Issue, RaftCore, Setup, StartError, Subject, Taken, Unforkable};
pub use world::{BeginError, NotEnabled, Offer, World};
