//! A file that is open, once for writing and once for each lane.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use super::direct::{self, Run, Wait, is_whole};
use super::error_of;
use crate::disk::{FileName, IoError};

/// How files are opened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opener {
    /// Whether segments are written past the cache. Snapshots never are: they have any length, and
    /// are written once.
    pub(super) is_direct: bool,
    pub(super) lanes: usize,
}

#[derive(Debug)]
pub(super) enum OpenFile {
    /// Written through the cache of the operating system.
    Cached {
        writer: File,
        syncers: Vec<Arc<File>>,
    },
    Direct(DirectFile),
}

/// A file that is written past the cache, when it is synced.
#[derive(Debug)]
pub(super) struct DirectFile {
    /// Each completes a write when it is durable.
    writers: Vec<Arc<File>>,
    /// What was written since the last sync began.
    held: Vec<Run>,
    /// Why something that was written is lost. No later sync can make up for it.
    pub(super) error: Option<IoError>,
}

impl Opener {
    /// Zeros are written, and not only reserved: an overwrite of bytes that are there needs no
    /// change of what the file system knows of the file, and its sync is the cheaper for it.
    pub(super) fn create(self, path: &Path, file: FileName, len: u64) -> io::Result<OpenFile> {
        OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
        self.extend(path, file, len)
    }

    /// The file as it is, with zeros behind its end if it is shorter.
    pub(super) fn extend(self, path: &Path, file: FileName, len: u64) -> io::Result<OpenFile> {
        let is_snapshot = matches!(file, FileName::Snapshot(_) | FileName::NewSnapshot(_));
        if self.is_direct && !is_snapshot {
            direct::extend(path, len)?;
            let writers = self.for_each_lane(|| direct::open(path, Wait::Durable))?;
            return Ok(OpenFile::Direct(DirectFile { writers, held: Vec::new(), error: None }));
        }
        let open = || OpenOptions::new().write(true).open(path);
        let mut writer = open()?;
        extend(&mut writer, len)?;
        Ok(OpenFile::Cached { writer, syncers: self.for_each_lane(open)? })
    }

    fn for_each_lane(self, open: impl Fn() -> io::Result<File>) -> io::Result<Vec<Arc<File>>> {
        (0..self.lanes).map(|_| open().map(Arc::new)).collect()
    }
}

fn extend(writer: &mut File, len: u64) -> io::Result<()> {
    static CHUNK: [u8; 1 << 16] = [0; 1 << 16];

    let mut end = writer.seek(SeekFrom::End(0))?;
    while end < len {
        let chunk = (len - end).min(CHUNK.len() as u64);
        writer.write_all(&CHUNK[..chunk as usize])?;
        end += chunk;
    }
    Ok(())
}

impl OpenFile {
    pub(super) fn write(&mut self, offset: u64, data: &[u8]) -> Result<(), IoError> {
        match self {
            OpenFile::Cached { writer, .. } => {
                writer.seek(SeekFrom::Start(offset)).map_err(|error| error_of(&error))?;
                writer.write_all(data).map_err(|error| error_of(&error))
            }
            OpenFile::Direct(file) => file.hold(offset, data),
        }
    }

    /// What was written and not handed on.
    pub(super) fn held(&self) -> &[Run] {
        match self {
            OpenFile::Cached { .. } => &[],
            OpenFile::Direct(file) => &file.held,
        }
    }
}

impl DirectFile {
    fn hold(&mut self, offset: u64, data: &[u8]) -> Result<(), IoError> {
        if !is_whole(offset) || !is_whole(data.len() as u64) {
            return Err(IoError::Unaligned);
        }
        let is_added = self.held.last_mut().is_some_and(|run| run.extend(offset, data));
        if !is_added {
            self.held.push(Run::new(offset, data));
        }
        Ok(())
    }

    /// What is held back and whoever writes it in that lane.
    pub(super) fn hand_on(&mut self, lane: usize) -> (Arc<File>, Arc<[Run]>) {
        (Arc::clone(&self.writers[lane]), self.held.drain(..).collect())
    }
}
