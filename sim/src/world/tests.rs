//! The kept fingerprint is the one that counting everything anew would give.

use syncline_traces::Seed;

use super::World;
use crate::plan::Profile;
use crate::seed::seed_of_run;
use crate::strategy::{Strategy, Swarm};
use crate::subject::{RaftCore, Subject};

fn count_anew(world: &mut World<RaftCore>) {
    world.hosts_fingerprint = 0;
    for slot in 0..world.hosts.len() {
        let host = &mut world.hosts[slot];
        host.fingerprint = 0;
        if let Some(process) = &mut host.process {
            process.node_fingerprint = process.node.fingerprint();
            process.to_write.count_anew();
        }
        world.disks[slot].count_anew();
        world.touch(world.hosts[slot].id);
    }
}

#[test]
fn the_kept_fingerprint_and_offers_are_never_behind() {
    for number in 0..20 {
        let seed = seed_of_run(Seed(23), number);
        let profile = [Profile::Swarm, Profile::Disk][number as usize % 2];
        let plan = profile.draw(seed);
        let mut world = World::<RaftCore>::new(plan, None).expect("in range");
        let mut swarm = Swarm::new(seed, plan.weights);
        let mut events = Vec::new();
        for _ in 0..400 {
            let Some(choice) = swarm.next(&world) else {
                break;
            };
            world.step(&choice, &mut events).expect("on offer");
            let mut anew = world.clone();
            count_anew(&mut anew);
            assert_eq!(anew.fingerprint(), world.fingerprint(), "after {choice}");
            assert_eq!(anew.offer(), world.offer(), "after {choice}");
            assert_eq!(world.net.count_anew(), world.net.fingerprint(), "after {choice}");
        }
    }
}
