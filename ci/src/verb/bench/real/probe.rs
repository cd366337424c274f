//! How long a write and its sync take on this machine's disk, by themselves.

use std::fs;
use std::io;
use std::path::Path;
use std::thread;
use std::time::Instant;

use syncline_wal::{Disk, FileName, FsDisk, Op, OpId, Request, SegmentNo};

use crate::exit::Refusal;

/// How long the file is that batches go to, in turn.
const FILE_BYTES: u64 = 8 << 20;

/// So many files on one disk, each written and synced in a loop, all at the same time, as the nodes of
/// a cluster do that share it: how long each write with its sync took, in microseconds.
pub(super) fn probe(
    folder: &Path,
    files: u32,
    batch_bytes: u64,
    count: u32,
) -> Result<Vec<u32>, Refusal> {
    let place = |number: u32| folder.join(format!("probe-{number}"));
    let probed: io::Result<Vec<Vec<u32>>> = thread::scope(|scope| {
        let begin =
            |number| scope.spawn(move || write_and_sync(&place(number), batch_bytes, count));
        let threads: Vec<_> = (0..files).map(begin).collect();
        threads.into_iter().map(|thread| thread.join().expect("a probe does not panic")).collect()
    });
    let refused =
        |error| Refusal::usage(format_args!("{}: cannot be written: {error}", folder.display()));
    let times = probed.map_err(refused)?.concat();
    for number in 0..files {
        fs::remove_dir_all(place(number)).map_err(refused)?;
    }
    Ok(times)
}

fn write_and_sync(folder: &Path, batch_bytes: u64, count: u32) -> io::Result<Vec<u32>> {
    let mut disk = FsDisk::open(folder, 1)?;
    let file = FileName::Segment(SegmentNo(1));
    let mut does = |op: Op| -> io::Result<()> {
        disk.begin(Request { id: OpId(0), op });
        let done = disk.wait().expect("something is under way");
        done.result.map_err(|error| io::Error::other(error.to_string()))
    };
    does(Op::Create { file, len: FILE_BYTES })?;
    does(Op::Sync { file })?;
    does(Op::SyncFolder)?;
    let (mut offset, mut times) = (0, Vec::with_capacity(count as usize));
    for _ in 0..count {
        let data = vec![0x5a; batch_bytes as usize];
        let began = Instant::now();
        does(Op::Write { file, offset, data })?;
        does(Op::Sync { file })?;
        times.push(u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX));
        offset = (offset + batch_bytes) % (FILE_BYTES - batch_bytes);
    }
    Ok(times)
}
