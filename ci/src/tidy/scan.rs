//! What in a Rust source is code, what is comment, and what is text in quotes.
//!
//! Why not a parser: the rules need no more than this, and a parser would be one more dependency
//! that refuses sources newer than itself. The scanner knows nested comments, raw strings, and the
//! difference between a character and a lifetime.

use std::ops::Range;

/// What one byte of a source belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Everything else.
    Code,
    /// A comment, documentation included.
    Comment,
    /// A string or character literal, its quotes included.
    Quoted,
}

/// A source with the kind of each of its bytes.
pub(super) struct Scanned<'a> {
    text: &'a str,
    kinds: Vec<Kind>,
}

impl<'a> Scanned<'a> {
    /// Scans a source.
    pub(super) fn of(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let mut kinds = vec![Kind::Code; bytes.len()];
        let mut at = 0;
        while at < bytes.len() {
            let (kind, end) = token(bytes, at);
            let end = end.min(bytes.len());
            assert!(end > at, "the scanner must move on, at byte {at}");
            kinds[at..end].fill(kind);
            at = end;
        }
        Self { text, kinds }
    }

    /// The source with everything blanked that is not of one of the `wanted` kinds. Lines and
    /// offsets stay where they are.
    pub(super) fn only(&self, wanted: &[Kind]) -> String {
        let keep = |at: usize, c: char| c.is_whitespace() || wanted.contains(&self.kinds[at]);
        let mut text = String::with_capacity(self.text.len());
        for (at, c) in self.text.char_indices() {
            if keep(at, c) {
                text.push(c);
            } else {
                text.extend(std::iter::repeat_n(' ', c.len_utf8()));
            }
        }
        text
    }

    /// How many lines hold code: not blank, not only comment, and not in a module of tests.
    pub(super) fn code_lines(&self) -> usize {
        let tests = self.test_modules();
        let is_code = |at: usize| {
            self.kinds[at] != Kind::Comment
                && !self.text.as_bytes()[at].is_ascii_whitespace()
                && !tests.iter().any(|range| range.contains(&at))
        };
        let mut from = 0;
        let mut lines = 0;
        for line in self.text.split_inclusive('\n') {
            lines += usize::from((from..from + line.len()).any(is_code));
            from += line.len();
        }
        lines
    }

    /// Where modules of tests lie that are written out in the file itself.
    pub(super) fn test_modules(&self) -> Vec<Range<usize>> {
        test_modules(&self.only(&[Kind::Code]))
    }
}

/// The number of the line that holds the byte `at`, counted from 1.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// The words of a line: its longest runs of letters, digits and underscores.
pub(super) fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// The kind and the end of what begins at `at`.
fn token(bytes: &[u8], at: usize) -> (Kind, usize) {
    match &bytes[at..] {
        [b'/', b'/', ..] => (Kind::Comment, find(bytes, at, b"\n")),
        [b'/', b'*', ..] => (Kind::Comment, block_comment_end(bytes, at)),
        [b'"', ..] => (Kind::Quoted, string_end(bytes, at + 1, b'"')),
        [b'\'', ..] => quote(bytes, at),
        [first, ..] if is_word(*first) => word(bytes, at),
        _ => (Kind::Code, at + 1),
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// Where `what` begins at or after `at`, or the end of the source.
fn find(bytes: &[u8], at: usize, what: &[u8]) -> usize {
    bytes[at..]
        .windows(what.len())
        .position(|window| window == what)
        .map_or(bytes.len(), |n| at + n)
}

fn block_comment_end(bytes: &[u8], at: usize) -> usize {
    let mut depth = 0_usize;
    let mut end = at;
    while end < bytes.len() {
        match &bytes[end..] {
            [b'/', b'*', ..] => (depth, end) = (depth + 1, end + 2),
            [b'*', b'/', ..] => (depth, end) = (depth - 1, end + 2),
            _ => end += 1,
        }
        if depth == 0 {
            break;
        }
    }
    end
}

/// The end of a literal whose inside begins at `at` and which `quote` closes.
fn string_end(bytes: &[u8], at: usize, quote: u8) -> usize {
    let mut end = at;
    while end < bytes.len() {
        match bytes[end] {
            b'\\' => end += 2,
            byte if byte == quote => return end + 1,
            _ => end += 1,
        }
    }
    end
}

/// A character literal, or the tick of a lifetime.
fn quote(bytes: &[u8], at: usize) -> (Kind, usize) {
    match bytes.get(at + 1) {
        Some(b'\\') => (Kind::Quoted, string_end(bytes, at + 1, b'\'')),
        Some(first) => {
            let width = match first {
                0x00..=0xbf => 1,
                0xc0..=0xdf => 2,
                0xe0..=0xef => 3,
                0xf0..=0xff => 4,
            };
            let close = at + 1 + width;
            if bytes.get(close) == Some(&b'\'') {
                (Kind::Quoted, close + 1)
            } else {
                (Kind::Code, at + 1)
            }
        }
        None => (Kind::Code, at + 1),
    }
}

/// A word, with the raw string that it may introduce.
fn word(bytes: &[u8], at: usize) -> (Kind, usize) {
    let length = bytes[at..].iter().take_while(|byte| is_word(**byte)).count();
    let end = at + length;
    if !matches!(&bytes[at..end], b"r" | b"br" | b"cr") {
        return (Kind::Code, end);
    }
    let hashes = bytes[end..].iter().take_while(|byte| **byte == b'#').count();
    if bytes.get(end + hashes) != Some(&b'"') {
        return (Kind::Code, end);
    }
    let mut close = vec![b'"'];
    close.resize(1 + hashes, b'#');
    (Kind::Quoted, find(bytes, end + hashes + 1, &close) + close.len())
}

/// The modules of tests in the code of a file.
fn test_modules(code: &str) -> Vec<Range<usize>> {
    const MARK: &str = "#[cfg(test)]";
    let mut ranges = Vec::new();
    let mut from = 0;
    while let Some(found) = code[from..].find(MARK) {
        let start = from + found;
        let after = start + MARK.len();
        from = match module_body(&code[after..]) {
            Some(length) => {
                ranges.push(start..after + length);
                after + length
            }
            None => after,
        };
    }
    ranges
}

/// The length of `mod name { ... }` with the attributes before it, if that is what comes next.
fn module_body(code: &str) -> Option<usize> {
    let mut rest = code.trim_start();
    while rest.starts_with("#[") {
        rest = rest[rest.find(']')? + 1..].trim_start();
    }
    let rest = rest.strip_prefix("mod ")?;
    let body = rest.find('{')?;
    if rest[..body].contains(';') {
        return None;
    }
    let offset = code.len() - rest.len() + body;
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate().skip(offset) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}
