//! What leaves with the next Ready, and how much of it others can cause.
//!
//! Any message may be lost, so a node that is asked too much between two Readys loses what it would
//! answer, instead of keeping it: of one kind and to one receiver the newest counts most, and whoever
//! asked for a read that nobody answers says after an election timeout that it is lost (R21). What the
//! application asks for is never lost here, and neither is what a candidate asks or a Ready composes:
//! proposals and reads have limits of their own, by which they are refused when they are made, and of
//! everything else there is one for each kind and member.

use alloc::vec::Vec;
use core::hash::{Hash, Hasher};
use core::mem;

use crate::entry::Payload;
use crate::membership::MEMBERS_MAX;
use crate::message::{Body, Message};
use crate::types::{NodeId, Term};

/// From so many messages on, a newer one takes the place of an older one of its kind to its receiver.
const CROWD: usize = MEMBERS_MAX;

/// From so many messages on, one for which there is no such place is lost. Members alone do not bring
/// it so far, since beyond the crowd each is told at most one thing of each of nine kinds.
const FULL: usize = CROWD + 9 * MEMBERS_MAX;

/// The messages that leave with the next Ready.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outbox {
    messages: Vec<Message>,
    /// How many of them are of kinds that must find room, asked for here or not.
    limited: usize,
    read_answers: usize,
    /// What the proposals weigh that are sent on, in bytes: all, and those of the newest message.
    proposed: (usize, usize),
}

impl Outbox {
    pub(crate) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    pub(crate) fn take(&mut self) -> Vec<Message> {
        mem::take(self).messages
    }

    /// Adds what was asked for here, or is bounded elsewhere. The list begins with room for a few: to let
    /// it grow from nothing costs more, and a list begins for almost every Ready.
    pub(crate) fn add(&mut self, message: Message) {
        if self.messages.capacity() == 0 {
            self.messages = Vec::with_capacity(4);
        }
        self.messages.push(message);
    }

    /// Adds what this node asks of another of its own accord. An older question of the same kind is void.
    pub(crate) fn add_question(&mut self, message: Message) {
        match self.older(&message) {
            Some(older) => *older = message,
            None => {
                self.limited += 1;
                self.add(message);
            }
        }
    }

    /// What the proposals weigh that are sent on, in bytes.
    pub(crate) fn proposed_bytes(&self) -> usize {
        self.proposed.0
    }

    /// Adds a proposal that is sent on. What is proposed between two Readys travels together, as far as
    /// it does not weigh more than `bytes_max`.
    pub(crate) fn add_proposal(&mut self, to: Address, payload: Payload, bytes_max: usize) {
        let bytes = payload.weight_bytes();
        let (all, newest) = self.proposed;
        let together = newest.saturating_add(bytes);
        let last = self.messages.last_mut().filter(|last| to.is_of(last) && together <= bytes_max);
        if let Some(Message { body: Body::Propose(payloads), .. }) = last {
            payloads.push(payload);
            self.proposed = (all.saturating_add(bytes), together);
        } else {
            let Address { from, to, term } = to;
            let body = Body::Propose(alloc::vec![payload]);
            self.add(Message { from, to, term, body });
            self.proposed = (all.saturating_add(bytes), bytes);
        }
    }

    /// The newest message of the same kind to the same receiver.
    fn older(&mut self, message: &Message) -> Option<&mut Message> {
        let kind = mem::discriminant(&message.body);
        let mut newest_first = self.messages.iter_mut().rev();
        newest_first.find(|other| other.to == message.to && mem::discriminant(&other.body) == kind)
    }

    /// Adds what others, or time alone, can make this node say, unless there is too much of it.
    pub(crate) fn add_if_room(&mut self, message: Message) {
        if self.limited >= CROWD {
            if let Some(older) = self.older(&message) {
                *older = message;
                return;
            }
            if self.limited >= FULL {
                return;
            }
        }
        self.limited += 1;
        self.add(message);
    }

    /// Adds the answer to a read. A refusal finds room for as many as may wait, or for a crowd, an index
    /// for as many again, so that refusals never crowd out the reads that a round confirms.
    pub(crate) fn add_read_answer(&mut self, message: Message, reads_max: u32) {
        let max = CROWD.max(reads_max as usize);
        let is_served = matches!(message.body, Body::ReadResponse { index: Some(_), .. });
        let room = if is_served { max.saturating_mul(2) } else { max };
        if self.read_answers < room {
            self.read_answers += 1;
            self.add(message);
        }
    }
}

/// The counts follow from the messages, since those of one kind always count alike.
impl Hash for Outbox {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.messages.hash(state);
    }
}

/// Between whom a message goes, and in which term.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Address {
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    pub(crate) term: Term,
}

impl Address {
    fn is_of(self, message: &Message) -> bool {
        let Message { from, to, term, .. } = *message;
        self == Address { from, to, term }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Index, ReadId, Round};

    fn to(receiver: u64, body: Body) -> Message {
        let id = |number| NodeId::new(number).expect("not zero");
        Message { from: id(1), to: id(receiver), term: Term(1), body }
    }

    fn alive(receiver: u64, round: u64) -> Message {
        to(receiver, Body::HeartbeatResponse { round: Round(round) })
    }

    /// Up to the crowd all are kept, then the newest of each kind for each receiver.
    #[test]
    fn in_a_crowd_the_newest_of_a_kind_is_kept() {
        let mut outbox = Outbox::default();
        let crowd = CROWD as u64;
        (1..=crowd + 50).for_each(|round| outbox.add_if_room(alive(2, round)));
        outbox.add_if_room(alive(3, 1));
        outbox.add_if_room(to(2, Body::AppendAccepted { last: Index(7) }));
        outbox.add_if_room(alive(3, 2));
        let said = outbox.take();
        let rounds: Vec<Message> = (1..crowd).map(|round| alive(2, round)).collect();
        assert_eq!(said[..CROWD - 1], rounds);
        let newest = [alive(2, crowd + 50), alive(3, 2)];
        assert_eq!(said[CROWD - 1..=CROWD], newest);
        assert_eq!(said[CROWD + 1..], [to(2, Body::AppendAccepted { last: Index(7) })]);
        assert!(outbox.is_empty());
    }

    /// Whoever invents names gets no more for it, and does not stand in the way of what a Ready needs.
    #[test]
    fn a_full_outbox_takes_only_what_must_leave() {
        let mut outbox = Outbox::default();
        (1..=2 * FULL as u64).for_each(|receiver| outbox.add_if_room(alive(receiver, 1)));
        outbox.add_if_room(alive(2, 9));
        (0..3).for_each(|_| outbox.add_question(to(3, Body::TimeoutNow)));
        let said = outbox.take();
        assert_eq!(said.len(), FULL + 1);
        assert_eq!((&said[1], &said[FULL]), (&alive(2, 9), &to(3, Body::TimeoutNow)));
    }

    #[test]
    fn refusals_do_not_crowd_out_the_reads_that_are_served() {
        let mut outbox = Outbox::default();
        let answer = |id, index| to(2, Body::ReadResponse { id: ReadId(id), index });
        for (reads_max, room) in [(0, 256), (3, 256), (300, 300)] {
            (0..900).for_each(|id| outbox.add_read_answer(answer(id, None), reads_max));
            (1000..1900)
                .for_each(|id| outbox.add_read_answer(answer(id, Some(Index(1))), reads_max));
            let said = outbox.take();
            let refused = (0..room).map(|id| answer(id, None));
            let served = (1000..1000 + room).map(|id| answer(id, Some(Index(1))));
            assert_eq!(said, refused.chain(served).collect::<Vec<Message>>());
            outbox.add_read_answer(answer(20, None), reads_max);
            assert_eq!(outbox.take().len(), 1, "a Ready makes room");
        }
    }
}
