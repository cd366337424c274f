//! Who chooses. A strategy picks the next choice from what the world offers; it never touches the
//! world, and a run is the same whoever picked its choices.

mod calm;
mod replay;
mod swarm;
mod timed;
mod timeline;

use syncline_traces::{Choice, Event};

pub use calm::Calm;
pub use replay::Replay;
pub use swarm::Swarm;
pub use timed::Timed;
pub use timeline::Timeline;

use crate::subject::Subject;
use crate::world::World;

/// One way to choose.
pub trait Strategy<S: Subject> {
    /// The next choice, one that the world offers; `None` to end the run.
    fn next(&mut self, world: &World<S>) -> Option<Choice>;

    /// What came of the last choice.
    fn seen(&mut self, _events: &[Event], _world: &World<S>) {}
}
