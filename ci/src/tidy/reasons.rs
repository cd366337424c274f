//! Why some rules have no mutant, read from the list of the rules itself.
//!
//! A reason is one item of the section with the heading below: `- R6: ...`, over as many lines as
//! it takes. It stands there and not here because it says something about the rule.

use std::collections::BTreeMap;

use super::super::cites::Id;

/// The heading of the section that holds the reasons.
pub(super) const HEADING: &str = "## Rules that no known bug breaks";

/// Why nothing in the roster breaks a rule.
pub(super) struct Reason {
    /// The rule.
    pub(super) rule: Id,
    /// The line where the reason begins, counted from 1.
    pub(super) line: usize,
    /// The reason, in one line.
    pub(super) text: String,
}

/// All reasons in the list of the rules.
pub(super) fn all(rules: &str) -> BTreeMap<Id, Reason> {
    let lines = rules.lines().enumerate().skip_while(|(_, line)| *line != HEADING).skip(1);
    let mut reasons = BTreeMap::new();
    let mut last = None;
    for (at, line) in lines.take_while(|(_, line)| !line.starts_with("## ")) {
        if let Some((rule, text)) = item(line) {
            let text = text.trim().to_owned();
            reasons.insert(rule, Reason { rule, line: at + 1, text });
            last = Some(rule);
        } else if let Some(more) = line.strip_prefix("  ") {
            if let Some(reason) = last.and_then(|rule| reasons.get_mut(&rule)) {
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
    let (rule, text) = line.strip_prefix("- ")?.split_once(':')?;
    Some((Id::parse(rule)?, text))
}
