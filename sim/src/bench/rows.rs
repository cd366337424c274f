//! The rows of the table.
//!
//! A name is the disk, what else is unusual, and the load: `c64` for a closed loop of 64 clients,
//! `o2000` for an open loop of 2,000 commands a second.

use super::row::{Device, Devices, Load, Network, Row};

use Load::{Closed, Open};

const fn row(name: &'static str, device: Device, load: Load) -> Row {
    Row::plain(name, device, load)
}

/// One machine's disk is different, that of the leader.
const fn led(name: &'static str, leader: Device, others: Device, load: Load) -> Row {
    Row { devices: Devices { first: leader, last: others, others }, ..row(name, others, load) }
}

/// That of the last follower is.
const fn followed(name: &'static str, last: Device, others: Device, load: Load) -> Row {
    Row { devices: Devices { first: others, last, others }, ..row(name, others, load) }
}

const fn of_five(row: Row) -> Row {
    Row { machines: 5, ..row }
}

const fn across(network: Network, row: Row) -> Row {
    Row { network, ..row }
}

const fn of_bytes(command_bytes: u32, row: Row) -> Row {
    Row { command_bytes, ..row }
}

const fn of_groups(groups: u32, row: Row) -> Row {
    Row { groups, ..row }
}

/// All rows, in the order of the table.
pub const ROWS: &[Row] = &[
    row("plp-c1", Device::NVME_PLP, Closed(1)),
    row("plp-c8", Device::NVME_PLP, Closed(8)),
    row("plp-c64", Device::NVME_PLP, Closed(64)),
    row("plp-c512", Device::NVME_PLP, Closed(512)),
    row("plp-o5000", Device::NVME_PLP, Open(5_000)),
    row("nvme-c1", Device::NVME, Closed(1)),
    row("nvme-c8", Device::NVME, Closed(8)),
    row("nvme-c64", Device::NVME, Closed(64)),
    row("nvme-c512", Device::NVME, Closed(512)),
    row("nvme-o500", Device::NVME, Open(500)),
    row("nvme-o2000", Device::NVME, Open(2_000)),
    row("nvme-o8000", Device::NVME, Open(8_000)),
    row("cloud-c1", Device::CLOUD, Closed(1)),
    row("cloud-c64", Device::CLOUD, Closed(64)),
    row("cloud-c512", Device::CLOUD, Closed(512)),
    row("cloud-o500", Device::CLOUD, Open(500)),
    row("cloud-o2000", Device::CLOUD, Open(2_000)),
    row("hdd-c1", Device::HDD, Closed(1)),
    row("hdd-c64", Device::HDD, Closed(64)),
    row("hdd-o500", Device::HDD, Open(500)),
    row("bimodal-c64", Device::BIMODAL, Closed(64)),
    row("bimodal-o2000", Device::BIMODAL, Open(2_000)),
    row("even-c1", Device::EVEN, Closed(1)),
    row("even-c64", Device::EVEN, Closed(64)),
    row("even-o2000", Device::EVEN, Open(2_000)),
    row("erratic-c64", Device::ERRATIC, Closed(64)),
    row("erratic-o2000", Device::ERRATIC, Open(2_000)),
    row("lanes-c64", Device::ERRATIC_LANES, Closed(64)),
    row("lanes-o2000", Device::ERRATIC_LANES, Open(2_000)),
    led("stall-leader-c64", Device::STALLING, Device::EVEN, Closed(64)),
    led("stall-leader-o1000", Device::STALLING, Device::EVEN, Open(1_000)),
    led("slow-leader-o1000", Device::SLOW, Device::ERRATIC, Open(1_000)),
    followed("slow-follower-c64", Device::SLOW, Device::ERRATIC, Closed(64)),
    followed("slow-follower-o1000", Device::SLOW, Device::ERRATIC, Open(1_000)),
    of_five(row("five-nvme-c64", Device::NVME, Closed(64))),
    of_five(row("five-nvme-o2000", Device::NVME, Open(2_000))),
    across(Network::RACK, row("rack-nvme-c64", Device::NVME, Closed(64))),
    across(Network::REGION, row("region-nvme-c64", Device::NVME, Closed(64))),
    across(Network::WIDE, row("wide-nvme-o2000", Device::NVME, Open(2_000))),
    of_bytes(16, row("nvme-16b-c64", Device::NVME, Closed(64))),
    of_bytes(65_536, row("nvme-64k-c64", Device::NVME, Closed(64))),
    of_groups(10, row("groups10-nvme-o10000", Device::NVME, Open(10_000))),
    of_groups(1_000, row("groups1000-nvme-o10000", Device::NVME, Open(10_000))),
    of_groups(10, row("groups10-plp-o20000", Device::NVME_PLP, Open(20_000))),
    of_groups(1_000, row("groups1000-plp-o20000", Device::NVME_PLP, Open(20_000))),
];
