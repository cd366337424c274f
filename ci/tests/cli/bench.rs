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

#[test]
fn a_row_that_is_not_there_is_named() {
    let folder = folder("bench-typo");
    let said = syncline(&folder, "bench fsync --row evn-c64").refusal(2);
    assert_eq!(said, "error: expected a row of the table, found 'evn-c64'");
    let said = syncline(&folder, "bench fsync --policy fast").expect(2).err;
    assert!(said.contains("expected one of serial, coupled"), "{said}");
}
