//! The rows of the table.

use super::row::{Device, Devices, Load, Network, Row};

const fn row(name: &'static str, device: Device, load: Load) -> Row {
    Row {
        name,
        machines: 3,
        groups: 1,
        devices: Devices::all(device),
        network: Network::ZONE,
        load,
        command_bytes: 256,
    }
}

/// All rows, in the order of the table.
pub const ROWS: &[Row] = &[
    row("even-c1", Device::EVEN, Load::Closed(1)),
    row("even-c64", Device::EVEN, Load::Closed(64)),
    row("even-o2000", Device::EVEN, Load::Open(2_000)),
    row("erratic-c1", Device::ERRATIC, Load::Closed(1)),
    row("erratic-c64", Device::ERRATIC, Load::Closed(64)),
    row("erratic-o2000", Device::ERRATIC, Load::Open(2_000)),
];
