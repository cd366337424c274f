//! Any calls in any order, with every argument and every field of every message at its extremes. What
//! must hold: nothing panics, what is refused has changed nothing, the cursors keep their order, no
//! queue grows without bound, and the node works when correct nodes speak to it again.
//!
//! A run is read from bytes, so that the property test and the fuzzer share every line of it.

mod beginnings;
mod bytes;
mod judge;
mod message;

use syncline_raft::{
    CommitGroup, Entry, Index, InflightLimits, Message, ReadId, SnapshotOutcome, StepError,
    WriteSeq,
};

use crate::util::*;
use bytes::Bytes;

/// No run is longer, so that it stays fast.
pub(crate) const CALLS_MAX: usize = 200;

/// Nodes 2 to 5, 9 and the last one speak, see `message::peer`.
const NAMES: usize = 6;

/// How often a message comes in a flood.
const FLOOD: usize = 1_000;

/// Reads a run from bytes and does it.
pub(crate) fn run(bytes: &[u8]) {
    let mut bytes = Bytes::new(bytes);
    let host = beginnings::beginning(&mut bytes);
    let mut noise = Noise { host, heard: Vec::new(), reads: Vec::new(), names: NAMES };
    for _ in 0..CALLS_MAX {
        if bytes.is_empty() {
            break;
        }
        let before = noise.host.status();
        noise.call(&mut bytes);
        judge::bearings(&before, &noise.host.status());
    }
    judge::bounds(&noise.host, noise.names);
    judge::works(noise.host);
}

/// A run: the node, every message that it has heard, every read that it was asked for, and in how many
/// names others have spoken.
struct Noise {
    host: Host,
    heard: Vec<Message>,
    reads: Vec<ReadId>,
    names: usize,
}

impl Noise {
    fn call(&mut self, bytes: &mut Bytes) {
        match bytes.below(32) {
            0..=11 => {
                let message = message::message(bytes, &self.host, &self.reads);
                self.heard.push(message.clone());
                self.step(message);
            }
            12 => {
                let picked = self.heard.get(bytes.byte() as usize % self.heard.len().max(1));
                if let Some(again) = picked.cloned() {
                    self.flood(&again, bytes);
                    self.step(again);
                }
            }
            13..=15 => {
                judge::bounds(&self.host, self.names);
                self.host.take();
            }
            16 | 17 => self.advance(self.host.advanced as u64 + 1),
            18 | 19 => self.synced(self.host.advanced as u64),
            20 => {
                let number = bytes.number(self.host.advanced as u64);
                self.advance(number);
                self.synced(number);
            }
            21 | 22 => {
                self.host.work_once();
            }
            23 => self.applied(bytes),
            24 | 25 => (0..bytes.below(24)).for_each(|_| self.host.node.tick()),
            26 | 27 => self.command(bytes),
            28 => self.manage(bytes),
            29 => self.answer(bytes),
            30 => self.report(bytes),
            _ => self.host.is_slow = !self.host.is_slow,
        }
    }

    /// Delivers a message. Refusals that say so have changed nothing.
    fn step(&mut self, message: Message) {
        let before = format!("{:?}", self.host.node);
        let outcome = self.host.node.step(message);
        let is_untouched = matches!(
            outcome,
            Err(StepError::NotForThisNode { .. } | StepError::FromThisNode | StepError::Malformed)
        );
        assert!(!is_untouched || format!("{:?}", self.host.node) == before, "{outcome:?}");
    }

    /// Delivers a message, now and then, far more often than there is time for, and sometimes in as many
    /// names.
    fn flood(&mut self, message: &Message, bytes: &mut Bytes) {
        if !bytes.once_in(4) {
            return;
        }
        let has_names = bytes.once_in(4);
        for name in 100..100 + FLOOD as u64 {
            let from = if has_names { id(name) } else { message.from };
            let _ = self.host.node.step(Message { from, ..message.clone() });
        }
        if has_names {
            self.names = NAMES + FLOOD;
        }
    }

    fn advance(&mut self, number: u64) {
        let Some(write) = WriteSeq::new(number) else { return };
        let next = self.host.advanced as u64 + 1;
        let is_next = number == next && next < self.host.images.len() as u64;
        assert_eq!(self.host.node.advance(write).is_ok(), is_next);
        self.host.advanced += usize::from(is_next);
    }

    fn synced(&mut self, number: u64) {
        let Some(write) = WriteSeq::new(number) else { return };
        let is_advanced = number <= self.host.advanced as u64;
        assert_eq!(self.host.node.synced(write).is_ok(), is_advanced);
        if is_advanced {
            self.host.synced = self.host.synced.max(number as usize);
        }
    }

    /// What is behind the state machine, or ahead of what it was handed, is refused.
    fn applied(&mut self, bytes: &mut Bytes) {
        let (applied, handed_out) = (self.host.status().applied, self.host.handed_out.applied);
        let index = Index(bytes.number(applied.0));
        if index < applied || handed_out < index {
            self.host.node.applied(index).expect_err("nobody can have applied that");
        }
    }

    /// What an application asks for on behalf of its users.
    fn command(&mut self, bytes: &mut Bytes) {
        let node = &mut self.host.node;
        match bytes.below(8) {
            0 => {
                let _ = node.campaign();
            }
            1 | 2 => {
                let _ = node.propose(vec![0; bytes.below(100) as usize].into());
            }
            3 | 4 => {
                let _ = node.propose_change(message::change(bytes));
            }
            5..=6 => self.reads.extend(node.read_index().ok()),
            _ => {
                let _ = node.forget_leader();
            }
        }
    }

    /// What an application asks for on behalf of its operators.
    fn manage(&mut self, bytes: &mut Bytes) {
        let peer = id(message::peer(bytes));
        let applied = self.host.status().applied.0;
        let node = &mut self.host.node;
        match bytes.below(8) {
            0 | 1 => {
                let _ = node.transfer_leader(peer);
            }
            2 => node.abort_transfer(),
            3 => {
                let _ = node.request_snapshot();
            }
            4 => {
                let _ = node.compact(Index(bytes.number(applied)));
            }
            5 => node.set_priority([0, 1, -1, i32::MAX][bytes.below(4) as usize]),
            6 => {
                let group = (bytes.below(2) == 0).then(|| CommitGroup(bytes.below(3)));
                node.assign_group(peer, group);
            }
            _ => {
                let messages_max = u32::from(bytes.byte() % 5);
                let limits = InflightLimits { messages_max, bytes_max: bytes.byte() as usize };
                let _ = node.set_inflight_limits(limits);
            }
        }
    }

    /// What the node asked its application for: the right answer, a wrong one, or none.
    fn answer(&mut self, bytes: &mut Bytes) {
        for fetch in self.host.fetches() {
            let mut entries = self.host.disk().between(fetch.after, fetch.last);
            match bytes.below(6) {
                0 => entries.clear(),
                1 => entries.truncate(1),
                2 => {
                    let _ = entries.pop();
                }
                3 => entries.push(Entry { ..entry(bytes.number(1), bytes.number(fetch.last.0)) }),
                _ => {}
            }
            if self.host.node.fetched(fetch, entries).is_err() || bytes.once_in(4) {
                self.host.node.fetch_failed(fetch);
            }
        }
        for wanted in self.host.wants() {
            let last = match bytes.below(3) {
                0 => at(bytes.number(1), bytes.number(wanted.at_least.0)),
                _ => self.host.issued(self.host.status().applied.0),
            };
            let _ = self.host.node.send_snapshot(wanted.to, snapshot(last));
        }
    }

    fn report(&mut self, bytes: &mut Bytes) {
        let peer = id(message::peer(bytes));
        match bytes.below(3) {
            0 => self.host.node.report_unreachable(peer),
            1 => self.host.node.report_snapshot(peer, SnapshotOutcome::Delivered),
            _ => self.host.node.report_snapshot(peer, SnapshotOutcome::Failed),
        }
    }
}
