//! Logs that are another's, or of another time.

use syncline_wal::{Config, Disk, Identity, Op, Reason, SegmentNo, VirtualDisk, Wal};

use super::{
    FIRST, FileName, HEADER, act, config, damage, image_of, log_of, open, open_damaged, short,
    write,
};
use crate::parts::{Logger, node};

/// Case 1: an empty disk is a new node's only if somebody says so.
#[test]
fn an_empty_disk_is_refused_unless_the_log_is_to_be_made() {
    let mut disk = VirtualDisk::default();
    assert_eq!(open(config(), &mut disk).unwrap_err().reason, Reason::NoLog);
    assert!(Wal::create(config(), &mut disk).is_ok());
    // What was left in the making was never a log.
    act(&mut disk, Op::Create { file: FileName::NewSegment(SegmentNo(1)), len: 9 });
    assert_eq!(open(config(), &mut disk).unwrap_err().reason, Reason::NoLog);
    assert!(Wal::create(config(), &mut disk).is_ok());
}

/// Cases 17 and 18: REC8.
#[test]
fn the_log_of_another_cluster_or_node_is_refused() {
    let (mut logger, _) = log_of(config(), 2);
    let found = config().identity;
    for expected in [Identity { cluster: 8, ..found }, Identity { node: node(2), ..found }] {
        let stranger = Config { identity: expected, ..config() };
        let refusal = open(stranger, &mut logger.disk).unwrap_err();
        assert_eq!(refusal.file, Some(FIRST));
        assert_eq!(refusal.reason, Reason::Stranger { expected, found });
    }
}

/// Case 19, the half of it that lies in a header: the version is looked at before the rest, which
/// another version may lay out in another way.
#[test]
fn a_newer_version_of_the_format_is_refused() {
    let (logger, _) = log_of(config(), 2);
    let opened = open_damaged(&logger, FIRST, |bytes| bytes[8..12].copy_from_slice(&[3, 0, 0, 0]));
    assert_eq!(opened.unwrap_err().reason, Reason::Version(3));
}

/// Case 20: neither another node's segment nor another one of this node's passes for it.
#[test]
fn a_segment_that_was_copied_in_is_refused() {
    let (mut logger, _) = log_of(short(), 9);
    let numbers: Vec<SegmentNo> = logger.wal.segments().collect();
    let [.., old, last] = numbers[..] else { panic!("a log of several segments") };
    let last = FileName::Segment(last);
    let other = Config { identity: Identity { cluster: 7, node: node(2) }, ..short() };
    let (mut stranger, _) = log_of(other, 9);
    let bytes = stranger.disk.read(last).unwrap();
    let refusal = open_damaged(&logger, last, |own| *own = bytes).unwrap_err();
    assert!(matches!(refusal.reason, Reason::Stranger { .. }), "{refusal}");
    let bytes = logger.disk.read(FileName::Segment(old)).unwrap();
    let refusal = open_damaged(&logger, last, |own| *own = bytes).unwrap_err();
    assert_eq!(refusal.reason, Reason::Misnamed);
    // Batches of it do not pass either.
    let (theirs, ends) = log_of(Config { segment_bytes: 1 << 20, ..other }, 2);
    let (ours, _) = log_of(config(), 2);
    let bytes = theirs.disk.clone().read(FIRST).unwrap();
    let opened = open_damaged(&ours, FIRST, |own| {
        own[HEADER..ends[2]].copy_from_slice(&bytes[HEADER..ends[2]]);
    });
    assert!(matches!(opened.unwrap_err().reason, Reason::Damaged { .. }));
}

/// Case 14: whatever lies behind the end, it is of another segment or of another place.
#[test]
fn sound_batches_of_an_earlier_segment_behind_the_end_are_ignored() {
    let (mut logger, _) = log_of(short(), 9);
    let [first, .., last] = logger.wal.segments().collect::<Vec<_>>()[..] else {
        panic!("a log of several segments")
    };
    let old = logger.disk.read(FileName::Segment(first)).unwrap();
    let last = FileName::Segment(last);
    let own = logger.disk.read(last).unwrap();
    // At the place where they were, and right behind the last batch.
    for stale in [&old[own.len()..], &old[HEADER..]] {
        let opened = open_damaged(&logger, last, |bytes| bytes.extend_from_slice(stale));
        assert_eq!(opened.expect("nothing is missing").image, image_of(9));
    }
}

/// The bytes of a batch of no records, which says that all before it is durable.
fn forged(nonce: [u8; 8], lsn: u64) -> Vec<u8> {
    let mut body = vec![0; 4];
    body.extend(lsn.to_le_bytes());
    body.extend(nonce);
    body.extend(lsn.to_le_bytes());
    body.extend([0, 0, 0, 0, 1, 0, 0, 0]);
    let checksum = crc32c::crc32c(&body).to_le_bytes();
    [checksum.to_vec(), body].concat()
}

/// Case 45: a client may know where its command will lie in the log, and in which segment, and put
/// there whatever it likes; but not what a batch of that segment carries.
#[test]
fn a_batch_that_a_client_has_forged_is_no_evidence() {
    let (logger, ends) = log_of(config(), 2);
    let propose = |payload: &[u8]| {
        let mut logger = logger.clone();
        logger.wal.append(&write(3, 1, 3, &[payload])).unwrap();
        logger.pump();
        logger
    };
    let marked = propose(&[0xa5; 64]).disk.read(FIRST).unwrap();
    let found = marked.windows(64).position(|window| window == [0xa5; 64]).unwrap();
    let place = found.next_multiple_of(8);
    let open_torn = |nonce: [u8; 8]| {
        let payload = [vec![0; place - found], forged(nonce, (place - HEADER) as u64)].concat();
        open_damaged(&propose(&payload), FIRST, |bytes| bytes[ends[2]..ends[2] + 16].fill(0))
    };
    let mut unsalted = Logger::create(Config { salt: 0, ..config() });
    for guess in [1_u64.to_le_bytes(), [0; 8], nonce(&mut unsalted)] {
        let recovered = open_torn(guess).expect("nothing vouches for the torn batch");
        assert_eq!((recovered.image, recovered.cut.is_some()), (image_of(2), true));
    }
    // Whoever knows it can forge evidence: this is what the salt is for.
    damage(open_torn(nonce(&mut logger.clone())), FIRST);
}

/// Where the nonce of a segment lies in its header, in bytes.
const NONCE: usize = 84;

fn nonce(logger: &mut Logger) -> [u8; 8] {
    let bytes = logger.disk.read(FIRST).expect("it is there");
    bytes[NONCE..NONCE + 8].try_into().expect("eight bytes")
}
