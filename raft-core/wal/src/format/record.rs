//! Records: what a batch carries.
//!
//! A write of the core is one record: its hard state, what it voids, and its entries. A snapshot
//! lies in a file of its own, and the record names it by a [`Marker`].

use std::iter;
use std::sync::Arc;

use syncline_raft::{
    Change, Entries, Entry, HardState, Index, LogId, MembershipChange, NodeId, Payload, Term,
    Transition, Write, WriteSeq,
};

use super::Flaw;
use super::bytes::{Reader, put_len, put_u32, put_u64};
use crate::disk::SnapshotNo;

/// The name of a snapshot in the log.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Marker {
    /// Which file.
    pub(crate) file: SnapshotNo,
    /// The last entry that it stands for.
    pub(crate) last: LogId,
    /// The checksum of the whole file.
    pub(crate) checksum: u32,
}

/// A record as it lies in the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Logged {
    /// A write of the core; its snapshot, if any, is the marker's.
    Write(Write, Option<Marker>),
    /// The state of the state machine.
    Checkpoint(Marker),
    /// The log up to here is gone.
    Compact(Index),
}

const WRITE: u8 = 1;
const CHECKPOINT: u8 = 2;
const COMPACT: u8 = 3;

const HAS_VOTE: u8 = 1;
const HAS_SNAPSHOT: u8 = 2;
const TRUNCATES: u8 = 4;
const COMMIT_ONLY: u8 = 8;

const NOOP: u8 = 0;
const COMMAND: u8 = 1;
const LEAVE: u8 = 2;
const ENTER: u8 = 3;

/// More than a record takes besides its entries, in bytes.
const RECORD_MAX: usize = 128;
/// More than an entry takes besides its command, in bytes, unless it changes the membership.
const ENTRY_MAX: usize = 16;

/// Appends the bytes of a record.
pub(crate) fn encode(out: &mut Vec<u8>, record: &Logged) {
    match record {
        Logged::Write(write, marker) => encode_write(out, write, marker.as_ref()),
        Logged::Checkpoint(marker) => {
            out.push(CHECKPOINT);
            encode_marker(out, marker);
        }
        Logged::Compact(index) => {
            out.push(COMPACT);
            put_u64(out, index.0);
        }
    }
}

/// About how many bytes a record takes: enough for all but a great change of the membership.
pub(crate) fn size_hint(record: &Logged) -> usize {
    let Logged::Write(write, _) = record else {
        return RECORD_MAX;
    };
    let command = |entry: &Entry| entry.command().map_or(ENTRY_MAX, <[u8]>::len);
    RECORD_MAX + write.entries.iter().map(|entry| ENTRY_MAX + command(entry)).sum::<usize>()
}

fn encode_write(out: &mut Vec<u8>, write: &Write, marker: Option<&Marker>) {
    let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
    let HardState { term, vote, commit } = write.hard_state;
    out.push(WRITE);
    out.push(
        flag(vote.is_some(), HAS_VOTE)
            | flag(marker.is_some(), HAS_SNAPSHOT)
            | flag(write.truncate_from.is_some(), TRUNCATES)
            | flag(write.commit_only, COMMIT_ONLY),
    );
    put_u64(out, write.seq.number());
    put_u64(out, term.0);
    put_u64(out, commit.0);
    if let Some(vote) = vote {
        put_u64(out, vote.number());
    }
    if let Some(marker) = marker {
        encode_marker(out, marker);
    }
    if let Some(index) = write.truncate_from {
        put_u64(out, index.0);
    }
    put_len(out, write.entries.len());
    if let Some(first) = write.entries.first() {
        put_u64(out, first.index().0);
    }
    for entry in write.entries.iter() {
        put_u64(out, entry.term().0);
        encode_payload(out, &entry.payload);
    }
}

pub(super) fn encode_id(out: &mut Vec<u8>, id: LogId) {
    put_u64(out, id.term.0);
    put_u64(out, id.index.0);
}

pub(super) fn encode_marker(out: &mut Vec<u8>, marker: &Marker) {
    put_u64(out, marker.file.0);
    encode_id(out, marker.last);
    put_u32(out, marker.checksum);
}

fn encode_payload(out: &mut Vec<u8>, payload: &Payload) {
    match payload {
        Payload::Noop => out.push(NOOP),
        Payload::Command(bytes) => {
            out.push(COMMAND);
            put_len(out, bytes.len());
            out.extend_from_slice(bytes);
        }
        Payload::Membership(change) => match &**change {
            MembershipChange::Leave => out.push(LEAVE),
            MembershipChange::Enter { changes, transition } => {
                out.push(ENTER);
                out.push(match transition {
                    Transition::Auto => 0,
                    Transition::Implicit => 1,
                    Transition::Explicit => 2,
                });
                put_len(out, changes.len());
                for change in changes {
                    out.push(match change {
                        Change::AddVoter(_) => 0,
                        Change::AddLearner(_) => 1,
                        Change::Remove(_) => 2,
                    });
                    put_u64(out, change.node().number());
                }
            }
        },
    }
}

/// Reads the records of a batch, one after another. One that is none of ours is
/// [`Flaw::Content`], and the last.
pub(crate) fn decode(records: &[u8]) -> impl Iterator<Item = Result<Logged, Flaw>> {
    let mut reader = Reader(records);
    iter::from_fn(move || {
        if reader.is_empty() {
            return None;
        }
        let record = decode_one(&mut reader).ok_or(Flaw::Content);
        if record.is_err() {
            reader = Reader(&[]);
        }
        Some(record)
    })
}

fn decode_one(reader: &mut Reader<'_>) -> Option<Logged> {
    match reader.u8()? {
        WRITE => decode_write(reader),
        CHECKPOINT => Some(Logged::Checkpoint(decode_marker(reader)?)),
        COMPACT => Some(Logged::Compact(Index(reader.u64()?))),
        _ => None,
    }
}

fn decode_write(reader: &mut Reader<'_>) -> Option<Logged> {
    let flags = reader.u8()?;
    if flags & !(HAS_VOTE | HAS_SNAPSHOT | TRUNCATES | COMMIT_ONLY) != 0 {
        return None;
    }
    let has = |flag: u8| flags & flag != 0;
    let seq = WriteSeq::new(reader.u64()?)?;
    let term = Term(reader.u64()?);
    let commit = Index(reader.u64()?);
    let vote = match has(HAS_VOTE) {
        true => Some(NodeId::new(reader.u64()?)?),
        false => None,
    };
    let marker = match has(HAS_SNAPSHOT) {
        true => Some(decode_marker(reader)?),
        false => None,
    };
    let truncate_from = match has(TRUNCATES) {
        true => Some(Index(reader.u64()?)),
        false => None,
    };
    let write = Write {
        seq,
        hard_state: HardState { term, vote, commit },
        snapshot: None,
        truncate_from,
        entries: decode_entries(reader)?,
        commit_only: has(COMMIT_ONLY),
    };
    Some(Logged::Write(write, marker))
}

fn decode_entries(reader: &mut Reader<'_>) -> Option<Entries> {
    /// The least that an entry takes: its term and its kind.
    const ENTRY_MIN: usize = 9;

    let count = reader.u32()? as usize;
    if count == 0 {
        return Some(Entries::default());
    }
    let first = reader.u64()?;
    if count > reader.0.len() / ENTRY_MIN || first.checked_add(count as u64).is_none() {
        return None;
    }
    let is_lone = count == 1;
    let mut entries = Vec::with_capacity(if is_lone { 0 } else { count });
    for index in (first..).take(count) {
        let id = LogId { term: Term(reader.u64()?), index: Index(index) };
        let entry = Entry { id, payload: decode_payload(reader)? };
        if is_lone {
            // It needs no list, and many records have no more.
            return Some(entry.into());
        }
        entries.push(entry);
    }
    Some(entries.into())
}

pub(super) fn decode_id(reader: &mut Reader<'_>) -> Option<LogId> {
    Some(LogId { term: Term(reader.u64()?), index: Index(reader.u64()?) })
}

pub(super) fn decode_marker(reader: &mut Reader<'_>) -> Option<Marker> {
    let file = SnapshotNo(reader.u64()?);
    Some(Marker { file, last: decode_id(reader)?, checksum: reader.u32()? })
}

fn decode_payload(reader: &mut Reader<'_>) -> Option<Payload> {
    let change = match reader.u8()? {
        NOOP => return Some(Payload::Noop),
        COMMAND => {
            let len = reader.u32()? as usize;
            return Some(Payload::Command(reader.take(len)?.into()));
        }
        LEAVE => MembershipChange::Leave,
        ENTER => decode_enter(reader)?,
        _ => return None,
    };
    Some(Payload::Membership(Arc::new(change)))
}

fn decode_enter(reader: &mut Reader<'_>) -> Option<MembershipChange> {
    let transition = match reader.u8()? {
        0 => Transition::Auto,
        1 => Transition::Implicit,
        2 => Transition::Explicit,
        _ => return None,
    };
    let count = reader.u32()?;
    let mut changes = Vec::new();
    for _ in 0..count {
        let kind = reader.u8()?;
        let node = NodeId::new(reader.u64()?)?;
        changes.push(match kind {
            0 => Change::AddVoter(node),
            1 => Change::AddLearner(node),
            2 => Change::Remove(node),
            _ => return None,
        });
    }
    Some(MembershipChange::Enter { changes, transition })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_sort() -> Vec<Logged> {
        let node = |number| NodeId::new(number).unwrap();
        let id = |index| LogId { term: Term(3), index: Index(index) };
        let enter = MembershipChange::Enter {
            changes: vec![
                Change::AddVoter(node(4)),
                Change::AddLearner(node(5)),
                Change::Remove(node(1)),
            ],
            transition: Transition::Explicit,
        };
        let payloads = [
            Payload::Noop,
            Payload::Command([7; 30].as_slice().into()),
            Payload::Command([].as_slice().into()),
            Payload::Membership(Arc::new(enter)),
            Payload::Membership(Arc::new(MembershipChange::Leave)),
        ];
        let entries = (8..).zip(payloads).map(|(index, payload)| Entry { id: id(index), payload });
        let write = Write {
            seq: WriteSeq::new(9).unwrap(),
            hard_state: HardState { term: Term(3), vote: Some(node(2)), commit: Index(7) },
            snapshot: None,
            truncate_from: Some(Index(8)),
            entries: entries.collect(),
            commit_only: false,
        };
        let bare = Write {
            hard_state: HardState::default(),
            truncate_from: None,
            entries: Vec::new().into(),
            commit_only: true,
            ..write.clone()
        };
        let marker = Marker { file: SnapshotNo(4), last: id(7), checksum: 5 };
        vec![
            Logged::Write(write.clone(), None),
            Logged::Write(write, Some(marker)),
            Logged::Write(bare, None),
            Logged::Checkpoint(marker),
            Logged::Compact(Index(6)),
        ]
    }

    fn decode_all(bytes: &[u8]) -> Result<Vec<Logged>, Flaw> {
        decode(bytes).collect()
    }

    fn bytes_of(record: &Logged) -> Vec<u8> {
        let mut out = Vec::new();
        encode(&mut out, record);
        let is_great = matches!(record, Logged::Write(write, _) if write.entries.len() > 1);
        assert!(is_great || out.len() <= size_hint(record));
        out
    }

    #[test]
    fn what_is_written_is_read_back() {
        let bytes: Vec<u8> = every_sort().iter().flat_map(bytes_of).collect();
        assert_eq!(decode_all(&bytes), Ok(every_sort()));
    }

    #[test]
    fn what_ends_too_early_is_refused_and_nothing_panics_on_any_byte() {
        for record in every_sort() {
            let bytes = bytes_of(&record);
            for len in 1..bytes.len() {
                assert_eq!(
                    decode_all(&bytes[..len]),
                    Err(Flaw::Content),
                    "{len} bytes of {record:?}"
                );
            }
            for position in 0..bytes.len() {
                for value in [0, 1, 0x7f, 0x80, 0xff] {
                    let mut changed = bytes.clone();
                    changed[position] = value;
                    let _ = decode_all(&changed);
                }
            }
        }
    }
}
