//! The arithmetic of quorums. It knows of nobody's log or vote, only how many there are.

mod joint;
mod majority;

pub(crate) use joint::{has_quorum, reached, reached_by_two_groups, tally};
pub(crate) use majority::Tally;
