//! Where messages in flight lie: found by name, listed by link and age, and added and taken at a cost
//! that does not depend on how many there are.
//!
//! All lie in one vector, so that a copy of a network is one copy. Each is threaded on two lists: of
//! its link, by age, and of those whose names fall on the same bucket, newest first.

use syncline_traces::MessageKey;

/// The end of a list.
const NONE: u32 = u32::MAX;
/// Enough that a name seldom shares its bucket: to walk a list of unknown length costs more than the
/// rest of the search. More messages only make the lists longer.
const BUCKETS: usize = 256;

/// A message in flight.
#[derive(Clone, Debug)]
struct Envelope<M> {
    lane: usize,
    key: MessageKey,
    /// What it makes of the fingerprint.
    digest: u128,
    /// `None` if this place is free.
    message: Option<M>,
    older: u32,
    newer: u32,
    /// The next older one in its bucket; the next free place if this one is free.
    next: u32,
}

/// The two ends of a link.
#[derive(Clone, Copy, Debug)]
struct Lane {
    oldest: u32,
    newest: u32,
    count: usize,
}

/// What was taken.
pub(super) struct Taken<M> {
    pub(super) message: M,
    pub(super) digest: u128,
    /// Whether an older message of its link is still in flight.
    pub(super) overtook: bool,
}

/// All messages in flight.
#[derive(Clone, Debug)]
pub(super) struct Shelf<M> {
    envelopes: Vec<Envelope<M>>,
    free: u32,
    lanes: Vec<Lane>,
    /// The newest message of each bucket.
    buckets: [u32; BUCKETS],
}

/// A message and those that only their ordinal tells from it fall on the same bucket.
fn bucket(lane: usize, key: &MessageKey) -> usize {
    let MessageKey { kind, term, index, nth: _ } = *key;
    let name = index.0 ^ term.0 << 24 ^ (kind as u64) << 40 ^ (lane as u64) << 48;
    (name.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - BUCKETS.ilog2())) as usize
}

impl<M> Shelf<M> {
    pub(super) fn new(lanes: usize) -> Shelf<M> {
        let lane = Lane { oldest: NONE, newest: NONE, count: 0 };
        Shelf {
            envelopes: Vec::new(),
            free: NONE,
            lanes: vec![lane; lanes],
            buckets: [NONE; BUCKETS],
        }
    }

    /// How many messages are in flight on a link.
    pub(super) fn count(&self, lane: usize) -> usize {
        self.lanes[lane].count
    }

    /// The keys of a link, oldest first.
    pub(super) fn keys(&self, lane: usize) -> impl Iterator<Item = MessageKey> + '_ {
        let mut place = self.lanes[lane].oldest;
        std::iter::from_fn(move || {
            let envelope = self.envelopes.get(place as usize)?;
            place = envelope.newer;
            Some(envelope.key)
        })
    }

    /// The key of the newest message of a link that is called so, whatever its ordinal.
    pub(super) fn newest(&self, lane: usize, key: &MessageKey) -> Option<MessageKey> {
        let mut place = self.buckets[bucket(lane, key)];
        while let Some(envelope) = self.envelopes.get(place as usize) {
            let alike = MessageKey { nth: envelope.key.nth, ..*key };
            if envelope.lane == lane && envelope.key == alike {
                return Some(envelope.key);
            }
            place = envelope.next;
        }
        None
    }

    /// The place of a message, and of the one before it in its bucket.
    fn seek(&self, lane: usize, key: &MessageKey) -> Option<(u32, u32)> {
        let mut before = NONE;
        let mut place = self.buckets[bucket(lane, key)];
        while let Some(envelope) = self.envelopes.get(place as usize) {
            if envelope.lane == lane && envelope.key == *key {
                return Some((before, place));
            }
            (before, place) = (place, envelope.next);
        }
        None
    }

    /// A message by its name.
    pub(super) fn find(&self, lane: usize, key: &MessageKey) -> Option<&M> {
        let (_, place) = self.seek(lane, key)?;
        self.envelopes[place as usize].message.as_ref()
    }

    /// Adds a message, whose name no other on its link has.
    pub(super) fn add(&mut self, lane: usize, key: MessageKey, digest: u128, message: M) {
        let bucket = &mut self.buckets[bucket(lane, &key)];
        let ends = &mut self.lanes[lane];
        let envelope = Envelope {
            lane,
            key,
            digest,
            message: Some(message),
            older: ends.newest,
            newer: NONE,
            next: *bucket,
        };
        let place = if self.free == NONE { self.envelopes.len() as u32 } else { self.free };
        match self.envelopes.get_mut(place as usize) {
            Some(free) => {
                self.free = free.next;
                *free = envelope;
            }
            None => self.envelopes.push(envelope),
        }
        *bucket = place;
        match self.envelopes.get_mut(ends.newest as usize) {
            Some(newest) => newest.newer = place,
            None => ends.oldest = place,
        }
        ends.newest = place;
        ends.count += 1;
    }

    /// Takes a message out.
    pub(super) fn take(&mut self, lane: usize, key: &MessageKey) -> Option<Taken<M>> {
        let (before, place) = self.seek(lane, key)?;
        let Envelope { older, newer, next, digest, .. } = self.envelopes[place as usize];
        match self.envelopes.get_mut(before as usize) {
            Some(before) => before.next = next,
            None => self.buckets[bucket(lane, key)] = next,
        }
        let ends = &mut self.lanes[lane];
        match self.envelopes.get_mut(older as usize) {
            Some(older) => older.newer = newer,
            None => ends.oldest = newer,
        }
        match self.envelopes.get_mut(newer as usize) {
            Some(newer) => newer.older = older,
            None => ends.newest = older,
        }
        ends.count -= 1;
        let envelope = &mut self.envelopes[place as usize];
        envelope.next = std::mem::replace(&mut self.free, place);
        let message = envelope.message.take()?;
        Some(Taken { message, digest, overtook: older != NONE })
    }

    /// The digests of all messages, for a test of what is kept.
    #[cfg(test)]
    pub(super) fn digests(&self) -> impl Iterator<Item = u128> + '_ {
        let used = self.envelopes.iter().filter(|envelope| envelope.message.is_some());
        used.map(|envelope| envelope.digest)
    }
}

#[cfg(test)]
mod tests;
