//! Bytes that were durable and changed.

use syncline_raft::Index;
use syncline_wal::{Config, Flaw, Padding, Reason, SegmentNo};

use super::{
    FIRST, HEADER, append, config, damage, end, entry, image, image_of, log_of,
    open_after_power_cut, open_damaged, write,
};
use crate::parts::Logger;

/// Case 6: whichever bit of a batch that a later one vouches for.
#[test]
fn every_flipped_bit_of_a_batch_amid_the_log_is_refused() {
    let (logger, ends) = log_of(config(), 3);
    for bit in ends[1] * 8..ends[2] * 8 {
        let opened = open_damaged(&logger, FIRST, |bytes| bytes[bit / 8] ^= 1 << (bit % 8));
        let refusal = damage(opened, FIRST);
        assert_eq!((refusal.offset, refusal.lsn.0), (ends[1] as u64, (ends[1] - HEADER) as u64));
    }
}

/// Case 7: a length is looked at before anything is done with it.
#[test]
fn a_length_that_cannot_be_is_refused_or_torn_by_evidence() {
    let (logger, ends) = log_of(config(), 3);
    let past_the_end = (ends[3] - ends[1]) as u32;
    for len in [0, 1, past_the_end, logger.config.batch_bytes_max as u32 + 1, u32::MAX] {
        let set = |at: usize| {
            move |bytes: &mut Vec<u8>| bytes[at + 4..at + 8].copy_from_slice(&len.to_le_bytes())
        };
        damage(open_damaged(&logger, FIRST, set(ends[1])), FIRST);
        let torn = open_damaged(&logger, FIRST, set(ends[2])).expect("nothing vouches for it");
        assert_eq!((torn.image, torn.cut.is_some()), (image_of(2), true));
    }
}

/// Case 8: of the newest batch only what comes later can say that it was durable.
#[test]
fn a_flip_in_the_newest_batch_is_refused_with_evidence_and_cut_without() {
    let (mut logger, ends) = log_of(config(), 3);
    let bits = ends[2] * 8..ends[3] * 8;
    for bit in bits.clone() {
        let opened = open_damaged(&logger, FIRST, |bytes| bytes[bit / 8] ^= 1 << (bit % 8));
        let recovered = opened.expect("nothing vouches for it");
        assert_eq!((recovered.image, recovered.cut.is_some()), (image_of(2), true), "bit {bit}");
    }
    append(&mut logger, 4);
    for bit in bits {
        let opened = open_damaged(&logger, FIRST, |bytes| bytes[bit / 8] ^= 1 << (bit % 8));
        damage(opened, FIRST);
    }
}

/// Case 9: a batch that lies where another should is not taken for that one.
#[test]
fn a_duplicated_batch_is_refused_or_ignored_behind_the_end() {
    let (logger, ends) = log_of(config(), 3);
    let opened = open_damaged(&logger, FIRST, |bytes| bytes.copy_within(ends[0]..ends[1], ends[1]));
    let refusal = damage(opened, FIRST);
    assert!(matches!(refusal.reason, Reason::Damaged { flaw: Flaw::Position, .. }), "{refusal}");
    let opened = open_damaged(&logger, FIRST, |bytes| bytes.extend_from_within(ends[2]..ends[3]));
    let recovered = opened.expect("nothing is missing");
    assert_eq!(recovered.image, image_of(3));
    assert_eq!(recovered.cut.map(|cut| cut.flaw), Some(Flaw::Position));
}

/// Case 10.
#[test]
fn two_swapped_batches_are_refused() {
    let (logger, ends) = log_of(config(), 4);
    assert_eq!(ends[1] - ends[0], ends[2] - ends[1]);
    let opened = open_damaged(&logger, FIRST, |bytes| {
        bytes[ends[0]..ends[2]].rotate_left(ends[1] - ends[0]);
    });
    damage(opened, FIRST);
}

/// Case 38: a write lands where another batch lies, and not where it should.
#[test]
fn a_misdirected_batch_over_an_older_one_is_refused() {
    let (logger, ends) = log_of(config(), 4);
    let (old, new) = (ends[0]..ends[1], ends[3]..ends[4]);
    for stays in [true, false] {
        let opened = open_damaged(&logger, FIRST, |bytes| {
            bytes.copy_within(new.clone(), old.start);
            if !stays {
                bytes[new.clone()].fill(0);
            }
        });
        damage(opened, FIRST);
    }
}

/// Case 19, the half of it that lies in a batch: a record of a kind that this version does not know.
#[test]
fn a_batch_of_an_unknown_kind_is_refused() {
    let (logger, ends) = log_of(config(), 2);
    let forge = |at: usize, value: u8| {
        let batch = ends[1]..ends[2];
        move |bytes: &mut Vec<u8>| {
            bytes[batch.start + at] = value;
            let checksum = crc32c::crc32c(&bytes[batch.start + 4..batch.end]);
            bytes[batch.start..batch.start + 4].copy_from_slice(&checksum.to_le_bytes());
        }
    };
    // The kind of the batch, and that of its first record.
    for at in [36, 40] {
        let refusal = damage(open_damaged(&logger, FIRST, forge(at, 99)), FIRST);
        assert!(matches!(refusal.reason, Reason::Damaged { flaw: Flaw::Content, .. }), "{refusal}");
    }
}

/// Case 6, where the evidence lies far behind the damage: the batch is longer than what is read at once.
#[test]
fn evidence_is_looked_for_as_far_as_the_log_may_reach() {
    for len in [3_000, 9_000, 300_000] {
        let mut logger = Logger::create(config());
        let batches = [write(1, 1, 1, &[&vec![7; len]]), write(2, 1, 2, &[&[8; 10]])];
        let damaged = end(&logger) + 100;
        for batch in batches {
            logger.wal.append(&batch).unwrap();
            logger.sync();
        }
        let refusal = open_damaged(&logger, FIRST, |bytes| bytes[damaged] ^= 1).unwrap_err();
        assert!(matches!(refusal.reason, Reason::Damaged { .. }), "{len}: {refusal}");
    }
}

/// Case 22: REC5, a commit is a hint only within the log.
#[test]
fn a_commit_beyond_the_log_is_refused() {
    let mut logger = Logger::create(config());
    let mut ahead = entry(1);
    ahead.hard_state.commit = Index(9);
    logger.wal.append(&ahead).unwrap();
    logger.sync();
    let refusal = open_damaged(&logger, FIRST, |_| {}).unwrap_err();
    let (commit, last) = (Index(9), Index(1));
    assert_eq!(refusal.reason, Reason::CommitBeyondLog { commit, last });
}

/// Case 25: a later write that overtook a torn one is gone with it, for good.
#[test]
fn a_batch_behind_a_hole_never_comes_back() {
    let (mut logger, _) = log_of(config(), 1);
    let hole = end(&logger);
    append(&mut logger, 2);
    let behind = end(&logger);
    append(&mut logger, 3);
    logger.disk.corrupt(FIRST, |bytes| bytes[hole..behind].fill(0)).unwrap();
    let (mut next, recovered) = Logger::open(logger.config, logger.disk.clone());
    assert_eq!(recovered.image, image_of(1));
    assert_eq!(recovered.cut.map(|cut| cut.offset), Some(hole as u64));
    let (_, again) = Logger::open(logger.config, logger.disk);
    assert_eq!(again.image, image_of(1));
    // Nor does it once the log has gone on in its place.
    next.settle();
    let other = write(2, 2, 2, &[&[9; 100]]);
    next.wal.append(&other).unwrap();
    next.sync();
    let (_, recovered) = open_after_power_cut(&next);
    assert_eq!(recovered.image, image([entry(1), other]));
    assert_eq!(next.wal.segments().last(), Some(SegmentNo(2)));
}

/// Case 44: a disk whose write spoils the rest of its sectors, as it may when it loses its power.
#[test]
fn garbage_in_the_sectors_of_an_unsynced_batch() {
    for (padding, sector) in [(Padding::Sectors, 512), (Padding::Pages, 4_096)] {
        let config = Config { padding, ..config() };
        assert_eq!(spoiled(config, sector), image_of(3), "no batch shares a sector");
    }
    // What batches that share sectors do not survive, and why the padding is there to be chosen.
    assert_eq!(spoiled(config(), 512), image_of(2));
}

/// Case 44, how much that may be: all synced batches of the sector, if nothing in another one says that
/// they were.
#[test]
fn garbage_in_a_sector_that_short_batches_share() {
    let vote = |term| write(term, term, 1, &[]);
    let votes = |padding| {
        let config = Config { padding, ..config() };
        let mut logger = Logger::create(config);
        for term in 1..=3 {
            logger.wal.append(&vote(term)).unwrap();
            logger.sync();
        }
        let begin = end(&logger) / 512 * 512;
        logger.wal.append(&vote(4)).unwrap();
        logger.pump();
        let opened = open_damaged(&logger, FIRST, |bytes| {
            bytes.resize(bytes.len().next_multiple_of(512), 0);
            bytes[begin..].fill(0xa5);
        });
        opened.expect("nothing vouches for them").image
    };
    assert_eq!(votes(Padding::Sectors), image((1..=3).map(vote)));
    assert_eq!(votes(Padding::Words), image([]), "three synced votes are gone");
}

/// What is found when the power fails while a batch is written behind three that are synced, and
/// the sectors that it touches hold garbage then.
fn spoiled(config: Config, sector: usize) -> syncline_wal::LogImage {
    let (mut logger, ends) = log_of(config, 3);
    append(&mut logger, 4);
    let spoiled = ends[3] / sector * sector..end(&logger).next_multiple_of(sector);
    let opened = open_damaged(&logger, FIRST, |bytes| {
        bytes.resize(bytes.len().max(spoiled.end), 0);
        bytes[spoiled].fill(0xa5);
    });
    opened.expect("nothing vouches for the newest batch").image
}
