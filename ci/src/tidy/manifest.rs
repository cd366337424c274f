//! As much of a `Cargo.toml` as the rules about rooms ask for: its name, its lines by section, and
//! its dependencies.
//!
//! Deliberately absent: the rest of TOML. A manifest of this repository has one key per line.

/// Where a dependency is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// By the library or the program itself.
    Normal,
    /// By its tests, examples and benches.
    Dev,
    /// By its build script.
    Build,
}

/// One dependency of a package.
#[derive(Clone, Debug)]
pub(super) struct Dependency {
    /// The line that names it, counted from 1.
    pub(super) line: usize,
    /// The name under which it is asked for.
    pub(super) name: String,
    /// Where it is asked for.
    pub(super) usage: Use,
    /// Whether it is there only if a feature asks for it.
    pub(super) is_optional: bool,
    /// Whether another name is given to it, which would hide what it is.
    pub(super) is_renamed: bool,
}

/// A key with its value, and where it stands.
struct Line<'a> {
    number: usize,
    section: &'a str,
    key: &'a str,
    value: &'a str,
}

/// The package's own name.
pub(super) fn package_name(manifest: &str) -> Option<&str> {
    lines(manifest)
        .find(|line| line.section == "package" && line.key == "name")
        .map(|line| line.value.trim_matches('"'))
}

/// Whether the section holds exactly this key with this value.
pub(super) fn has(manifest: &str, section: &str, key: &str, value: &str) -> bool {
    lines(manifest).any(|line| line.section == section && line.key == key && line.value == value)
}

/// Whether there is such a section.
pub(super) fn has_section(manifest: &str, section: &str) -> bool {
    manifest.lines().any(|line| section_name(line) == Some(section))
}

/// The quoted values of the array that `key` holds in `section`, over as many lines as it takes.
pub(super) fn array<'a>(manifest: &'a str, section: &str, key: &str) -> Vec<&'a str> {
    let Some(line) = lines(manifest).find(|line| line.section == section && line.key == key) else {
        return Vec::new();
    };
    let from = manifest.lines().take(line.number - 1).map(|line| line.len() + 1).sum::<usize>();
    let rest = &manifest[from..];
    let inside = rest.split_once('[').map_or("", |(_, inside)| inside);
    let inside = inside.split_once(']').map_or("", |(inside, _)| inside);
    inside.split('"').skip(1).step_by(2).collect()
}

/// All dependencies that the manifest asks for, whatever the target.
pub(super) fn dependencies(manifest: &str) -> Vec<Dependency> {
    let mut found: Vec<Dependency> = Vec::new();
    for line in lines(manifest) {
        let Some((usage, table)) = usage(line.section) else { continue };
        let name = table.unwrap_or_else(|| line.key.split('.').next().unwrap_or(line.key));
        let dependency = Dependency {
            line: line.number,
            name: name.trim_matches('"').to_owned(),
            usage,
            is_optional: mentions(&line, "optional") && line.value.contains("true"),
            is_renamed: mentions(&line, "package"),
        };
        // The keys of `[dependencies.name]`, or `name.key = ...` twice, are one dependency.
        match found.last_mut() {
            Some(last) if last.name == dependency.name && last.usage == usage => {
                last.is_optional |= dependency.is_optional;
                last.is_renamed |= dependency.is_renamed;
            }
            _ => found.push(dependency),
        }
    }
    found
}

/// Whether the line sets `key` of a dependency, in whichever of the three ways.
fn mentions(line: &Line<'_>, key: &str) -> bool {
    line.key == key
        || line.key.ends_with(&format!(".{key}"))
        || super::scan::words(line.value).any(|word| word == key)
}

/// What kind of dependencies a section holds, and the name if it is one dependency's own section.
fn usage(section: &str) -> Option<(Use, Option<&str>)> {
    let section = match section.strip_prefix("target.") {
        Some(rest) => &rest[rest.rfind(['\'', '"']).map_or(0, |at| at + 1)..],
        None => section,
    };
    let kinds = [
        ("dev-dependencies", Use::Dev),
        ("build-dependencies", Use::Build),
        ("dependencies", Use::Normal),
    ];
    for (name, usage) in kinds {
        if let Some((before, after)) = section.split_once(name) {
            let is_whole = before.is_empty() || before.ends_with('.');
            let is_workspace = before.starts_with("workspace");
            if is_whole && !is_workspace {
                return Some((usage, after.strip_prefix('.')));
            }
        }
    }
    None
}

fn lines(manifest: &str) -> impl Iterator<Item = Line<'_>> {
    let mut section = "";
    manifest.lines().enumerate().filter_map(move |(at, line)| {
        let line = line.split(" #").next().unwrap_or(line).trim();
        if let Some(name) = section_name(line) {
            section = name;
            return None;
        }
        let (key, value) = line.split_once('=')?;
        let (key, value) = (key.trim(), value.trim());
        (!key.starts_with('#')).then_some(Line { number: at + 1, section, key, value })
    })
}

fn section_name(line: &str) -> Option<&str> {
    line.trim().strip_prefix('[')?.strip_suffix(']').map(|name| name.trim_matches(['[', ']']))
}
