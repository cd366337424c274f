//! Names of what happens on a disk of bytes: operations, the faults of them, and damage.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The number of an operation of a disk, counted from 0 in each life of the log that it belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OpNo(pub u64);

impl fmt::Display for OpNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "o{}", self.0)
    }
}

/// Declares names of which each has one word.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident: $($(#[$of:meta])* $item:ident = $word:literal,)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name {
            $($(#[$of])* $item,)*
        }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [$name] = &[$($name::$item,)*];

            /// The one that a word names.
            #[must_use]
            pub fn called(word: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|one| one.word() == word)
            }

            /// Its word in traces and scripts.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    $($name::$item => $word,)*
                }
            }
        }
    };
}

words! {
    /// What an operation of a disk is.
    OpKind:
    /// A file is made.
    Create = "create",
    /// Bytes are written.
    Write = "write",
    /// A file is made durable.
    Sync = "sync",
    /// A file takes another name.
    Rename = "rename",
    /// A file goes.
    Remove = "remove",
    /// Names are made durable.
    SyncFolder = "sync-folder",
}

impl OpKind {
    /// Whether it makes something durable.
    #[must_use]
    pub const fn is_sync(self) -> bool {
        matches!(self, OpKind::Sync | OpKind::SyncFolder)
    }
}

words! {
    /// How an operation of a disk fails. A log that is told so must not go on.
    IoFault:
    /// What a sync was to make durable is on the disk or not, and the system takes it for clean: it can
    /// be read until the next power cut, and no later sync writes it.
    Lost = "lost",
    /// As lost, and the system has read what is on the disk anew.
    Reverted = "reverted",
    /// A sync has made everything durable, and says that it has not.
    Late = "late",
    /// A part of the bytes was written.
    Short = "short",
    /// Nothing was done.
    Device = "device",
    /// Nothing was done, for want of space.
    NoSpace = "no-space",
}

words! {
    /// What becomes of a durable batch behind everybody's back.
    Damage:
    /// A bit of it has flipped.
    Rot = "rot",
    /// Its write was acknowledged and never done.
    Lost = "lost",
    /// The bytes of another write lie in its place.
    Misdirected = "misdirected",
    /// A bit of the header of its segment has flipped.
    Header = "header",
    /// A bit of the newest snapshot has flipped.
    Snapshot = "snapshot",
    /// Its segment is gone.
    FileLost = "file-lost",
    /// The newest segment is gone, and the end of the one before says that there was one.
    NewestLost = "newest-lost",
    /// Everything on the disk is gone.
    DiskLost = "disk-lost",
    /// The file cannot be read, this once.
    Unreadable = "unreadable",
    /// What was there before is read, this once.
    Stale = "stale",
}
