//! A disk as a queue: syncs wait for a lane, and a flush takes its time.

use std::collections::VecDeque;

use crate::seed::Stream;

use super::row::{Device, Flushes};
use crate::latency::Draws;

/// A sync that a host has asked for, by the number of the request on its machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Request {
    pub(super) no: u32,
    pub(super) bytes: u64,
}

/// A flush under way.
#[derive(Clone, Debug)]
struct Flush {
    serves: Vec<u32>,
}

/// The disk of a machine.
#[derive(Clone, Debug)]
pub(super) struct Lanes {
    device: Device,
    latency: Draws,
    waiting: VecDeque<Request>,
    busy: Vec<Option<Flush>>,
}

impl Lanes {
    pub(super) fn new(device: Device, stream: Stream) -> Lanes {
        let busy = vec![None; device.lanes as usize];
        Lanes {
            device,
            latency: Draws::new(device.latency, stream),
            waiting: VecDeque::new(),
            busy,
        }
    }

    /// A host asks for a sync.
    pub(super) fn ask(&mut self, request: Request) {
        self.waiting.push_back(request);
    }

    /// Begins a flush, if somebody waits and a lane is free: which lane, and how long it takes in
    /// microseconds.
    pub(super) fn begin(&mut self) -> Option<(u32, u32)> {
        let lane = self.busy.iter().position(Option::is_none)?;
        let first = self.waiting.pop_front()?;
        let (mut serves, mut bytes) = (vec![first.no], first.bytes);
        if self.device.flushes == Flushes::Merged {
            bytes += self.waiting.iter().map(|request| request.bytes).sum::<u64>();
            serves.extend(self.waiting.drain(..).map(|request| request.no));
        }
        self.busy[lane] = Some(Flush { serves });
        let carried = bytes / u64::from(self.device.bytes_per_micro);
        let took = self.latency.next() + carried as u32;
        Some((lane as u32, took.max(1)))
    }

    /// The flush on a lane is done: which requests it was for.
    pub(super) fn end(&mut self, lane: u32) -> Vec<u32> {
        let flush = self.busy[lane as usize].take();
        flush.expect("a lane ends what it began").serves
    }
}
