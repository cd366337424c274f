//! The guide: the contract, the rules, the invariants, the reasons, and a look at other libraries.

#[doc = include_str!("../docs/sync.md")]
pub mod sync {}

#[doc = include_str!("../docs/rules.md")]
pub mod rules {}

#[doc = include_str!("../docs/invariants.md")]
pub mod invariants {}

#[doc = include_str!("../docs/why.md")]
pub mod why {}

#[doc = include_str!("../docs/compare.md")]
pub mod compare {}
