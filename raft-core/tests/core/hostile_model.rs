//! Any messages in any order, in between any calls: see `noise`, which the fuzzer runs as well.

use proptest::prelude::*;

use crate::cases::cases;
use crate::noise;

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn no_message_in_no_order_harms_the_node(
        bytes in prop::collection::vec(any::<u8>(), 1..1500),
    ) {
        noise::run(&bytes);
    }
}
