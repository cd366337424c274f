//! Who belongs to a simulated cluster, and what a client asks to change about it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use syncline_raft::{Change, Leave, Membership, MembershipChange, NodeId, Transition};

use crate::name::NodeSet;

/// A membership, as four sets.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Members {
    /// Who votes.
    #[serde(default, skip_serializing_if = "nobody")]
    pub voters: NodeSet,
    /// Who voted before, in a joint membership.
    #[serde(default, skip_serializing_if = "nobody")]
    pub outgoing: NodeSet,
    /// Who receives the log without a vote.
    #[serde(default, skip_serializing_if = "nobody")]
    pub learners: NodeSet,
    /// Who becomes a learner when the joint membership is left.
    #[serde(default, skip_serializing_if = "nobody")]
    pub learners_next: NodeSet,
    /// Whether the application leaves the joint membership.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub explicit: bool,
}

/// An empty set has no text, and is left out.
fn nobody(set: &NodeSet) -> bool {
    set.is_empty()
}

impl Members {
    /// A cluster of voters.
    #[must_use]
    pub fn of_voters(voters: NodeSet) -> Members {
        Members { voters, ..Members::default() }
    }

    /// Whether two quorums are needed.
    #[must_use]
    pub fn is_joint(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// Everybody.
    #[must_use]
    pub fn all(&self) -> NodeSet {
        self.voters.union(self.outgoing).union(self.learners).union(self.learners_next)
    }

    /// Whether these nodes are a majority of each half.
    #[must_use]
    pub fn is_quorum(&self, nodes: NodeSet) -> bool {
        let majority = |half: NodeSet| 2 * half.common(nodes).count() > half.count();
        majority(self.voters) && (!self.is_joint() || majority(self.outgoing))
    }

    /// The same in the words of the core.
    #[must_use]
    pub fn membership(&self) -> Membership {
        let list = |set: NodeSet| set.iter().collect();
        Membership {
            voters: list(self.voters),
            outgoing: list(self.outgoing),
            learners: list(self.learners),
            learners_next: list(self.learners_next),
            leave: if self.explicit { Leave::Explicit } else { Leave::Auto },
        }
    }
}

impl From<&Membership> for Members {
    /// Nodes beyond the largest of a simulated cluster are left out.
    fn from(membership: &Membership) -> Members {
        let set = |list: &[NodeId]| {
            let known = list.iter().filter(|node| node.number() <= NodeSet::NODES_MAX);
            known.fold(NodeSet::default(), |set, node| set.with(*node))
        };
        Members {
            voters: set(&membership.voters),
            outgoing: set(&membership.outgoing),
            learners: set(&membership.learners),
            learners_next: set(&membership.learners_next),
            explicit: membership.leave == Leave::Explicit,
        }
    }
}

impl fmt::Display for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "voters {}", self.voters)?;
        if self.is_joint() {
            write!(f, " and {}", self.outgoing)?;
        }
        if !self.learners.is_empty() {
            write!(f, ", learners {}", self.learners)?;
        }
        if !self.learners_next.is_empty() {
            write!(f, ", next learners {}", self.learners_next)?;
        }
        Ok(())
    }
}

/// A change of the membership, as a client asks for it. Written as `leave`, or as what becomes of
/// whom, in order: `voter:4 learner:1 remove:2,3 auto`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Reform {
    /// Leave a joint membership.
    Leave,
    /// Some nodes become something else.
    Enter {
        /// Who votes from now on.
        voters: NodeSet,
        /// Who is a learner from now on.
        learners: NodeSet,
        /// Who is no member any more.
        removed: NodeSet,
        /// How.
        transition: Transition,
    },
}

impl Reform {
    /// The same in the words of the core.
    #[must_use]
    pub fn change(self) -> MembershipChange {
        let Reform::Enter { voters, learners, removed, transition } = self else {
            return MembershipChange::Leave;
        };
        let voters = voters.iter().map(Change::AddVoter);
        let learners = learners.iter().map(Change::AddLearner);
        let removed = removed.iter().map(Change::Remove);
        MembershipChange::Enter {
            changes: voters.chain(learners).chain(removed).collect(),
            transition,
        }
    }
}

impl From<&MembershipChange> for Reform {
    /// Nodes beyond the largest of a simulated cluster are left out.
    fn from(change: &MembershipChange) -> Reform {
        let MembershipChange::Enter { changes, transition } = change else {
            return Reform::Leave;
        };
        let (mut voters, mut learners, mut removed) = <(NodeSet, NodeSet, NodeSet)>::default();
        for change in changes.iter().filter(|one| one.node().number() <= NodeSet::NODES_MAX) {
            let set = match change {
                Change::AddVoter(_) => &mut voters,
                Change::AddLearner(_) => &mut learners,
                Change::Remove(_) => &mut removed,
            };
            *set = set.with(change.node());
        }
        Reform::Enter { voters, learners, removed, transition: *transition }
    }
}

const TRANSITIONS: [(Transition, &str); 3] = [
    (Transition::Auto, "auto"),
    (Transition::Implicit, "implicit"),
    (Transition::Explicit, "explicit"),
];

impl fmt::Display for Reform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Reform::Enter { voters, learners, removed, transition } = self else {
            return f.write_str("leave");
        };
        for (word, nodes) in [("voter", voters), ("learner", learners), ("remove", removed)] {
            if !nodes.is_empty() {
                write!(f, "{word}:{nodes} ")?;
            }
        }
        let word = TRANSITIONS.iter().find(|(other, _)| other == transition);
        f.write_str(word.map_or("", |(_, word)| word))
    }
}

/// A text is no change of a membership in its one spelling.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotReform;

impl fmt::Display for NotReform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a change such as 'voter:4 remove:1 auto', or 'leave'")
    }
}

impl std::error::Error for NotReform {}

impl FromStr for Reform {
    type Err = NotReform;

    fn from_str(text: &str) -> Result<Reform, NotReform> {
        if text == "leave" {
            return Ok(Reform::Leave);
        }
        let (mut voters, mut learners, mut removed) = Default::default();
        let (nodes, last) = text.rsplit_once(' ').ok_or(NotReform)?;
        for word in nodes.split(' ') {
            let (kind, set) = word.split_once(':').ok_or(NotReform)?;
            let set = set.parse().map_err(|_| NotReform)?;
            match kind {
                "voter" => voters = set,
                "learner" => learners = set,
                "remove" => removed = set,
                _ => return Err(NotReform),
            }
        }
        let transition = TRANSITIONS.iter().find(|(_, word)| *word == last);
        let transition = transition.map(|(transition, _)| *transition).ok_or(NotReform)?;
        let reform = Reform::Enter { voters, learners, removed, transition };
        if reform.to_string() == text { Ok(reform) } else { Err(NotReform) }
    }
}

impl Serialize for Reform {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Reform {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Reform, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reform_reads_back_as_it_is_written() {
        for text in ["leave", "voter:4 auto", "voter:4,5 learner:1 remove:2,3 explicit"] {
            assert_eq!(
                text.parse::<Reform>().map(|reform| reform.to_string()).as_deref(),
                Ok(text)
            );
        }
        for text in ["", "auto", "voter:4", "remove:1 voter:2 auto", "voter:4 soon", "voter: auto"]
        {
            assert!(text.parse::<Reform>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_quorum_is_a_majority_of_each_half() {
        let set = |text: &str| text.parse::<NodeSet>().unwrap();
        let members = Members { outgoing: set("3,4,5"), ..Members::of_voters(set("1,2,3")) };
        assert!(members.is_quorum(set("1,3,4")));
        assert!(!members.is_quorum(set("1,2,3")));
        assert!(!members.is_quorum(set("3,4,5")));
        assert_eq!(Members::from(&members.membership()), members);
    }
}
