//! Every known bug is convicted by the oracle that the roster names: in its script, and where it is
//! easy to find also in a campaign of random runs.
#![cfg(feature = "mutants")]

use std::collections::BTreeSet;
use std::path::Path;

use syncline_scenarios::library::bundled;
use syncline_scenarios::roster::{Difficulty, Row, find, roster};
use syncline_scenarios::{Proof, golden};
use syncline_sim::{Mutant, OracleId, RaftCore, run_once, seed_of_run};
use syncline_traces::Seed;

#[test]
fn the_roster_has_one_row_for_each_mutant() {
    let listed: Vec<Mutant> = roster().iter().map(|row| row.mutant).collect();
    assert_eq!(listed, Mutant::all().collect::<Vec<_>>());
    for mutant in &listed {
        assert_eq!(find(*mutant).map(|row| row.mutant), Some(*mutant));
    }
}

#[test]
fn every_oracle_is_proved_by_some_row() {
    let proved: BTreeSet<OracleId> = roster().iter().map(|row| row.convicted_by).collect();
    assert_eq!(proved, OracleId::ALL.into_iter().collect());
}

#[test]
fn every_script_is_bundled() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = golden::scripts_below(folder).expect("there are scripts");
    let name = |path: &Path| {
        let path = path.strip_prefix(folder).expect("found below the folder");
        path.to_str().expect("plain letters").replace('\\', "/")
    };
    let found: Vec<String> = found.iter().map(|path| name(path)).collect();
    assert_eq!(bundled().iter().map(|script| script.name).collect::<Vec<_>>(), found);
}

#[test]
fn every_row_is_proved_by_its_script_and_every_proof_has_a_row() {
    for row in roster() {
        let script = row.script.script().expect("the script can be read");
        let proof = Proof { mutant: row.mutant, oracle: row.convicted_by };
        assert!(script.proofs().any(|other| other == proof), "{}: {proof:?}", script.name());
        script.convict(proof).expect("the mutant is convicted");
    }
    for script in bundled() {
        for proof in script.script().expect("the script can be read").proofs() {
            let row = find(proof.mutant).expect("a row for each mutant");
            assert_eq!(row.convicted_by, proof.oracle, "{} proves {}", script.name, row.name);
        }
    }
}

/// The first run that the row's oracle convicts, out of as many as its budget allows.
fn first_conviction(row: &Row, campaign: Seed) -> Option<u64> {
    (0..row.difficulty.budget().runs_max).find(|number| {
        let seed = seed_of_run(campaign, *number);
        let run = run_once::<RaftCore>(seed, row.profile().draw(seed), Some(row.mutant));
        let violation = run.expect("the plan can be followed").violation;
        violation.is_some_and(|violation| violation.oracle == row.convicted_by.name())
    })
}

#[test]
fn an_easy_mutant_is_found_by_random_runs_within_its_budget() {
    for row in roster().iter().filter(|row| row.difficulty == Difficulty::Easy) {
        for campaign in [1, 20_260] {
            let found = first_conviction(row, Seed(campaign));
            assert!(found.is_some(), "{} ({}) survives campaign {campaign}", row.mutant, row.name);
        }
    }
}
