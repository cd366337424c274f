//! Arithmetic of quorums. It knows nothing of nodes.

pub(crate) mod majority;
