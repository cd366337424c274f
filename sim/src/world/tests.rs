//! The kept fingerprint is the one that counting everything anew would give.

use syncline_traces::Seed;

use super::World;
use crate::plan::Profile;
use crate::seed::seed_of_run;
use crate::strategy::{Strategy, Swarm};
use crate::subject::RaftCore;

#[test]
fn the_kept_fingerprint_and_offers_are_never_behind() {
    for number in 0..20 {
        let seed = seed_of_run(Seed(23), number);
        let plan = Profile::Swarm.draw(seed);
        let mut world = World::<RaftCore>::new(plan, None).expect("in range");
        let mut swarm = Swarm::new(seed, plan.weights);
        let mut events = Vec::new();
        for _ in 0..400 {
            let Some(choice) = swarm.next(&world) else {
                break;
            };
            world.step(&choice, &mut events).expect("on offer");
            let mut anew = world.clone();
            for node in world.voters.clone() {
                anew.touch(node);
            }
            assert_eq!(anew.fingerprint(), world.fingerprint(), "after {choice}");
            assert_eq!(anew.offer(), world.offer(), "after {choice}");
            assert_eq!(world.net.count_anew(), world.net.fingerprint(), "after {choice}");
        }
    }
}
