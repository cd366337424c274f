//! What leaves with the next Ready, and how much of it others can cause.
//!
//! Any message may be lost, so a node that is asked too much between two Readys loses what it would
//! answer, instead of keeping it: of one kind and to one receiver the newest counts most, and a read
//! that nobody answers is asked again. Nothing is lost of what waits here in ordinary times, and
//! nothing ever of what the application asked for or a Ready composes, which has limits of its own.

use alloc::vec::Vec;
use core::hash::{Hash, Hasher};
use core::mem;

use crate::membership::MEMBERS_MAX;
use crate::message::{Body, Message};

/// From so many messages on, a newer one takes the place of an older one of its kind to its receiver.
const CROWD: usize = MEMBERS_MAX;

/// From so many messages on, one for which there is no such place is lost. Members alone do not bring
/// it so far, since beyond the crowd each is told at most one thing of each of nine kinds.
const FULL: usize = CROWD + 9 * MEMBERS_MAX;

/// The messages that leave with the next Ready.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outbox {
    messages: Vec<Message>,
    /// How many of them came only because there was room.
    limited: usize,
    read_answers: usize,
}

impl Outbox {
    pub(crate) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    pub(crate) fn last_mut(&mut self) -> Option<&mut Message> {
        self.messages.last_mut()
    }

    pub(crate) fn take(&mut self) -> Vec<Message> {
        (self.limited, self.read_answers) = (0, 0);
        mem::take(&mut self.messages)
    }

    /// Adds what was asked for here, or is bounded elsewhere. The list begins with room for a few: to let
    /// it grow from nothing costs more, and a list begins for almost every Ready.
    pub(crate) fn add(&mut self, message: Message) {
        if self.messages.capacity() == 0 {
            self.messages = Vec::with_capacity(4);
        }
        self.messages.push(message);
    }

    /// Adds what others, or time alone, can make this node say, unless there is too much of it.
    pub(crate) fn add_if_room(&mut self, message: Message) {
        if self.limited >= CROWD {
            let kind = mem::discriminant(&message.body);
            let is_older =
                |other: &Message| other.to == message.to && mem::discriminant(&other.body) == kind;
            if let Some(position) = self.messages.iter().rposition(is_older) {
                self.messages[position] = message;
                return;
            }
            if self.limited >= FULL {
                return;
            }
        }
        self.limited += 1;
        self.add(message);
    }

    /// Adds the answer to a read. A refusal finds room for as many as may wait, an index for as many
    /// again, so that refusals never crowd out the reads that a round confirms.
    pub(crate) fn add_read_answer(&mut self, message: Message, reads_max: u32) {
        let max = reads_max as usize;
        let is_served = matches!(message.body, Body::ReadResponse { index: Some(_), .. });
        let room = if is_served { max.saturating_mul(2) } else { max };
        if self.read_answers < room {
            self.read_answers += 1;
            self.add(message);
        }
    }
}

/// The counts follow from the messages, since a kind always comes in the same way.
impl Hash for Outbox {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.messages.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Index, NodeId, ReadId, Round, Term};

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
        outbox.add(to(3, Body::TimeoutNow));
        let said = outbox.take();
        assert_eq!(said.len(), FULL + 1);
        assert_eq!((&said[1], &said[FULL]), (&alive(2, 9), &to(3, Body::TimeoutNow)));
    }

    #[test]
    fn refusals_do_not_crowd_out_the_reads_that_are_served() {
        let mut outbox = Outbox::default();
        let answer = |id, index| to(2, Body::ReadResponse { id: ReadId(id), index });
        (0..9).for_each(|id| outbox.add_read_answer(answer(id, None), 3));
        (10..19).for_each(|id| outbox.add_read_answer(answer(id, Some(Index(1))), 3));
        let said = outbox.take();
        let expected = [0, 1, 2].map(|id| answer(id, None)).into_iter();
        let served = [10, 11, 12].map(|id| answer(id, Some(Index(1))));
        assert_eq!(said, expected.chain(served).collect::<Vec<Message>>());
        outbox.add_read_answer(answer(20, None), 3);
        assert_eq!(outbox.take().len(), 1, "a Ready makes room");
    }
}
