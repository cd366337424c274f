//! Known bugs, which the simulator must catch.
//!
//! The feature `mutants` compiles them in; only [`Config::mutant`](crate::Config::mutant) switches
//! one on. Without the feature every question here is answered `false` at compile time.
//!
//! There is one list of them. A macro makes the enum, [`Mutant::ALL`] and [`Mutant::name`] of it,
//! so that no bug can be missing from one of the three.

/// A list of known bugs: the enum, all of them in order, and their names to and fro. For the rooms
/// of this repository, each of which has a list of its own. A name is that of the variant, unless
/// another one is given.
#[doc(hidden)]
#[macro_export]
macro_rules! mutants {
    (@name $variant:ident) => { stringify!($variant) };
    (@name $variant:ident $name:literal) => { $name };
    (
        $(#[$of_enum:meta])*
        pub enum $enum:ident { $($(#[$of_variant:meta])* $variant:ident $(= $name:literal)?,)+ }
    ) => {
        $(#[$of_enum])*
        pub enum $enum { $($(#[$of_variant])* $variant,)+ }

        impl $enum {
            /// All of them, family by family, in the order of their numbers.
            pub const ALL: [$enum; [$($enum::$variant),+].len()] = [$($enum::$variant),+];

            /// Its stable name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $($enum::$variant => $crate::mutants!(@name $variant $($name)?),)+ }
            }
        }

        impl ::core::fmt::Display for $enum {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl ::core::str::FromStr for $enum {
            type Err = $crate::UnknownMutant;

            fn from_str(name: &str) -> ::core::result::Result<$enum, $crate::UnknownMutant> {
                $enum::ALL.into_iter().find(|mutant| mutant.name() == name).ok_or($crate::UnknownMutant)
            }
        }
    };
}

mutants! {
    /// A bug that a Raft library had, or could have. Each cites the rule that it breaks, or else
    /// the section of the Raft paper.
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub enum Mutant {
        /// Of what is under way to a follower the messages are counted, and not their bytes (R27). etcd
        /// pull request 14624, after CockroachDB issue 90314.
        B1,
        /// What is withheld already is withheld once more whenever it is asked for again (R27).
        B2,
        /// What is being applied is limited for each Ready, and not for all that are not applied yet
        /// (R27). etcd/raft pull request 8 had to mend that before applying could be asynchronous.
        B3,
        /// A new leader takes what others left uncommitted in its log for nothing, so that one leader
        /// after another adds as much as is allowed (R27). etcd/raft issue 11.
        B4,
        /// An append takes along all there is, whatever a message may weigh (R27).
        B5,
        /// A sign of life of a follower is taken for an answer to all that is under way to it (R27).
        B6,
        /// At a sign of life a follower is sent again whatever it has not acknowledged (R27).
        B7,
        /// A follower sends on whatever is proposed there, however much that is (R27).
        B8,
        /// A vote request leaves before its sync (R24).
        F1,
        /// A vote request waits for its term and vote, but not for the log that it names (R24).
        F2,
        /// A leader counts its own copy as soon as it is appended (R5).
        F4,
        /// A follower acknowledges what it has appended but not synced (R24).
        F5,
        /// A node hands out whatever is committed, synced here or not (R8).
        F6,
        /// A sync is taken to cover an index, whatever has overwritten it since (A-B-A, R9).
        F7,
        /// As F7, with a check of the term: the same entry sent again still fools it (R9).
        F8,
        /// A new leader counts its own copy of the entry with which it begins its term as soon as
        /// it is appended (R5, R11).
        F11,
        /// A withheld message is released by the write before the one it needs (R24).
        F12,
        /// A vote leaves before its sync (R24).
        F16,
        /// A term that a follower learns from others is not written for its own sake, only with the
        /// next vote or entry (R1).
        F17,
        /// A snapshot is not taken for a write of what it stands for, so that its acknowledgement
        /// does not wait for it (R13, R24).
        F19,
        /// A truncation forgets the entries, but not the change of the membership that lay among
        /// them (R12).
        F24,
        /// What is issued and not synced is handed out again with the next entries (R1).
        F27,
        /// A learner acknowledges what it has appended but not synced, since nobody counts it yet
        /// (R24).
        F29,
        /// A follower hands out whatever its leader calls committed, synced here or not; only a
        /// leader waits for its own sync (R8).
        F31,
        /// A transfer that is given up gives the lease back, although the request to campaign has
        /// left (R20).
        F35,
        /// A voter that enters a new term takes its promise to the leader for void (R22).
        F36,
        /// An application that asks for an election gets one, whatever the node has promised (R22).
        F37,
        /// A read joins a round of heartbeats that left before it came (R21).
        F38,
        /// Entries are written without the commit index that came with them; it follows in a write
        /// of its own (R3).
        F39,
        /// A leader serves by lease until it notices that no quorum answers any more (R22).
        F40,
        /// The state machine is handed a snapshot before the write that stores it is synced (R15).
        F41,
        /// An overwrite leaves the synced index where it was (R10).
        F42,
        /// An acknowledgement of an earlier term is counted (R11).
        F43,
        /// A leader commits an entry of an older term by counting copies (R5, and figure 8 of the
        /// Raft paper).
        K1,
        /// A candidate that steps down within its term forgets for whom it voted (Raft paper,
        /// section 5.2).
        K2,
        /// A vote of an earlier term is counted (Raft paper, section 5.1).
        K3,
        /// A vote goes to the longer log, whatever its last term (Raft paper, section 5.4.1).
        K4,
        /// An append moves the commit index up to the end of the follower's own log, beyond what
        /// the append has verified (R7).
        K5,
        /// The commit index follows whatever a leader says, also down (R7).
        K6,
        /// What a member has acknowledged is what it acknowledged last, also if that is an older
        /// and lower answer (Raft paper, figure 2).
        K7,
        /// An append cuts off everything behind where it begins, although the entries match (Raft
        /// paper, section 5.3).
        K10,
        /// A conflicting tail is kept, and what follows it is appended (Raft paper, section 5.3).
        K11,
        /// A follower takes the entries of a later term without entering that term (R1).
        K13,
        /// A learner's copy counts like that of a voter (R5).
        K15,
        /// Consent to a question about the next term is written down as a vote in the current one
        /// (R24).
        K16,
        /// The last entry of a batch to apply is handed out again with the next batch (Raft paper,
        /// section 5.3).
        K19,
        /// A new leader cuts what is not committed off its own log (Raft paper, section 5.3).
        K20,
        /// A heartbeat carries the leader's commit index, whatever its receiver has acknowledged
        /// (R7).
        K21,
        /// A probe that got lost is never sent again, so that a member that was out of reach for a
        /// moment misses everything from then on (Raft paper, section 5.3).
        La = "L-a",
        /// A member whose window is full of lost messages is sent nothing any more (Raft paper,
        /// section 5.3).
        Lb = "L-b",
        /// Whoever acts in an older term gets no answer, and never learns of the newer one (Raft
        /// paper, section 5.1).
        Le = "L-e",
        /// A leader that steps down forgets its reads, instead of saying that they are lost (R21).
        Lf = "L-f",
        /// A transfer is never given up, and nothing is proposed until it succeeds (R20).
        Lg = "L-g",
        /// The outcome of a read alone is no reason for a Ready (R21).
        Li = "L-i",
        /// All nodes draw the same election timeouts (R25).
        Lk = "L-k",
        /// The election timer runs on while the node's own vote waits for a sync (R25).
        Ll = "L-l",
        /// A leader whose disk hangs stays in office (R26).
        Lm = "L-m",
        /// A candidate of lower priority needs a longer log, as if a newer one were not enough (Raft
        /// paper, section 5.4.1).
        Ln = "L-n",
        /// A new leader proposes a change of the membership at once, whatever its log still holds
        /// (R18, R19).
        M1,
        /// A leader proposes a change of the membership while another one is not applied (R18).
        M2,
        /// A leader commits in a joint membership what only the incoming half holds (R5).
        M3,
        /// Only the leader that has entered a joint membership leaves it; the next one does not
        /// (R18).
        M4,
        /// A node that does not know of its own vote yet gives none (R18).
        M5,
        /// A leader that is no voter any more stays in office, and ignores every later change of
        /// the membership (R18).
        M8,
        /// The membership in a snapshot is ignored (R15).
        M12,
        /// A snapshot takes its receiver back to the term of its last entry (R1).
        N7,
        /// A snapshot that ends where the leader's log does is not taken for delivered (R14).
        N10,
        /// A snapshot that failed is not tried again (R14).
        N11,
        /// A node that waits for the snapshot that it asked for takes none at all (R14).
        N12,
        /// A snapshot takes the place of the whole log, although the log has all that it stands
        /// for, and more (R14).
        N14,
        /// A leader answers a read at once, without asking whether it still leads (R21).
        Q1,
        /// A new leader answers reads before it has committed an entry of its term (R21).
        Q2,
        /// A node that restarts takes no account of what it may have promised before (R22).
        Q5,
        /// A node on which a lease rests forgets its leader on request, and its promise with it
        /// (R22).
        Q8,
        /// A leader confirms its reads in a joint membership by the incoming half alone (R21).
        Q10,
        /// A commit index beyond what an append carries is taken for corruption, and ends the
        /// process (R7).
        W7,
    }
}

/// The name given is not that of a mutant of the room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnknownMutant;

/// Which bug is on in a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Active(Option<Mutant>);

impl Active {
    pub(crate) fn new(mutant: Option<Mutant>) -> Active {
        Active(if cfg!(feature = "mutants") { mutant } else { None })
    }

    /// Whether this bug is on.
    #[inline(always)]
    pub(crate) fn is(self, mutant: Mutant) -> bool {
        cfg!(feature = "mutants") && self.0 == Some(mutant)
    }

    /// Whether the node is free of planted bugs, so that its invariants must hold.
    #[inline(always)]
    pub(crate) fn none(self) -> bool {
        !cfg!(feature = "mutants") || self.0.is_none()
    }
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
