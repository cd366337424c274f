//! Every plan that a family draws can be followed, whatever number of nodes is asked for.

use syncline_sim::{Plan, Profile};
use syncline_traces::{NodeSet, Seed};

/// The bug: a plan in which the fifth disk hangs was cut down to three nodes, and none could begin.
#[test]
fn a_plan_for_another_number_of_nodes_is_valid() {
    for profile in Profile::ALL {
        for seed in 0..2_000 {
            let plan = profile.draw(Seed(seed));
            assert_eq!(plan.validate(), Ok(()), "{profile}, seed {seed}");
            for nodes in 1..=NodeSet::NODES_MAX as u32 {
                let other: Plan = plan.with_nodes(nodes);
                assert_eq!(other.validate(), Ok(()), "{profile}, seed {seed}, {nodes} nodes");
                assert_eq!(other.nodes, nodes);
            }
        }
    }
}
