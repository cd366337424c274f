//! The command line of Syncline: fuzz, replay, mutants, scenario, soak

pub mod tidy;
