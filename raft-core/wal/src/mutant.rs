//! Known bugs of logs, which the tests must catch.
//!
//! The feature `mutants` compiles them in; only [`Config::mutant`](crate::Config::mutant) switches
//! one on. Without the feature every question here is answered `false` at compile time.

syncline_raft::mutants! {
    /// A bug that a log had, or could have.
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub enum Mutant {
        /// A sync is taken to cover what was written after it began (R9).
        D6 = "D6-log",
        /// A sync that failed is taken for one that has completed (R4).
        D15,
        /// Zeros end the log, whatever says that it was durable beyond (REC2).
        D17,
        /// Whatever is damaged in the last segment is taken for torn (REC2).
        D18,
        /// A damaged batch is skipped, and the log goes on behind it (R2).
        D19,
        /// A damaged batch is taken for the end of the log when entries are read back (REC3).
        D20,
        /// A batch is not asked whether it belongs where it lies (R2).
        D21,
        /// An entry too many is kept where a write voids some (R2).
        D24,
        /// Segments are removed before it is durable that nobody needs them (R16).
        D27 = "D27-log",
        /// A file gets its name before its bytes are durable (R17).
        D28,
        /// An empty folder is taken for that of a new node (REC8).
        D35,
        /// A segment gets its name before the one before it is durable (R23).
        D36,
        /// What can be read is taken for durable when the log is opened (REC1).
        D37,
        /// A name is taken for durable without a sync of the folder (R23).
        D39,
        /// A log is let begin with a segment in which a write voids what lies before it (R16).
        D40,
        /// A spare is written to before it is durable that it is no segment any more (R23).
        D41,
        /// A sync is released although one that began before it is under way (R4).
        D42,
        /// A sync is released although a write that it covers is under way (R9).
        D43,
        /// What a recovery writes once more does not say that it is durable (REC2).
        D44,
        /// The folder is synced while a change of its names is under way (R23).
        D45,
        /// A segment gets its name while a sync that began before is in doubt (R4).
        D46,
        /// Names that a process left when it died are not made durable by the next one (REC1).
        D47,
    }
}

/// Whether a bug is the one that is on.
pub(crate) fn is_on(active: Option<Mutant>, mutant: Mutant) -> bool {
    cfg!(feature = "mutants") && active == Some(mutant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_known_by_its_name() {
        for mutant in Mutant::ALL {
            assert_eq!(mutant.name().parse(), Ok(mutant));
        }
    }
}
