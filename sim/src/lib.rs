//! A deterministic simulator with disks that forget what was not synced
