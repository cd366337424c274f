//! Keys and values on three nodes: the core, the log and a real file system at work together.
//!
//! The three nodes live in one process, each with a folder of its own. Clients talk on standard
//! input: `put KEY VALUE` is answered by `ok KEY VALUE` once it is applied, or `lost KEY VALUE`;
//! `dump` is answered by all pairs, one `value KEY VALUE` each, and `end`. The program ends with its
//! input, once all is answered.
//!
//! ```text
//! $ cargo run -p syncline-wal --example kv -- FOLDER
//! put colour blue
//! ok colour blue
//! ```
//!
//! `--direct` writes the log past the cache of the operating system. `--write-back` puts a cache
//! between the log and the folder that dies with the process, so that killing it is a power cut.
//! `--acknowledge-early` is a bug: the core is told that a write is synced when it is only written.
//! `--mutant NAME` is a bug of the log, if the feature `mutants` is on. `tests/kill.rs` kills the
//! program some hundred times and asks for what was acknowledged.
#![expect(clippy::disallowed_methods, reason = "a program has threads, a clock and files")]
#![expect(clippy::disallowed_types, reason = "a program has threads, a clock and files")]
#![expect(clippy::print_stderr, reason = "a program says what it does not understand")]

mod node;
mod store;
mod write_back;

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant, SystemTime};

use node::{Event, Node, Says, Setup};
use syncline_raft::SnapshotOutcome;
use syncline_raft::{Body, LogId, Membership, Message, NodeId, Proposed, ReadId, RoleKind};
use syncline_wal::{Disk, FsDisk, Mutant, Padding};
use write_back::WriteBack;

/// How it is run.
#[derive(Clone, Debug)]
struct Options {
    folder: PathBuf,
    is_direct: bool,
    has_write_back: bool,
    says: Says,
    mutant: Option<Mutant>,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Option<Options> {
        let mut options = Options {
            folder: PathBuf::new(),
            is_direct: false,
            has_write_back: false,
            says: Says::WhenSynced,
            mutant: None,
        };
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--direct" => options.is_direct = true,
                "--write-back" => options.has_write_back = true,
                "--acknowledge-early" => options.says = Says::WhenWritten,
                "--mutant" if cfg!(feature = "mutants") => {
                    options.mutant = Some(args.next()?.parse().ok()?);
                }
                _ if arg.starts_with('-') || options.folder != Path::new("") => return None,
                _ => options.folder = arg.into(),
            }
        }
        (options.folder != Path::new("")).then_some(options)
    }

    /// The disk of a node.
    fn open(&self, id: NodeId) -> io::Result<FsDisk> {
        let folder = self.folder.join(format!("node-{id}"));
        match self.is_direct {
            true => FsDisk::open_direct(&folder, 1).map_err(io::Error::other),
            false => FsDisk::open(&folder, 1),
        }
    }

    fn setup(&self) -> Setup {
        let padding = if self.is_direct { Padding::Pages } else { Padding::Words };
        Setup { says: self.says, padding, mutant: self.mutant }
    }
}

/// The cluster, and what clients wait for.
struct Server<D> {
    nodes: Vec<Node<D>>,
    network: Vec<Message>,
    /// Commands that wait for a leader.
    waiting: VecDeque<String>,
    /// Which proposals of which node are not applied yet.
    puts: BTreeMap<(usize, LogId), String>,
    dumps: BTreeMap<(usize, ReadId), ()>,
}

impl<D: Disk> Server<D> {
    fn new(nodes: Vec<Node<D>>) -> Server<D> {
        let (network, waiting) = (Vec::new(), VecDeque::new());
        Server { nodes, network, waiting, puts: BTreeMap::new(), dumps: BTreeMap::new() }
    }

    /// Whether nobody waits for an answer.
    fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.puts.is_empty() && self.dumps.is_empty()
    }

    fn tick(&mut self) {
        self.nodes.iter_mut().for_each(|node| node.raft.tick());
    }

    /// Does all that there is to do now.
    fn pump(&mut self, out: &mut impl Write) -> io::Result<()> {
        self.take_commands();
        for number in 0..self.nodes.len() {
            let mut events = Vec::new();
            self.nodes[number].pump(&mut self.network, &mut events);
            for event in events {
                self.answer(number, event, out)?;
            }
        }
        for message in std::mem::take(&mut self.network) {
            self.deliver(message);
        }
        out.flush()
    }

    fn deliver(&mut self, message: Message) {
        let (from, to) = (message.from, message.to);
        let is_snapshot = matches!(message.body, Body::Snapshot { .. });
        let index = |node: NodeId| usize::try_from(node.number() - 1).expect("one of three");
        // A message that a node refuses is dropped.
        let _ = self.nodes[index(to)].raft.step(message);
        if is_snapshot {
            self.nodes[index(from)].raft.report_snapshot(to, SnapshotOutcome::Delivered);
        }
    }

    fn take_commands(&mut self) {
        let is_leader = |node: &Node<D>| node.raft.status().role == RoleKind::Leader;
        let Some(leader) = self.nodes.iter().position(is_leader) else {
            return;
        };
        while let Some(command) = self.waiting.pop_front() {
            let raft = &mut self.nodes[leader].raft;
            let is_taken = match command.strip_prefix("put ") {
                Some(pair) => match raft.propose(pair.as_bytes().into()) {
                    Ok(Proposed::Appended(id)) => {
                        self.puts.insert((leader, id), pair.to_owned());
                        true
                    }
                    _ => false,
                },
                None => match raft.read_index() {
                    Ok(read) => {
                        self.dumps.insert((leader, read), ());
                        true
                    }
                    Err(_) => false,
                },
            };
            if !is_taken {
                self.waiting.push_front(command);
                return;
            }
        }
    }

    fn answer(&mut self, number: usize, event: Event, out: &mut impl Write) -> io::Result<()> {
        match event {
            Event::Applied(id) => {
                let is_index = |key: &(usize, LogId)| key.0 == number && key.1.index == id.index;
                let key = self.puts.keys().find(|key| is_index(key)).copied();
                let Some((key, pair)) = key.and_then(|key| self.puts.remove_entry(&key)) else {
                    return Ok(());
                };
                let word = if key.1 == id { "ok" } else { "lost" };
                writeln!(out, "{word} {pair}")
            }
            Event::Read(read, store) if self.dumps.remove(&(number, read)).is_some() => {
                for (key, value) in &store.values {
                    writeln!(out, "value {key} {value}")?;
                }
                writeln!(out, "end")
            }
            Event::ReadLost(read) if self.dumps.remove(&(number, read)).is_some() => {
                self.waiting.push_back("dump".to_owned());
                Ok(())
            }
            Event::Read(..) | Event::ReadLost(_) => Ok(()),
        }
    }
}

fn serve<D: Disk>(
    options: &Options,
    disk: impl Fn(FsDisk) -> D,
    commands: &Receiver<String>,
) -> io::Result<()> {
    let ids: Vec<NodeId> = (1..=3).filter_map(NodeId::new).collect();
    let founders = Membership { voters: ids.clone(), ..Membership::default() };
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seed = since.as_nanos() as u64;
    let mut nodes = Vec::new();
    for id in ids {
        let disk = disk(options.open(id)?);
        let node = Node::start(id, &founders, seed ^ id.number(), disk, options.setup());
        nodes.push(node.map_err(|error| io::Error::other(format!("node {id}: {error}")))?);
    }
    let mut server = Server::new(nodes);
    let mut out = io::stdout().lock();
    let tick = Duration::from_millis(2);
    let mut next_tick = Instant::now() + tick;
    loop {
        match commands.recv_timeout(Duration::from_micros(100)) {
            Ok(command) => server.waiting.push_back(command),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) if server.is_idle() => return Ok(()),
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(Duration::from_micros(100)),
        }
        server.waiting.extend(commands.try_iter());
        if Instant::now() >= next_tick {
            next_tick += tick;
            server.tick();
        }
        server.pump(&mut out)?;
    }
}

fn main() -> ExitCode {
    let Some(options) = Options::parse(std::env::args().skip(1)) else {
        eprintln!(
            "usage: kv FOLDER [--direct] [--write-back] [--acknowledge-early] [--mutant NAME]"
        );
        return ExitCode::from(2);
    };
    let (send, commands) = channel();
    std::thread::spawn(move || {
        let lines = io::stdin().lock().lines().map_while(Result::ok);
        for line in lines {
            let is_put = line.strip_prefix("put ").is_some_and(|pair| pair.contains(' '));
            if !is_put && line != "dump" {
                eprintln!("unknown: {line}; say `put KEY VALUE` or `dump`");
            } else if send.send(line).is_err() {
                return;
            }
        }
    });
    let served = match options.has_write_back {
        true => serve(&options, WriteBack::new, &commands),
        false => serve(&options, |disk| disk, &commands),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kv: {error}");
            ExitCode::FAILURE
        }
    }
}
