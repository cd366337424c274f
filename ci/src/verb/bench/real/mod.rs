//! `bench fsync --real`: the policies on a real file system, beside what virtual time says of them.
//!
//! For each row the disk is measured first, then all policies run in turn, and so on for some rounds;
//! so whoever disturbs the machine for a while disturbs all of them. What the disk did by itself is then
//! the law of latency of a simulated row, which is otherwise the same: clients, network, policies, and
//! the driver that asks them. If the disk was another one from round to round, no ratio says anything.

mod cluster;
mod node;
mod probe;
mod report;

use std::path::{Path, PathBuf};
use std::{fs, io};

use syncline_sim::bench::{
    Budget, Device, Fault, Flushes, Latency, Law, Load, Policy, Quantiles, Row, measure, measure_on,
};

use super::cell::Cell;
use crate::args;
use crate::exit::{Exit, Refusal};
use crate::out::{self, Reader};
use cluster::Real;
use report::{Disk, Line, Pair, Report, Run};

/// How often everything is done.
const ROUNDS: usize = 3;
/// How many commands each client has applied before anything is counted, and then.
const WARM_UP_TURNS: u64 = 50;
const TURNS: u64 = 400;
/// How often each node's disk is measured before a round.
const PROBES: u32 = 600;

/// What is run: three machines in one zone.
const LOADS: [(&str, u32); 3] = [("c1", 1), ("c8", 8), ("c64", 64)];

/// A row whose disks follow a law.
fn row(name: &'static str, clients: u32, law: Law) -> Row {
    let device = Device {
        latency: Latency::of(law),
        // The bytes are in the law: it was measured with batches of this row.
        bytes_per_micro: u32::MAX,
        lanes: 1,
        flushes: Flushes::Merged,
    };
    Row::plain(name, device, Load::Closed(clients))
}

/// Measures, and prints both side by side.
///
/// # Errors
/// If a row is unknown, the folder cannot be used, or the harness itself fails.
pub(super) fn run(args: &args::Fsync, folder: &Path) -> Result<Exit, Refusal> {
    if let Some(name) = args.row.iter().find(|name| LOADS.iter().all(|load| load.0 != **name)) {
        let text = format_args!("expected one of c1, c8, c64 with --real, found '{name}'");
        return Err(Refusal::usage(text));
    }
    let policies = policies(&args.policy)?;
    let room = Room::make(folder)?;
    let plan = Plan {
        folder: &room.0,
        policies,
        turns: args.commands.map_or(TURNS, |count| u64::from(count.0)),
        commands: args.commands.map_or(Budget::COMMANDS, |count| u64::from(count.0)),
        seed: args.seed.0,
    };
    let mut lines = Vec::new();
    for (name, clients) in LOADS {
        if args.row.is_empty() || args.row.iter().any(|wanted| wanted == name) {
            out::tell(format_args!("{name}: {ROUNDS} rounds on {}", folder.display()));
            lines.push(plan.line(name, clients)?);
        }
    }
    let report = Report { rows: lines };
    Reader::of(args.json).give(&report.to_words(), &report);
    if let Some(path) = &args.markdown {
        super::keep(path, &report.to_markdown())?;
    }
    Ok(Exit::Fine)
}

/// A folder of this run's own within the one that was named, which goes when the run ends, however it
/// does. Nothing else that lies there is touched.
struct Room(PathBuf);

impl Room {
    fn make(folder: &Path) -> Result<Room, Refusal> {
        let room = folder.join("syncline-bench");
        fs::create_dir(&room).map_err(|error| {
            let hint = match error.kind() {
                io::ErrorKind::AlreadyExists => {
                    "; remove it if it is left from a run that was killed"
                }
                _ => "",
            };
            Refusal::usage(format_args!("{}: cannot be made: {error}{hint}", room.display()))
        })?;
        Ok(Room(room))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // Whoever cannot remove it finds it there, and the next run names it.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn policies(only: &[Policy]) -> Result<Vec<Policy>, Refusal> {
    if !only.iter().all(|policy| policy.is_safe()) {
        return Err(Refusal::usage("a real file system is synced: 'never' needs virtual time"));
    }
    let wanted = |policy: &Policy| policy.is_safe() && (only.is_empty() || only.contains(policy));
    Ok(Policy::ALL.into_iter().filter(wanted).collect())
}

struct Plan<'a> {
    folder: &'a Path,
    policies: Vec<Policy>,
    /// How many commands each client has applied in a run.
    turns: u64,
    /// How many commands a cell in virtual time has.
    commands: u64,
    seed: u64,
}

impl Plan<'_> {
    fn line(&self, name: &'static str, clients: u32) -> Result<Line, Refusal> {
        // While nothing is measured yet, any law will do: a real cluster has no use for it.
        let here = row(name, clients, Law::Uniform(1, 1));
        let mut probes = Vec::new();
        let mut runs: Vec<Vec<Run>> = self.policies.iter().map(|_| Vec::new()).collect();
        for round in 0..ROUNDS as u64 {
            probes.push(self.probe(&here)?);
            for (policy, runs) in self.policies.iter().zip(&mut runs) {
                runs.push(self.run(&here, *policy, round)?);
            }
        }
        probes.push(self.probe(&here)?);
        let disk = Disk::of(&probes);
        // A row is data that lives as long as the program, its laws included.
        let quantiles: &'static Quantiles = Box::leak(Box::new(Quantiles::of(probes.concat())));
        let there = row(name, clients, Law::Measured(quantiles));
        let budget = Budget { seed: self.seed, ..Budget::of(&there, self.commands) };
        let cells: Result<Vec<Pair>, Refusal> = self
            .policies
            .iter()
            .zip(runs)
            .map(|(policy, runs)| {
                let simulated = measure(&there, *policy, budget).map_err(|fault| match fault {
                    Fault::Begin(error) => Refusal::usage(error),
                    Fault::Broken(broken) => {
                        let text = format_args!("{} is broken: {}", broken.oracle, broken.found);
                        Refusal::new(Exit::Violation, text)
                    }
                })?;
                Ok(Pair::of(*policy, runs, Cell::of(*policy, &simulated)))
            })
            .collect();
        Ok(Line { row: name, disk, cells: cells? })
    }

    /// Batches as large as a turn of all clients.
    fn probe(&self, row: &Row) -> Result<Vec<u32>, Refusal> {
        let Load::Closed(clients) = row.load else {
            return Ok(Vec::new());
        };
        let bytes = u64::from(clients) * row.entry_bytes();
        let count = PROBES.min(self.turns as u32 * 4);
        probe::probe(self.folder, row.machines, bytes, count)
    }

    /// A run of its own, in a folder that is removed afterwards.
    fn run(&self, row: &Row, policy: Policy, round: u64) -> Result<Run, Refusal> {
        let Load::Closed(clients) = row.load else {
            return Err(node::fault("the loop is closed"));
        };
        let folder = self.folder.join(format!("{}-{policy}", row.name));
        let (clients, turns) = (u64::from(clients), self.turns);
        let budget = Budget {
            warm_up: clients * WARM_UP_TURNS.min(turns),
            commands: clients * turns,
            seed: self.seed ^ round,
        };
        let mut real = Real::found(&folder, row)?;
        let measured = measure_on(&mut real, row, policy, budget)?;
        fs::remove_dir_all(&folder).map_err(|error| {
            Refusal::usage(format_args!("{}: cannot be removed: {error}", folder.display()))
        })?;
        Ok(Run { cell: Cell::of(policy, &measured), lost_per_mille: real.lost_per_mille() })
    }
}
