//! Who waits for what, in words: what a violation of liveness is followed by.
//!
//! It reads the state in which nothing moves, hosts and nodes included, for whoever has to understand
//! it. It judges nothing.

use std::fmt::Write;

use syncline_raft::{PeerPace, RoleKind, SyncWanted};

use super::role_word;
use crate::host::Process;
use crate::net::Which;
use crate::subject::Subject;
use crate::world::World;

/// What each node waits for, one sentence each.
pub(crate) fn waits_for<S: Subject>(world: &World<S>) -> String {
    let mut text = String::new();
    for (slot, host) in world.hosts().iter().enumerate() {
        let node = host.id();
        let words = match &host.process {
            None if world.disks()[slot].is_settled() => "is down".to_owned(),
            None => "is down, and its disk is not settled".to_owned(),
            Some(process) => describe(world, slot, process),
        };
        // Text is never refused.
        let _ = write!(text, "; n{node} {words}");
    }
    let mut in_flight = 0;
    world.net().for_each(Which::InFlight, |_, _| in_flight += 1);
    if in_flight > 0 {
        let _ = write!(text, "; {in_flight} messages in flight");
    }
    text
}

fn describe<S: Subject>(world: &World<S>, slot: usize, process: &Process<S>) -> String {
    let status = process.node.status();
    let mut words = vec![format!("{} of t{}", role_word(status.role), status.term)];
    match status.leader {
        Some(leader) if status.role != RoleKind::Leader => words.push(format!("follows n{leader}")),
        None => words.push("waits for a leader".to_owned()),
        Some(_) => {}
    }
    words.push(format!(
        "appended i{} synced i{} committed i{} applied i{}",
        status.appended, status.synced, status.committed, status.applied
    ));
    let members = process.members;
    if !members.voters.union(members.outgoing).contains(status.id) {
        words.push("has no vote".to_owned());
    }
    if let Some(wanted) = process.node.sync_wanted() {
        let disk = &world.disks()[slot];
        let waits = match wanted {
            SyncWanted::Vote => "a vote waits for a sync",
            SyncWanted::Gated => "an acknowledgement waits for a sync",
            SyncWanted::OwnCopy => "its own copy waits for a sync",
            SyncWanted::ApplyBlocked => "committed entries wait for a sync",
            SyncWanted::Snapshot => "a snapshot waits for a sync",
            SyncWanted::Bytes => "writes are unsynced",
        };
        let (uncovered, under_way) = (disk.uncovered(), disk.syncs().len());
        words.push(format!("{waits}: {uncovered} writes not covered, {under_way} syncs under way"));
    }
    for (count, what) in [
        (process.to_write.iter().count(), "writes not written"),
        (process.to_report.len(), "syncs not reported"),
        (process.to_apply.len(), "batches not applied"),
        (process.fetches.len(), "fetches not answered"),
        (process.snapshots_wanted.len(), "snapshots not answered"),
        (process.snapshots_sent.len(), "snapshots not reported"),
        (process.readings.len(), "reads not answered"),
    ] {
        if count > 0 {
            words.push(format!("{count} {what}"));
        }
    }
    if process.node.has_ready() {
        words.push("a Ready not taken".to_owned());
    }
    for peer in process.node.peers() {
        let pace = match peer.pace {
            PeerPace::Probe => "probes".to_owned(),
            PeerPace::Replicate => "replicates to".to_owned(),
            PeerPace::Snapshot(index) => format!("is at a snapshot of i{index} for"),
        };
        let (id, matched, next) = (peer.id, peer.matched, peer.next);
        let under_way = peer.inflight_messages;
        if peer.pace != PeerPace::Replicate || matched < status.appended {
            words.push(format!(
                "{pace} n{id}, matched i{matched} next i{next}, {under_way} inflight"
            ));
        }
    }
    words.join(", ")
}
