//! What a driver drives.

use syncline_raft::NodeId;
use syncline_traces::{Link, WriteNo};
use syncline_wal::Micros;

/// Groups of Raft nodes on machines with disks, and the time in which they live.
///
/// The driver of a row decides who takes a Ready, when a sync begins and when a message arrives; what
/// happens then is up to the cluster. There are two of them: worlds in virtual time, which this package
/// has, and nodes on a real file system, which needs a clock and threads. Both are driven by the same
/// policies, clients and network, so what they differ in is the core's host and the disk.
///
/// Groups and machines are counted from 0; the node of a group on machine `m` has the number `m + 1`.
pub trait Cluster {
    /// A message on its way.
    type Message: Copy;
    /// Why a run cannot go on.
    type Fault;

    /// Lets time pass until then, or until a sync ends, if one does before.
    ///
    /// # Errors
    /// If a sync has failed.
    fn wait(&mut self, due: Micros) -> Result<Passed, Self::Fault>;

    /// How long a Ready with so many entries keeps its loop, in microseconds; none if the time that
    /// passes is the time that it takes.
    fn ready_micros(&self, entries: u32) -> u32;

    /// The node that leads a group.
    fn leader(&self, group: u32) -> NodeId;

    /// Up to where a node knows its log to be committed, and up to where it is synced there.
    fn progress(&self, group: u32, node: NodeId) -> Progress;

    /// The clock of a node ticks.
    ///
    /// # Errors
    /// If a promise is broken; likewise below.
    fn tick(&mut self, group: u32, node: NodeId) -> Result<(), Self::Fault>;

    /// The leader of a group is given the next command.
    ///
    /// # Errors
    /// As above.
    fn propose(&mut self, group: u32) -> Result<(), Self::Fault>;

    /// A message arrives.
    ///
    /// # Errors
    /// As above.
    fn deliver(
        &mut self,
        group: u32,
        link: Link,
        message: Self::Message,
    ) -> Result<(), Self::Fault>;

    /// Whether a node has a Ready to hand out.
    fn has_ready(&self, group: u32, node: NodeId) -> bool;

    /// Takes a Ready that is there. Its messages go to `parcels`.
    ///
    /// # Errors
    /// As above.
    fn take(
        &mut self,
        group: u32,
        node: NodeId,
        parcels: &mut Vec<Parcel<Self::Message>>,
    ) -> Result<Taken, Self::Fault>;

    /// Writes what was taken. How many writes that were.
    ///
    /// # Errors
    /// As above.
    fn write(&mut self, group: u32, node: NodeId) -> Result<u32, Self::Fault>;

    /// Applies what was taken. Up to which index that is, if to any.
    ///
    /// # Errors
    /// As above.
    fn apply(&mut self, group: u32, node: NodeId) -> Result<Option<u64>, Self::Fault>;

    /// A sync begins that covers everything that a node has written. Up to which write that is.
    ///
    /// # Errors
    /// As above.
    fn cover(&mut self, group: u32, node: NodeId) -> Result<WriteNo, Self::Fault>;

    /// The disk of a machine is asked for a sync of so many bytes that were covered. Its end will be
    /// told by this number, which counts the syncs of the machine.
    ///
    /// # Errors
    /// If the log has failed.
    fn flush(&mut self, machine: u32, no: u32, bytes: u64) -> Result<(), Self::Fault>;

    /// What a sync covered is durable.
    ///
    /// # Errors
    /// As above.
    fn complete(&mut self, group: u32, node: NodeId, upto: WriteNo) -> Result<(), Self::Fault>;

    /// A node hears that it is.
    ///
    /// # Errors
    /// As above.
    fn report(&mut self, group: u32, node: NodeId, upto: WriteNo) -> Result<(), Self::Fault>;

    /// How many flushes the disk of the first machine has done so far.
    fn flushes(&self) -> u64;
}

/// What has happened while time passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Passed {
    /// What time it is.
    pub now: Micros,
    /// The sync that has ended, by its machine and number.
    pub ended: Option<(u32, u32)>,
}

/// How far a node has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// The last index that it knows to be committed.
    pub committed: u64,
    /// The last index that is synced there.
    pub synced: u64,
}

/// What a Ready holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Taken {
    /// How many entries are to be written.
    pub entries: u32,
}

/// A message, and how many bytes it takes on its link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parcel<M> {
    /// From whom to whom.
    pub link: Link,
    /// The message.
    pub message: M,
    /// Its bytes.
    pub bytes: u64,
    /// Whether a leader sends it to have its entries written.
    pub is_append: bool,
}

impl<M> Parcel<M> {
    /// What a message takes besides its entries.
    pub const HEADER_BYTES: u64 = 64;
}
