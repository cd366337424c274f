//! Writing past the cache of the operating system, straight from memory to the device.
//!
//! Whatever is written so has to be whole blocks: in memory, in the file and in length.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

/// The block in bytes: what the sectors of all common devices and the pages of most machines divide.
pub(super) const BLOCK: usize = 4_096;

/// How much of a new file is written at once, in bytes.
const CHUNK: usize = 1 << 20;

/// Whether a write completes when the device has taken it, or when it survives a power cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wait {
    Taken,
    Durable,
}

/// Why a folder was not opened for direct I/O.
#[derive(Debug)]
pub enum DirectError {
    /// It cannot be opened at all.
    Io(io::Error),
    /// This operating system, or this processor, has no direct I/O that is known here.
    Platform,
    /// The file system of the folder refuses it, or wants larger blocks than 4,096 bytes.
    FileSystem,
}

impl fmt::Display for DirectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DirectError::Io(error) => error.fmt(f),
            DirectError::Platform => f.write_str("direct I/O is not known on this platform"),
            DirectError::FileSystem => {
                f.write_str("the file system refuses direct I/O in blocks of 4096 bytes")
            }
        }
    }
}

impl std::error::Error for DirectError {}

impl From<io::Error> for DirectError {
    fn from(error: io::Error) -> DirectError {
        DirectError::Io(error)
    }
}

/// `O_DIRECT` of Linux, which differs by processor: `include/uapi/asm-generic/fcntl.h`, and
/// `arch/*/include/uapi/asm/fcntl.h` where that is not it.
const fn o_direct() -> Option<i32> {
    if !cfg!(target_os = "linux") {
        None
    } else if cfg!(any(target_arch = "aarch64", target_arch = "arm")) {
        Some(0x1_0000)
    } else if cfg!(any(target_arch = "powerpc", target_arch = "powerpc64")) {
        Some(0x2_0000)
    } else if cfg!(any(
        target_arch = "x86",
        target_arch = "x86_64",
        target_arch = "riscv32",
        target_arch = "riscv64",
        target_arch = "s390x",
        target_arch = "loongarch64",
    )) {
        Some(0x4000)
    } else {
        None
    }
}

/// `O_DSYNC` of Linux, on all the processors above.
const O_DSYNC: i32 = 0x1000;

/// A file that is there, to be written directly.
pub(super) fn open(path: &Path, wait: Wait) -> io::Result<File> {
    let flags = o_direct().ok_or(io::ErrorKind::Unsupported)?;
    let flags = if wait == Wait::Durable { flags | O_DSYNC } else { flags };
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags);
    options.open(path)
}

/// Tries it on a file of its own, which is none of the log's.
pub(super) fn probe(folder: &Path) -> Result<(), DirectError> {
    if o_direct().is_none() {
        return Err(DirectError::Platform);
    }
    let path = folder.join("direct-io.probe");
    File::create(&path)?;
    let run = Run::new(0, &[0; BLOCK]);
    let tried = open(&path, Wait::Durable).and_then(|mut file| run.write(&mut file));
    fs::remove_file(&path)?;
    tried.map_err(|error| match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported => DirectError::FileSystem,
        _ => DirectError::Io(error),
    })
}

/// Fills a file with zeros from its last whole block on, up to a length or the end of the block in
/// which that lies, and makes all of it durable.
pub(super) fn extend(path: &Path, len: u64) -> io::Result<()> {
    let mut file = open(path, Wait::Taken)?;
    let end = file.metadata()?.len();
    if end < len {
        let len = len.next_multiple_of(BLOCK as u64);
        let mut begin = end / BLOCK as u64 * BLOCK as u64;
        let zeros = Aligned::zeros(CHUNK.min((len - begin) as usize));
        file.seek(SeekFrom::Start(begin))?;
        while begin < len {
            let chunk = (len - begin).min(CHUNK as u64);
            file.write_all(&zeros.bytes()[..chunk as usize])?;
            begin += chunk;
        }
    }
    file.sync_data()
}

/// Bytes that begin at a block in memory.
#[derive(Debug)]
struct Aligned {
    /// A block longer than there is room: somewhere in the first block begins one. It never grows,
    /// as it would move.
    room: Vec<u8>,
    begin: usize,
    len: usize,
}

impl Aligned {
    fn with_room(room: usize) -> Aligned {
        let room = vec![0; room + BLOCK - 1];
        let begin = room.as_ptr().align_offset(BLOCK);
        assert!(begin < BLOCK, "there is a block in so many bytes");
        Aligned { room, begin, len: 0 }
    }

    fn zeros(len: usize) -> Aligned {
        Aligned { len, ..Aligned::with_room(len) }
    }

    fn bytes(&self) -> &[u8] {
        &self.room[self.begin..][..self.len]
    }

    fn push(&mut self, data: &[u8]) {
        let len = self.len + data.len();
        if self.begin + len > self.room.len() {
            let mut larger = Aligned::with_room(len.max(2 * self.len));
            larger.push(self.bytes());
            *self = larger;
        }
        self.room[self.begin..][self.len..len].copy_from_slice(data);
        self.len = len;
    }
}

/// Blocks that follow each other, and where in the file they go, in bytes from its beginning.
#[derive(Debug)]
pub(super) struct Run {
    offset: u64,
    data: Aligned,
}

impl Run {
    pub(super) fn new(offset: u64, data: &[u8]) -> Run {
        let mut aligned = Aligned::with_room(data.len());
        aligned.push(data);
        Run { offset, data: aligned }
    }

    /// Adds bytes that follow. `false` if these do not.
    pub(super) fn extend(&mut self, offset: u64, data: &[u8]) -> bool {
        let follows = offset == self.end();
        if follows {
            self.data.push(data);
        }
        follows
    }

    pub(super) fn write(&self, file: &mut (impl Write + Seek)) -> io::Result<()> {
        file.seek(SeekFrom::Start(self.offset))?;
        file.write_all(self.data.bytes())
    }

    /// Whether it has any of so many bytes from there on.
    pub(super) fn meets(&self, offset: u64, len: usize) -> bool {
        offset < self.end() && self.offset < offset + len as u64
    }

    /// Puts it over what was read from an offset on, of which so many bytes are filled. What is
    /// missing before it is zeros, as in a file that has grown.
    pub(super) fn overlay(&self, offset: u64, buffer: &mut [u8], filled: &mut usize) {
        let reach = self.end().saturating_sub(offset).min(buffer.len() as u64) as usize;
        if reach > *filled {
            buffer[*filled..reach].fill(0);
            *filled = reach;
        }
        let from = self.offset.max(offset);
        let begin = (from - offset) as usize;
        if begin < reach {
            let data = &self.data.bytes()[(from - self.offset) as usize..];
            buffer[begin..reach].copy_from_slice(&data[..reach - begin]);
        }
    }

    pub(super) fn end(&self) -> u64 {
        self.offset + self.data.len as u64
    }
}

/// Whether a place in a file begins at a block.
pub(super) const fn is_whole(place: u64) -> bool {
    place.is_multiple_of(BLOCK as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_begin_at_a_block_however_they_grow() {
        let mut aligned = Aligned::with_room(1);
        for round in 1..200_u8 {
            aligned.push(&[round; 100]);
            assert_eq!(aligned.bytes().as_ptr().align_offset(BLOCK), 0);
        }
        let expected: Vec<u8> = (1..200).flat_map(|round| [round; 100]).collect();
        assert_eq!(aligned.bytes(), expected);
    }

    #[test]
    fn a_run_lies_over_what_was_read() {
        let run = Run::new(8, &[1; 4]);
        let read = |offset: u64, filled: usize| {
            let (mut buffer, mut filled) = ([7; 6], filled);
            run.overlay(offset, &mut buffer, &mut filled);
            buffer[..filled].to_vec()
        };
        assert_eq!(read(0, 6), [7; 6]);
        assert_eq!(read(2, 6), [7; 6]);
        assert_eq!(read(4, 6), [7, 7, 7, 7, 1, 1]);
        assert_eq!(read(4, 1), [7, 0, 0, 0, 1, 1]);
        assert_eq!(read(10, 6), [1, 1, 7, 7, 7, 7]);
        assert_eq!(read(10, 0), [1, 1]);
        assert_eq!(read(0, 1), [7, 0, 0, 0, 0, 0]);
        assert_eq!(read(12, 6), [7; 6]);
        assert!(run.meets(11, 1) && run.meets(0, 9) && !run.meets(12, 1) && !run.meets(0, 8));
    }
}
