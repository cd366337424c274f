//! Three members of one group in memory, and the pump that carries what they say.
//!
//! It measures a core and nothing else: the disk and the network cost nothing, and a proposal is
//! done when all three members have applied it. It knows no Raft library. The package `peers` takes
//! this file and `syncline.rs` as they are, so that what is compared is driven in the same way.
//!
//! Deliberately absent: clocks and counters. Who measures brings them along.

use std::fmt;

/// How many members a group has, numbered from 1.
pub(crate) const MEMBERS: usize = 3;
/// Ticks until an election, for every contestant.
pub(crate) const ELECTION_TICKS: u32 = 10;
/// Ticks between two heartbeats, for every contestant.
pub(crate) const HEARTBEAT_TICKS: u32 = 2;
/// Messages with entries on the way to one follower, for every contestant.
pub(crate) const INFLIGHT_MAX: u32 = 256;
/// What the entries of one message may weigh, for every contestant.
pub(crate) const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// How many applied entries a member keeps in its log when it compacts.
pub(crate) const KEPT: u64 = 64;
/// After so many proposals the members compact: often enough that the logs stay in a cache, for what is
/// measured is the libraries and not how long fresh pages of memory take.
const COMPACTION: u64 = 512;

/// One node of the library under test, with what an application keeps beside it: a log in memory.
pub(crate) trait Member {
    /// What the contestant is called.
    const NAME: &'static str;
    /// A command as the library wants to own it.
    type Payload;
    /// What its nodes say to each other.
    type Message;

    /// A new node.
    fn new(id: u64) -> Self;
    /// Makes a command of its own out of somebody's bytes.
    fn payload(bytes: &[u8]) -> Self::Payload;
    /// Whether it leads.
    fn leads(&self) -> bool;
    /// Time passes. Whether there is work to do now, as the library tells it.
    fn tick(&mut self) -> bool;
    /// Proposes all of these, in the cheapest way that the library documents.
    fn propose(&mut self, batch: &mut Vec<Self::Payload>);
    /// To which node a message goes.
    fn receiver(message: &Self::Message) -> u64;
    /// A message arrives.
    fn receive(&mut self, message: Self::Message);
    /// Does all that is to do: writes, syncs, applies, and hands messages to the network.
    fn work(&mut self, network: &mut Vec<Self::Message>);
    /// How many commands it has applied.
    fn commands(&self) -> u64;
    /// Drops the older part of its log.
    fn compact(&mut self);
}

/// A group; its first member leads.
pub(crate) struct Group<M> {
    members: [M; MEMBERS],
}

/// What is on the way, and room for the next batch. One does for any number of groups.
pub(crate) struct Pump<M: Member> {
    network: Vec<M::Message>,
    batch: Vec<M::Payload>,
}

impl<M: Member> Default for Pump<M> {
    fn default() -> Self {
        Pump { network: Vec::new(), batch: Vec::new() }
    }
}

impl<M: Member> Group<M> {
    /// A group that has elected its first member.
    pub(crate) fn new(pump: &mut Pump<M>) -> Self {
        let mut group = Group { members: [1, 2, 3].map(M::new) };
        for _ in 0..2 * ELECTION_TICKS {
            let woken = group.members[0].tick();
            group.settle(pump, [woken, false, false]);
            if group.members[0].leads() {
                return group;
            }
        }
        panic!("{}: nobody leads", M::NAME);
    }

    /// Time passes for all members, until nobody has anything to say.
    pub(crate) fn tick(&mut self, pump: &mut Pump<M>) {
        let woken = self.members.each_mut().map(M::tick);
        self.settle(pump, woken);
    }

    /// Takes one batch of these bytes to "applied on all three".
    pub(crate) fn propose(&mut self, pump: &mut Pump<M>, bytes: &[u8], batch: usize) {
        pump.batch.extend((0..batch).map(|_| M::payload(bytes)));
        self.members[0].propose(&mut pump.batch);
        self.settle(pump, [true, false, false]);
    }

    /// Lets every member that something has happened to do its work, and delivers what they say.
    fn settle(&mut self, pump: &mut Pump<M>, mut woken: [bool; MEMBERS]) {
        let network = &mut pump.network;
        loop {
            for (member, woken) in self.members.iter_mut().zip(&mut woken) {
                if std::mem::take(woken) {
                    member.work(network);
                }
            }
            if network.is_empty() {
                return;
            }
            for message in network.drain(..) {
                let place = M::receiver(&message) as usize - 1;
                self.members[place].receive(message);
                woken[place] = true;
            }
        }
    }
}

/// How large the commands are, and how many are proposed together.
#[derive(Clone, Copy)]
pub(crate) struct Setting {
    /// Bytes of one command.
    pub(crate) payload_bytes: usize,
    /// Commands proposed together.
    pub(crate) batch: usize,
}

impl Setting {
    /// The settings that are measured.
    pub(crate) const ALL: [Setting; 6] = [
        Setting { payload_bytes: 16, batch: 1 },
        Setting { payload_bytes: 16, batch: 64 },
        Setting { payload_bytes: 256, batch: 1 },
        Setting { payload_bytes: 256, batch: 64 },
        Setting { payload_bytes: 4096, batch: 1 },
        Setting { payload_bytes: 4096, batch: 64 },
    ];

    /// How many proposals make one sample: about a tenth of a second, and not so many bytes
    /// that a log which is never compacted would fill the machine.
    pub(crate) fn proposals(self) -> u64 {
        let by_time: u64 = if self.batch == 1 { 1 << 15 } else { 1 << 17 };
        by_time.min((128 << 20) / self.payload_bytes as u64)
    }
}

/// The form in which a command line names a setting: `16x64`.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}x{}", self.payload_bytes, self.batch))
    }
}

/// One group under one setting.
pub(crate) struct Load<M: Member> {
    group: Group<M>,
    pump: Pump<M>,
    setting: Setting,
    bytes: Vec<u8>,
}

impl<M: Member> Load<M> {
    /// A group that is warm: it has compacted more than once, so that what it allocates from now on
    /// is memory which it has used before.
    pub(crate) fn new(setting: Setting) -> Self {
        let mut pump = Pump::default();
        let group = Group::new(&mut pump);
        let mut load = Load { group, pump, setting, bytes: vec![0x5a; setting.payload_bytes] };
        load.run(2 * COMPACTION);
        load
    }

    /// Takes this many proposals, a multiple of the batch, to "applied on all three".
    pub(crate) fn run(&mut self, proposals: u64) {
        let batch = self.setting.batch as u64;
        assert!(proposals.is_multiple_of(batch), "{proposals} proposals are not whole batches");
        let before = self.applied();
        for done in (batch..=proposals).step_by(self.setting.batch) {
            self.group.propose(&mut self.pump, &self.bytes, self.setting.batch);
            if done.is_multiple_of(COMPACTION) {
                self.group.members.iter_mut().for_each(M::compact);
            }
        }
        let expected = before.map(|applied| applied + proposals);
        assert_eq!(self.applied(), expected, "{}: applied by each member", M::NAME);
    }

    fn applied(&self) -> [u64; MEMBERS] {
        self.group.members.each_ref().map(M::commands)
    }
}
