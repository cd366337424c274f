//! What was done to the disk and is not durable yet.

use std::collections::BTreeMap;

use super::file::apply;
use super::{FileNo, VirtualDisk};
use crate::disk::FileName;

/// Whatever begins or completes on a disk has a moment of its own.
pub(super) type Moment = u64;

/// Something that was done, by the order in which it began.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) began: Moment,
    /// When its operation completed.
    pub(super) done: Option<Moment>,
    pub(super) what: What,
    pub(super) standing: Standing,
}

impl Change {
    /// Whether no power cut takes it any more: a sync has covered it, and it has come to its end itself.
    pub(super) fn is_durable(&self) -> bool {
        matches!(self.standing, Standing::Covered | Standing::Fixed) && self.done.is_some()
    }

    fn is_of(&self, file: FileNo) -> bool {
        matches!(self.what, What::Bytes(no, _) if no == file)
    }
}

/// What was done.
#[derive(Clone, Debug)]
pub(super) enum What {
    Name(Naming),
    Bytes(FileNo, Edit),
}

/// A change of the folder.
#[derive(Clone, Copy, Debug)]
pub(super) enum Naming {
    Link(FileName, FileNo),
    Rename { file: FileNo, from: FileName, to: FileName },
    Remove(FileName),
}

/// A change of a file.
#[derive(Clone, Debug)]
pub(super) enum Edit {
    Write { offset: usize, data: Vec<u8> },
    Length(usize),
}

/// What syncs have made of a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Standing {
    /// Nothing yet.
    Dirty,
    /// One that covers it has completed.
    Covered,
    /// The same, and it has been noted which sectors hold what by that: something before it is not
    /// durable.
    Fixed,
    /// One that covers it has failed. The system calls it clean, so no later sync writes it.
    GivenUp,
}

pub(super) fn rename(names: &mut BTreeMap<FileName, FileNo>, naming: Naming) {
    match naming {
        Naming::Link(name, file) => {
            names.insert(name, file);
        }
        Naming::Rename { file, from, to } => {
            if names.get(&from) == Some(&file) {
                names.remove(&from);
            }
            names.insert(to, file);
        }
        Naming::Remove(name) => {
            names.remove(&name);
        }
    }
}

impl VirtualDisk {
    pub(super) fn changes_of(&self, file: FileNo) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(move |change| change.is_of(file))
    }

    /// An operation has come to its end, and what it did with it.
    pub(super) fn end(&mut self, began: Moment) {
        let now = self.now();
        for change in self.changes.iter_mut().filter(|change| change.began == began) {
            change.done = Some(now);
        }
        self.settle();
    }

    /// A sync of a file has completed. What an earlier one covers that is still under way is for that
    /// one to say: should it fail, it takes that along.
    pub(super) fn cover(&mut self, file: FileNo, began: Moment) {
        let earlier = self.begun.values().filter_map(|(_, begun)| begun.sync_of(file));
        let since = earlier.filter(|other| *other < began).max().unwrap_or(0);
        for change in self.changes.iter_mut().filter(|change| change.is_of(file)) {
            if (since..began).contains(&change.began) && change.standing == Standing::Dirty {
                change.standing = Standing::Covered;
            }
        }
        self.settle();
    }

    /// A sync of the folder has completed. It covers what was done with when it began.
    pub(super) fn cover_names(&mut self, began: Moment) {
        for change in &mut self.changes {
            let is_done = change.done.is_some_and(|done| done < began);
            if is_done && matches!(change.what, What::Name(_)) {
                change.standing = Standing::Covered;
            }
        }
        self.settle();
    }

    /// A sync of a file has failed: what it covers is given up, but for the length.
    pub(super) fn give_up(&mut self, file: FileNo, began: Moment) {
        for change in self.changes.iter_mut().filter(|change| change.is_of(file)) {
            let is_write = matches!(change.what, What::Bytes(_, Edit::Write { .. }));
            if is_write && change.began < began && change.standing == Standing::Dirty {
                change.standing = Standing::GivenUp;
            }
        }
    }

    /// Takes what has become durable for what it is.
    pub(super) fn settle(&mut self) {
        let mut waiting = Vec::new();
        let mut has_fixed = false;
        let (files, names) = (&mut self.files, &mut self.durable_names);
        let (mut before, mut renamed) = (std::mem::take(&mut self.changes), false);
        before.retain(|change| match &change.what {
            What::Name(naming) if change.is_durable() => {
                rename(names, *naming);
                renamed = true;
                false
            }
            What::Bytes(no, edit) if change.is_durable() && !waiting.contains(no) => {
                apply(&mut files[*no].durable, edit);
                false
            }
            What::Bytes(no, _) => {
                has_fixed |= change.is_durable() && change.standing == Standing::Covered;
                waiting.push(*no);
                true
            }
            What::Name(_) => true,
        });
        self.changes = before;
        if has_fixed {
            waiting.sort_unstable();
            waiting.dedup();
            waiting.into_iter().for_each(|file| self.fix(file));
        }
        if renamed {
            self.forget_nameless();
        }
    }

    /// A sync writes whole sectors, with whatever else they hold.
    fn fix(&mut self, file: FileNo) {
        let mut seen = self.files[file].durable.clone();
        for change in self.changes.iter_mut().filter(|change| change.is_of(file)) {
            let is_durable = change.is_durable();
            let What::Bytes(_, edit) = &mut change.what else {
                continue;
            };
            apply(&mut seen, edit);
            if is_durable && change.standing == Standing::Covered {
                change.standing = Standing::Fixed;
                edit.widen(&seen);
            }
        }
    }

    /// Removes what an operation did, or all but one part in so many of what it wrote.
    pub(super) fn undo_but(&mut self, began: Moment, part: usize) {
        self.changes.retain_mut(|change| {
            if change.began != began {
                return true;
            }
            match &mut change.what {
                What::Bytes(_, Edit::Write { data, .. }) if part > 0 => {
                    data.truncate(data.len() / part);
                    true
                }
                _ => false,
            }
        });
        self.see_anew();
        self.end(began);
    }

    /// What reads see is what is durable and what was done since.
    pub(super) fn see_anew(&mut self) {
        self.names.clone_from(&self.durable_names);
        self.files.iter_mut().for_each(|file| file.visible.clone_from(&file.durable));
        for change in &self.changes {
            match &change.what {
                What::Name(naming) => rename(&mut self.names, *naming),
                What::Bytes(no, edit) => apply(&mut self.files[*no].visible, edit),
            }
        }
    }

    /// The system drops what it takes for written from its memory, and reads it anew: what was given up
    /// is gone, but for the length that it brought.
    pub fn evict(&mut self) {
        let mut lens: Vec<usize> = self.files.iter().map(|file| file.durable.len()).collect();
        for change in &mut self.changes {
            let What::Bytes(no, edit) = &mut change.what else {
                continue;
            };
            lens[*no] = edit.len_after(lens[*no]);
            if change.standing == Standing::GivenUp {
                *edit = Edit::Length(lens[*no]);
                change.standing = Standing::Dirty;
            }
        }
        self.see_anew();
    }
}
