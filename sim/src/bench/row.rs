//! What is measured: clusters, their disks, their network and their load.

use crate::latency::{Latency, Law};

/// What becomes of syncs that are asked for while one is under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flushes {
    /// The next flush is for all of them: a drive whose cache must be flushed, as the block layer of
    /// Linux does it (`block/blk-flush.c`).
    Merged,
    /// Each has a flush of its own: a drive without a volatile cache, where a sync is a write.
    Each,
}

/// A disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Device {
    /// How long a flush takes, its bytes aside.
    pub latency: Latency,
    /// How many bytes it takes down in a microsecond.
    pub bytes_per_micro: u32,
    /// How many flushes it does at once.
    pub lanes: u32,
    /// Whether it merges.
    pub flushes: Flushes,
}

impl Device {
    const fn merging(latency: Latency, bytes_per_micro: u32) -> Device {
        Device { latency, bytes_per_micro, lanes: 1, flushes: Flushes::Merged }
    }

    /// An NVMe drive with power-loss protection: nothing to flush, so a sync is a short write.
    pub const NVME_PLP: Device = Device {
        latency: Latency::of(Law::Uniform(20, 60)),
        bytes_per_micro: 2_000,
        lanes: 8,
        flushes: Flushes::Each,
    };
    /// A consumer NVMe drive, whose cache is volatile.
    pub const NVME: Device = Device::merging(Latency::of(Law::ConsumerNvme), 1_000);
    /// A volume of a cloud: lognormal, and several writes at once.
    pub const CLOUD: Device = Device {
        latency: Latency::of(Law::LogNormal(4_000)),
        bytes_per_micro: 250,
        lanes: 4,
        flushes: Flushes::Each,
    };
    /// A hard disk: it waits for its platter.
    pub const HDD: Device = Device::merging(Latency::of(Law::Uniform(6_000, 14_300)), 150);
    /// 0.8 ms, and one in a hundred 20 ms.
    pub const BIMODAL: Device =
        Device::merging(Latency::of(Law::Uniform(700, 900)).stalling(100, 20_000), 1_000);
    /// 1 ms, always.
    pub const EVEN: Device = Device::merging(Latency::of(Law::Uniform(950, 1_050)), 1_000);
    /// 1 ms in the mean, exponential.
    pub const ERRATIC: Device = Device::merging(Latency::of(Law::Exponential(1_000)), 1_000);
    /// The same with four flushes at once.
    pub const ERRATIC_LANES: Device =
        Device { lanes: 4, flushes: Flushes::Each, ..Device::ERRATIC };
    /// 1 ms, but one flush in two hundred stalls for 250 ms.
    pub const STALLING: Device =
        Device::merging(Latency::of(Law::Uniform(950, 1_050)).stalling(200, 250_000), 1_000);
    /// 10 ms in the mean, exponential.
    pub const SLOW: Device = Device::merging(Latency::of(Law::Exponential(10_000)), 250);
}

/// Who has which disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Devices {
    /// The first machine, which leads where there is one group.
    pub first: Device,
    /// The last machine.
    pub last: Device,
    /// All others.
    pub others: Device,
}

impl Devices {
    /// The same disk everywhere.
    #[must_use]
    pub const fn all(device: Device) -> Devices {
        Devices { first: device, last: device, others: device }
    }

    /// One in so many flushes stalls; `None` if none does.
    pub(super) fn stalls_every(&self) -> Option<u32> {
        let all = [self.first, self.last, self.others].map(|device| device.latency.stall);
        all.into_iter().flatten().map(|stall| stall.every).max()
    }

    /// The disk of a machine, counted from 0.
    pub(super) fn of(&self, machine: usize, machines: usize) -> Device {
        match machine {
            0 => self.first,
            _ if machine + 1 == machines => self.last,
            _ => self.others,
        }
    }
}

/// A network. Messages on a link arrive in their order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Network {
    /// How long a message takes one way, its bytes aside.
    pub delay: Law,
    /// How many bytes a link carries in a microsecond.
    pub bytes_per_micro: u32,
}

impl Network {
    const fn around(low: u32, high: u32) -> Network {
        Network { delay: Law::Uniform(low, high), bytes_per_micro: 1_250 }
    }

    /// Machines beside each other.
    pub const RACK: Network = Network::around(40, 60);
    /// The buildings of one zone.
    pub const ZONE: Network = Network::around(200, 300);
    /// Three zones.
    pub const REGION: Network = Network::around(900, 1_100);
    /// Three regions.
    pub const WIDE: Network = Network::around(19_000, 21_000);
}

/// Who proposes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Load {
    /// So many clients, each of which proposes again as soon as its last command is applied.
    Closed(u32),
    /// So many commands in a second, whatever becomes of them, at exponential intervals.
    Open(u32),
}

/// A row of the table. The load is that of all groups together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// How many machines, each with one node of every group.
    pub machines: u32,
    /// How many Raft groups share the machines and their disks.
    pub groups: u32,
    /// The disks.
    pub devices: Devices,
    /// The network.
    pub network: Network,
    /// The load.
    pub load: Load,
    /// How long a command is, in bytes.
    pub command_bytes: u32,
}

impl Row {
    /// The plain one: three machines in one zone with such a disk each, one group, commands of 256 bytes.
    #[must_use]
    pub const fn plain(name: &'static str, device: Device, load: Load) -> Row {
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

    /// What the core counts for an entry besides its command: its index and term, and its place in a
    /// record.
    pub const ENTRY_BYTES: u64 = 24;

    /// What an entry weighs on a disk or a link. In a world commands are eight bytes, whatever they
    /// weigh here.
    #[must_use]
    pub fn entry_bytes(&self) -> u64 {
        Row::ENTRY_BYTES + u64::from(self.command_bytes)
    }
}
