//! `bench fsync`.

use std::fs;

use super::{folder, syncline};

#[test]
fn figures_are_the_same_for_any_number_of_threads() {
    let folder = folder("bench");
    let line = "bench fsync --row even-c64,plp-o5000 --commands 500 --json --html page.html --jobs";
    let [one, many] = [1, 3].map(|jobs| syncline(&folder, &format!("{line} {jobs}")).expect(0));
    assert_eq!(one.out, many.out);
    let report = one.json();
    let cells = report["rows"][0]["cells"].as_array().expect("cells");
    assert_eq!((report["rows"].as_array().map(Vec::len), cells.len()), (Some(2), 8));
    let page = fs::read_to_string(folder.join("page.html")).expect("it is written");
    assert!(page.contains("plp-o5000") && page.ends_with("</html>\n"));
}

/// The columns are the policies that were asked for, and a loss is shown if it can be told.
#[test]
fn the_table_has_the_columns_that_were_asked_for() {
    let folder = folder("bench-markdown");
    let line = "bench fsync --row even-c1 --commands 500 --markdown table.md --policy";
    for (policies, names, loss) in [
        ("coupled,decoupled", "coupled | decoupled", " |"),
        ("coupled,adaptive,never", "coupled | adaptive", " % |"),
    ] {
        syncline(&folder, &format!("{line} {policies}")).expect(0);
        let table = fs::read_to_string(folder.join("table.md")).expect("it is written");
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines[0], format!("| row | {names} | loss |"));
        assert_eq!((lines[1], lines.len()), ("|---|---:|---:|---:|", 3));
        assert!(lines[2].ends_with(loss) && lines[2].matches('|').count() == 5, "{table}");
    }
}

#[test]
fn a_row_that_is_not_there_is_named() {
    let folder = folder("bench-typo");
    let said = syncline(&folder, "bench fsync --row evn-c64").refusal(2);
    assert_eq!(said, "error: expected a row of the table, found 'evn-c64'");
    let said = syncline(&folder, "bench fsync --policy fast").expect(2).err;
    assert!(said.contains("expected one of serial, coupled"), "{said}");
}

/// What a real file system does is not foreseen: only that everything is there.
#[test]
fn a_real_file_system_is_put_beside_the_model() {
    let folder = folder("bench-real");
    // What lies there already is nobody's business.
    let thesis = folder.join("disk/c8-coupled/thesis.txt");
    fs::create_dir_all(thesis.parent().expect("a folder")).expect("a new folder");
    fs::write(&thesis, "all of it").expect("a new file");
    let line =
        "bench fsync --real disk --row c8 --policy coupled,deep,adaptive --commands 30 --json";
    let report = syncline(&folder, line).expect(0).json();
    let row = &report["rows"][0];
    assert_eq!(
        (report["rows"].as_array().map(Vec::len), row["row"].as_str()),
        (Some(1), Some("c8"))
    );
    assert_eq!(
        row["disk"]["p50"].as_array().map(Vec::len),
        Some(4),
        "before each round, and after"
    );
    let cells = row["cells"].as_array().expect("cells");
    let names: Vec<_> = cells.iter().filter_map(|cell| cell["policy"].as_str()).collect();
    assert_eq!(names, ["coupled", "deep", "adaptive"]);
    for cell in cells {
        let rounds = cell["real"].as_array().expect("rounds");
        assert_eq!(rounds.len(), 3);
        for run in rounds {
            let run = &run["cell"];
            assert!(run["commands"].as_u64() >= Some(8 * 30), "{run}");
            assert!(run["syncs_per_10_000"].as_u64() > Some(0), "{run}");
            assert!(run["commit_micros"]["p50"].as_u64() > Some(400), "there and back: {run}");
        }
        assert!(cell["simulated"]["commands_per_second"].as_u64() > Some(0));
    }
    let left = fs::read_dir(folder.join("disk")).expect("it is there").count();
    assert_eq!(left, 1, "nothing is left behind");
    assert_eq!(fs::read_to_string(thesis).expect("it is there"), "all of it");
}

#[test]
fn what_a_real_file_system_cannot_do_is_refused() {
    let folder = folder("bench-real-no");
    let said = syncline(&folder, "bench fsync --real disk --policy never").refusal(2);
    assert!(said.contains("'never' needs virtual time"), "{said}");
    let said = syncline(&folder, "bench fsync --real disk --row nvme-c64").refusal(2);
    assert_eq!(said, "error: expected one of c1, c8, c64 with --real, found 'nvme-c64'");
    let said = syncline(&folder, "bench fsync --real disk --row c1").refusal(2);
    assert!(said.contains("syncline-bench: cannot be made"), "{said}");
    fs::create_dir_all(folder.join("disk/syncline-bench")).expect("a new folder");
    let said = syncline(&folder, "bench fsync --real disk --row c1").refusal(2);
    assert!(said.contains("left from a run that was killed"), "{said}");
}
