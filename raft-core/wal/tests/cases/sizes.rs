//! Files that are too short, too long or empty.

use syncline_wal::{Config, Flaw, Op, Reason, SegmentNo};

use super::{
    FIRST, FileName, act, append, config, damage, end, entry, image, image_of, log_of, open,
    open_after_power_cut, open_damaged, preallocated, short, write,
};
use crate::parts::Logger;

/// Case 2: every length that a file which grows may have when the power fails.
#[test]
fn a_file_cut_off_in_the_unsynced_batch_keeps_what_is_synced() {
    let (mut logger, ends) = log_of(config(), 3);
    append(&mut logger, 4);
    let len = end(&logger);
    for len in ends[3]..len {
        let opened = open_damaged(&logger, FIRST, |bytes| bytes.truncate(len));
        let recovered = opened.expect("what is missing was not synced");
        assert_eq!(recovered.image, image_of(3), "{len} bytes");
        assert_eq!(recovered.cut.is_some(), len > ends[3]);
    }
}

/// Case 3: a file that had its length from the beginning is evidence of itself.
#[test]
fn a_preallocated_file_is_never_shorter() {
    let (logger, ends) = log_of(preallocated(), 3);
    for len in ends[0]..16 << 10 {
        let refusal = damage(open_damaged(&logger, FIRST, |bytes| bytes.truncate(len)), FIRST);
        assert_eq!(refusal.offset, len as u64);
        assert!(matches!(refusal.reason, Reason::Damaged { flaw: Flaw::Short, .. }));
    }
}

/// Case 3, where the file grows: that it was longer, only another file can say.
#[test]
fn a_growing_file_cut_off_in_a_synced_batch_is_refused_if_another_segment_follows() {
    let (logger, _) = log_of(short(), 9);
    assert!(logger.wal.segments().count() > 2);
    for no in logger.wal.segments().take(2) {
        let file = FileName::Segment(no);
        damage(open_damaged(&logger, file, |bytes| bytes.truncate(4_096 + 50)), file);
    }
}

/// Cases 4 and 5: a segment gets its name with its header durable in it, so one that has its name
/// and no header was damaged. Before that it is in the making, and nobody reads it.
#[test]
fn an_empty_segment_is_refused_once_it_has_its_name() {
    let (mut logger, _) = log_of(short(), 9);
    for no in logger.wal.segments() {
        let file = FileName::Segment(no);
        let refusal = open_damaged(&logger, file, Vec::clear).unwrap_err();
        assert_eq!((refusal.file, refusal.reason), (Some(file), Reason::Header(Flaw::Short)));
    }
    let next = FileName::NewSegment(SegmentNo(logger.wal.segments().count() as u64 + 1));
    act(&mut logger.disk, Op::Create { file: next, len: 0 });
    assert_eq!(open(short(), &mut logger.disk).unwrap().image, image_of(9));
}

/// Case 24: zeros are nothing, wherever they come from, and a payload of zeros is something.
#[test]
fn zeros_are_neither_the_end_nor_a_tear() {
    for config in [config(), Config { segment_bytes: 1 << 20, ..preallocated() }] {
        let zeros = vec![0; 64 << 10];
        let mut logger = Logger::create(config);
        let writes = [write(1, 1, 1, &[&zeros]), write(2, 1, 2, &[&zeros, &[], &zeros])];
        for write in &writes {
            logger.wal.append(write).unwrap();
            logger.sync();
        }
        let (_, recovered) = open_after_power_cut(&logger);
        assert_eq!((recovered.image, recovered.cut), (image(writes.clone()), None));
        // A file that has grown by zeros, the data of which is lost.
        let opened = open_damaged(&logger, FIRST, |bytes| bytes.resize(2 << 20, 0));
        let recovered = opened.expect("nothing is missing");
        assert_eq!((recovered.image, recovered.cut), (image(writes), None));
    }
    let (mut logger, ends) = log_of(config(), 2);
    logger.wal.append(&entry(3)).unwrap();
    logger.pump();
    let opened = open_damaged(&logger, FIRST, |bytes| bytes[ends[2]..].fill(0));
    assert_eq!(opened.expect("it was not synced").image, image_of(2));
}
