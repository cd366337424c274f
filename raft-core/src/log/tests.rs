//! The log answers alike whether an entry is in memory or not.
