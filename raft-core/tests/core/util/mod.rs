//! A host for one node, a cluster of such hosts, and short words for what tests say often.

mod cluster;
mod host;
mod machine;
mod words;

pub(crate) use cluster::Cluster;
pub(crate) use host::{Host, Image};
pub(crate) use machine::Machine;
pub(crate) use words::*;
