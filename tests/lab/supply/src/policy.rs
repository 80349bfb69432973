// SPDX-License-Identifier: MIT OR Apache-2.0

//! Licences, sources and duplicates by the rules of `.cargo/deny.toml`, where there is no cargo-deny.
//!
//! Of what it knows this looks at the host's graph only, and at no advisory.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use purgatory_test_harness::root;
use toml::{Table, Value};

#[cfg(test)]
mod tests;

/// A crate that is used.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Crate {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its licence, as it declares it.
    pub licence: String,
}

/// The rules.
#[derive(Debug)]
pub struct Policy {
    licences: Vec<String>,
    registries: Vec<String>,
    /// Name and beginning of the version of a crate that may be there in addition to another one.
    skipped: Vec<(String, String)>,
}

impl Policy {
    /// Reads `.cargo/deny.toml`.
    ///
    /// # Errors
    /// Where it has not the tables that are looked for.
    pub fn read(rules: &str) -> Result<Self> {
        let rules: Table = rules.parse()?;
        let list = |table: &str, key: &str| {
            let list = rules.get(table).and_then(|table| table.get(key));
            let list = list.and_then(Value::as_array);
            list.with_context(|| format!("deny.toml: no {table}.{key}"))
        };
        let texts = |list: &[Value]| {
            list.iter()
                .filter_map(Value::as_str)
                .map(String::from)
                .collect()
        };
        let skipped = list("bans", "skip")?.iter().filter_map(|skip| {
            let (name, version) = skip.get("crate")?.as_str()?.split_once('@')?;
            Some((name.to_string(), version.to_string()))
        });
        Ok(Self {
            licences: texts(list("licenses", "allow")?),
            registries: texts(list("sources", "allow-registry")?),
            skipped: skipped.collect(),
        })
    }

    /// Returns what is against the rules, a line for each.
    ///
    /// # Errors
    /// Where `lock` is no `Cargo.lock`.
    pub fn offences(&self, crates: &BTreeSet<Crate>, lock: &str) -> Result<Vec<String>> {
        let mut offences = vec![];
        let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for Crate {
            name,
            version,
            licence,
        } in crates
        {
            if !allows(&self.licences, licence) {
                offences.push(format!("{name} {version}: licence {licence:?}"));
            }
            let mut skipped = self.skipped.iter();
            if !skipped.any(|(of, with)| of == name && is_version(version, with)) {
                versions.entry(name).or_default().insert(version);
            }
        }
        for (name, versions) in versions.into_iter().filter(|(_, all)| all.len() > 1) {
            offences.push(format!("{name}: more than one version: {versions:?}"));
        }
        let lock: Table = lock.parse()?;
        let packages = lock.get("package").and_then(Value::as_array);
        for package in packages.context("Cargo.lock: no packages")? {
            let field = |key| package.get(key).and_then(Value::as_str);
            // Without one it is a part of the workspace.
            let Some(source) = field("source") else {
                continue;
            };
            let registry = source.strip_prefix("registry+").unwrap_or(source);
            if !self.registries.iter().any(|allowed| allowed == registry) {
                let name = field("name").unwrap_or_default();
                offences.push(format!("{name}: from {source}"));
            }
        }
        Ok(offences)
    }
}

/// Asks cargo for all crates that the image, its build and its tests use on this machine.
///
/// # Errors
/// Where cargo fails, or says something unexpected.
pub fn crates() -> Result<BTreeSet<Crate>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(root())
        .args(["tree", "--workspace", "--all-features", "--locked"])
        .args(["--edges", "normal,build,dev", "--prefix", "none"])
        .args(["--format", "{p}\t{l}\t", "--color", "never"])
        .output()?;
    let (lines, error) = (output.stdout, String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "cargo tree: {error}");
    let lines = String::from_utf8(lines)?;
    let parse = |line: &str| {
        let (package, licence) = line.split_once('\t')?;
        let mut words = package.split(' ');
        Some(Crate {
            name: words.next()?.into(),
            version: words.next()?.strip_prefix('v')?.into(),
            licence: licence.split_once('\t')?.0.into(),
        })
    };
    let lines = lines.lines().filter(|line| !line.is_empty());
    lines
        .map(|line| parse(line).with_context(|| format!("cargo tree: {line}")))
        .collect()
}

/// Returns whether a version has this beginning, as in `0.15` for 0.15.5.
fn is_version(version: &str, beginning: &str) -> bool {
    let rest = version.strip_prefix(beginning);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Returns whether these contain a licence that can be chosen: each of what `AND` joins, one of
/// what `OR` joins. `AND` binds tighter; a slash is an old `OR`. What cannot be read is not
/// allowed.
fn allows(allowed: &[String], licence: &str) -> bool {
    let words = licence.replace('/', " OR ");
    let words = words.replace('(', " ( ").replace(')', " ) ");
    let mut words: Vec<&str> = words.split_whitespace().rev().collect();
    any(allowed, &mut words) == Some(true) && words.is_empty()
}

fn any(allowed: &[String], words: &mut Vec<&str>) -> Option<bool> {
    let mut result = all(allowed, words)?;
    while next_is("OR", words) {
        result |= all(allowed, words)?;
    }
    Some(result)
}

fn all(allowed: &[String], words: &mut Vec<&str>) -> Option<bool> {
    let mut result = one(allowed, words)?;
    while next_is("AND", words) {
        result &= one(allowed, words)?;
    }
    Some(result)
}

fn one(allowed: &[String], words: &mut Vec<&str>) -> Option<bool> {
    if next_is("(", words) {
        let inside = any(allowed, words)?;
        return next_is(")", words).then_some(inside);
    }
    let mut name = words.pop()?.to_string();
    if next_is("WITH", words) {
        name = format!("{name} WITH {}", words.pop()?);
    }
    Some(allowed.contains(&name))
}

/// Takes the next word if it is this one.
fn next_is(word: &str, words: &mut Vec<&str>) -> bool {
    let is = words.last() == Some(&word);
    words.truncate(words.len() - usize::from(is));
    is
}
