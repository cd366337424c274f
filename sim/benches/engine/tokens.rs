//! The engine alone: tokens that bounce for ever between three nodes, nothing but engine cost.
//!
//! The same workload runs on the parts of the simulator, with names, fingerprint and digest, and on
//! the least that could do it: a heap of times, a slab and one stream of draws.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hash::Hash;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use syncline_raft::{Index, NodeId, Term};
use syncline_sim::{Label, Load, Net, Stream, Timeline};
use syncline_traces::{Event, Link, MessageKey, MessageKind, Mixer, Seed};

const TOKENS: u64 = 64;
const NODES: u32 = 3;
/// How long a hop takes, in virtual microseconds.
const HOP: (u32, u32) = (1_000, 10_000);

/// The parts of the simulator.
pub(crate) struct Engine {
    stream: Stream,
    net: Net<u64>,
    timeline: Timeline<(Link, MessageKey)>,
    digest: Mixer,
}

impl Engine {
    pub(crate) fn new(seed: u64) -> Engine {
        let mut engine = Engine {
            stream: Stream::of(Seed(seed), "tokens"),
            net: Net::new(NODES as usize, TOKENS as usize),
            timeline: Timeline::default(),
            digest: Mixer::default(),
        };
        for token in 0..TOKENS {
            engine.send(node(token as u32 % NODES), token);
        }
        engine
    }

    /// Sends a token on to one of the two others.
    fn send(&mut self, from: NodeId, token: u64) {
        let to = node((from.number() as u32 + self.stream.below(NODES - 1)) % NODES);
        let link = Link { from, to };
        let label = Label {
            link,
            kind: MessageKind::Pulse,
            term: Term(1),
            index: Index(token),
            load: Load::default(),
        };
        let (key, fits) = self.net.send(label, token);
        assert!(fits, "a link has room for all tokens");
        let after = self.stream.between(HOP.0, HOP.1);
        self.timeline.push(after, (link, key));
    }

    /// Lets so many messages arrive, and tells the digest of all that happened.
    pub(crate) fn run(&mut self, hops: u64) -> u64 {
        for _ in 0..hops {
            let (link, key) = self.timeline.pop().expect("the tokens never come to rest");
            let token = self.net.deliver(link, key).expect("it is in flight until it falls due");
            Event::Delivered { link, key }.hash(&mut self.digest);
            self.send(link.to, token);
        }
        self.digest.digest().0 as u64
    }
}

fn node(number: u32) -> NodeId {
    NodeId::new(u64::from(number) + 1).expect("counted from 1")
}

/// What falls due in the minimal loop.
enum Due {
    Token { to: u32 },
}

/// The least: what any simulator of timed messages has to do.
pub(crate) struct Minimal {
    now: u64,
    pushed: u64,
    heap: BinaryHeap<Reverse<(u64, u64, u32)>>,
    slab: Vec<Option<Due>>,
    free: Vec<u32>,
    rng: ChaCha8Rng,
}

impl Minimal {
    pub(crate) fn new(seed: u64) -> Minimal {
        let mut minimal = Minimal {
            now: 0,
            pushed: 0,
            heap: BinaryHeap::new(),
            slab: Vec::new(),
            free: Vec::new(),
            rng: ChaCha8Rng::seed_from_u64(seed),
        };
        for token in 0..TOKENS {
            minimal.send(token as u32 % NODES);
        }
        minimal
    }

    fn send(&mut self, from: u32) {
        let to = (from + 1 + (self.rng.next_u32() & 1)) % NODES;
        let span = u128::from(HOP.1 - HOP.0) * 1_000;
        let after =
            u64::from(HOP.0) * 1_000 + ((u128::from(self.rng.next_u64()) * span) >> 64) as u64;
        let place = self.free.pop().unwrap_or_else(|| {
            self.slab.push(None);
            self.slab.len() as u32 - 1
        });
        self.slab[place as usize] = Some(Due::Token { to });
        self.pushed += 1;
        self.heap.push(Reverse((self.now + after, self.pushed, place)));
    }

    /// Lets so many messages arrive.
    pub(crate) fn run(&mut self, hops: u64) -> u64 {
        for _ in 0..hops {
            let Reverse((at, _, place)) = self.heap.pop().expect("the tokens never come to rest");
            self.now = at;
            self.free.push(place);
            let due = self.slab[place as usize].take();
            let Due::Token { to } = due.expect("it lies where the heap says");
            self.send(to);
        }
        self.now
    }
}
