//! Why something that each line of a list should have is missing from some, read from the list
//! itself: rules without a mutant, oracles without a tick.
//!
//! A reason is one item of a section of its own: `- R6: ...`, over as many lines as it takes. It
//! stands there and not here because it says something about the rule or the oracle.

use std::collections::BTreeMap;

use super::cites::Id;

/// Why something is missing.
pub(super) struct Reason {
    /// The rule or the oracle.
    pub(super) of: Id,
    /// The line where the reason begins, counted from 1.
    pub(super) line: usize,
    /// The reason, in one line.
    pub(super) text: String,
}

/// All reasons in the section of a list that has this heading.
pub(super) fn all(list: &str, heading: &str) -> BTreeMap<Id, Reason> {
    let lines = list.lines().enumerate().skip_while(|(_, line)| *line != heading).skip(1);
    let mut reasons = BTreeMap::new();
    let mut last = None;
    for (at, line) in lines.take_while(|(_, line)| !line.starts_with("## ")) {
        if let Some((of, text)) = item(line) {
            let text = text.trim().to_owned();
            reasons.insert(of, Reason { of, line: at + 1, text });
            last = Some(of);
        } else if let Some(more) = line.strip_prefix("  ") {
            if let Some(reason) = last.and_then(|of| reasons.get_mut(&of)) {
                reason.text = format!("{} {}", reason.text, more.trim()).trim().to_owned();
            }
        } else {
            last = None;
        }
    }
    reasons.retain(|_, reason: &mut Reason| !reason.text.is_empty());
    reasons
}

fn item(line: &str) -> Option<(Id, &str)> {
    let (of, text) = line.strip_prefix("- ")?.split_once(':')?;
    Some((Id::parse(of)?, text))
}
