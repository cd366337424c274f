//! The pictures: one page that needs nothing else.
//!
//! For each row, what it is about as bars (throughput in a closed loop, the p99 of apply and of commit
//! in an open one), and beside each bar its syncs for 1,000 commands. Bars are drawn in integers.

use std::fmt::Write;

use syncline_sim::bench::{Load, Policy};

use super::cell::Cell;
use super::table::{Line, Report};

const STYLE: &str = "body{font:14px sans-serif;margin:2em;max-width:1180px}\
svg{margin:0 14px 18px 0}text{font:11px sans-serif}.t{font-weight:bold}\
.b{fill:#5b8db8}.a{fill:#2f6f4f}.n{fill:#c9c9c9}.c{fill:#e0a030}";

/// Which lines a section shows.
type Choice<'a> = &'a dyn Fn(&&Line) -> bool;

/// The page.
pub(super) fn page(report: &Report) -> String {
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>What it costs to sync, \
         by policy</title>\n<style>{STYLE}</style>\n<h1>What it costs to sync, by policy</h1>\n"
    );
    let closed = |line: &&Line| matches!(line.load, Load::Closed(_));
    let sections: [(&str, Choice<'_>); 2] = [
        ("Closed loop: commands a second, longer is better", &closed),
        ("Open loop: p99 of apply (yellow line: of commit), shorter is better", &|line| {
            !closed(line)
        }),
    ];
    for (title, is_in) in sections {
        let _ = writeln!(
            page,
            "<h2>{title}</h2>\n<p>Right of each bar: its value, and syncs for 1,000 commands.</p>"
        );
        for line in report.rows.iter().filter(|line| is_in(line)) {
            draw(line, &mut page);
        }
    }
    page.push_str("</html>\n");
    page
}

fn value(cell: &Cell, load: Load) -> u64 {
    match load {
        Load::Closed(_) => cell.commands_per_second,
        Load::Open(_) => cell.apply_micros.p99.into(),
    }
}

/// One row as a picture.
fn draw(line: &Line, page: &mut String) {
    const BARS: u64 = 200;
    let height = 24 + 18 * line.cells.len();
    let longest = line.cells.iter().map(|cell| value(cell, line.load)).max().unwrap_or(1).max(1);
    let _ = writeln!(page, "<svg width=\"370\" height=\"{height}\" role=\"img\">");
    let _ = writeln!(page, "<text class=\"t\" x=\"0\" y=\"12\">{}</text>", line.row);
    for (cell, place) in line.cells.iter().zip(0..) {
        let (top, value) = (20 + 18 * place, value(cell, line.load));
        let width = value * BARS / longest;
        let class = match cell.policy {
            Policy::Adaptive => "a",
            Policy::Never => "n",
            _ => "b",
        };
        let text = match line.load {
            Load::Closed(_) => format!("{value}/s"),
            Load::Open(_) => format!("{}.{:02} ms", value / 1_000, value % 1_000 / 10),
        };
        let _ = writeln!(
            page,
            "<text x=\"0\" y=\"{y}\">{name}</text><rect class=\"{class}\" x=\"66\" y=\"{top}\" \
             width=\"{width}\" height=\"13\"/><text x=\"{x}\" y=\"{y}\">{text} · {syncs}</text>",
            y = top + 11,
            name = cell.policy.name(),
            x = 70 + width,
            syncs = cell.syncs_per_10_000 / 10,
        );
        if let Load::Open(_) = line.load {
            let commit = 66 + u64::from(cell.commit_micros.p99) * BARS / longest;
            let _ = writeln!(
                page,
                "<rect class=\"c\" x=\"{commit}\" y=\"{top}\" width=\"2\" height=\"13\"/>"
            );
        }
    }
    page.push_str("</svg>\n");
}
