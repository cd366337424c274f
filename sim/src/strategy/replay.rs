//! Plays a recorded list of choices again.

use syncline_traces::Choice;

use super::Strategy;
use crate::subject::Subject;
use crate::world::World;

/// The list, and how far it has been played.
#[derive(Clone, Debug)]
pub struct Replay {
    choices: std::vec::IntoIter<Choice>,
}

impl Replay {
    /// Plays these.
    #[must_use]
    pub fn new(choices: Vec<Choice>) -> Replay {
        Replay { choices: choices.into_iter() }
    }
}

impl<S: Subject> Strategy<S> for Replay {
    fn next(&mut self, _: &World<S>) -> Option<Choice> {
        self.choices.next()
    }
}
