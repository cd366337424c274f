//! Who chooses. A strategy picks the next choice from what the world offers; it never touches the
//! world, and a run is the same whoever picked its choices.

mod calm;
mod replay;
mod swarm;
mod timed;
mod timeline;

use syncline_traces::{Choice, Event, Sort};

pub use calm::Calm;
pub use replay::Replay;
pub use swarm::Swarm;
pub use timed::Timed;
pub use timeline::Timeline;

use crate::subject::Subject;
use crate::world::World;

/// The order in which the work of hosts and of the network is gone through, again and again until there
/// is none: by the calm, and by the `settle` of a script. A host writes, syncs and applies what it has
/// before anybody hears of it, and answers what its node asks for before it hears from others.
pub const WORK: [Sort; 10] = [
    Sort::Ready,
    Sort::Write,
    Sort::BeginSync,
    Sort::CompleteSync,
    Sort::ReportSync,
    Sort::Apply,
    Sort::Fetch,
    Sort::SendSnapshot,
    Sort::Deliver,
    Sort::ReportSnapshot,
];

/// One way to choose.
pub trait Strategy<S: Subject> {
    /// The next choice, one that the world offers; `None` to end the run.
    fn next(&mut self, world: &World<S>) -> Option<Choice>;

    /// What came of the last choice.
    fn seen(&mut self, _events: &[Event], _world: &World<S>) {}
}
