// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where the crates came from that cargo has compiled. `--locked` checks only their versions.
//!
//! What was downloaded has the checksum of `Cargo.lock`. A folder in the place of a registry, as in
//! distributions and after `make dist`, lists a checksum for each file. cargo compares them only
//! when it compiles, and the list may be short, or empty.

use crate::sbom::hex;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use toml::Table;

/// cargo's name for the list of a folder's checksums.
const LIST: &str = ".cargo-checksum.json";

/// Where crates may come from.
pub struct Places<'a> {
    /// The workspace.
    pub root: &'a Path,
    /// The folder with cargo's downloads.
    pub cargo_home: Option<&'a Path>,
    /// `Cargo.lock`.
    pub lock: &'a Table,
}

/// Reads cargo's messages, a line each. Refuses a crate that is neither the workspace's nor one of
/// `Cargo.lock`; returns those, as in `spin 0.10.1`, that have files without a compared checksum.
pub fn unchecked(messages: &str, places: &Places<'_>) -> Result<BTreeSet<String>> {
    let locked: Vec<(String, String)> = locked(places.lock).collect();
    let root = fs::canonicalize(places.root)?;
    let home = places.cargo_home.map(|home| home.join("registry/src"));
    let downloaded = home.and_then(|home| fs::canonicalize(home).ok());
    let mut unchecked = BTreeSet::new();
    for message in messages.lines() {
        let message: Value = serde_json::from_str(message).context("cargo's messages")?;
        if message["reason"] != "compiler-artifact" {
            continue;
        }
        let field = |name: &str| message[name].as_str().context("cargo's messages");
        let manifest = fs::canonicalize(field("manifest_path")?)?;
        let folder = manifest.parent().unwrap_or(&root);
        let id = field("package_id")?;
        if let Some((_, name)) = locked.iter().find(|(locked, _)| locked == id) {
            let is_downloaded = downloaded
                .as_ref()
                .is_some_and(|home| folder.starts_with(home));
            if !is_downloaded && !is_listed(folder)? {
                unchecked.insert(name.clone());
            }
        } else {
            let folder = folder.display();
            // The image's package and the probe's.
            let ours = ["Cargo.toml", "probe/Cargo.toml"];
            ensure!(
                ours.iter().any(|ours| manifest == root.join(ours)),
                "{folder} is not of Cargo.lock"
            );
        }
    }
    Ok(unchecked)
}

/// Returns the external crates in `Cargo.lock`, each by its name in cargo's messages and by ours.
fn locked(lock: &Table) -> impl Iterator<Item = (String, String)> {
    let packages = lock.get("package").and_then(toml::Value::as_array);
    packages.into_iter().flatten().filter_map(|package| {
        let field = |key| package.get(key)?.as_str();
        let (name, version) = (field("name")?, field("version")?);
        let id = format!("{}#{name}@{version}", field("source")?);
        Some((id, format!("{name} {version}")))
    })
}

/// Returns whether each file of a folder is in the folder's list of checksums. A file with another
/// checksum is an error.
fn is_listed(folder: &Path) -> Result<bool> {
    let list = folder.join(LIST);
    let read = |file: &Path| fs::read(file).with_context(|| file.display().to_string());
    let checksums: Value = serde_json::from_slice(&read(&list)?).context(LIST)?;
    let mut all_are = true;
    for file in files(folder)?.iter().filter(|file| **file != list) {
        let name = file.strip_prefix(folder)?.to_string_lossy();
        match checksums["files"][&*name].as_str() {
            Some(listed) => ensure!(
                listed == hex(&Sha256::digest(read(file)?)),
                "{} has changed, {LIST} says",
                file.display()
            ),
            None => all_are = false,
        }
    }
    Ok(all_are)
}

/// Lists all files below a folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = vec![];
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => files.extend(self::files(&entry.path())?),
            false => files.push(entry.path()),
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns why a crate is refused whose manifest is in a folder of the workspace.
    fn refusal(id: &str, folder: &str) -> Option<String> {
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        let manifest = root.join(folder).join("Cargo.toml");
        let message = serde_json::json!({
            "reason": "compiler-artifact", "package_id": id, "manifest_path": manifest,
        });
        let lock = "package = [{ name = 'spin', version = '0.10.1', source = 'registry' }]";
        let places = Places {
            root,
            cargo_home: Some(root),
            lock: &lock.parse().unwrap(),
        };
        unchecked(&format!("{message}\n"), &places)
            .err()
            .map(|error| format!("{error:#}"))
    }

    #[test]
    fn what_is_neither_locked_nor_the_workspaces_is_refused_by_folder() {
        assert_eq!(refusal("path+file:///here#purgatory@1.0.0", "."), None);
        for other in ["path+file:///here#spin@0.10.1", "registry#spin@0.10.2"] {
            let refusal = refusal(other, "xtask").unwrap();
            assert!(
                refusal.ends_with("/xtask is not of Cargo.lock"),
                "{refusal}"
            );
        }
        // This one is locked, but its folder has no checksums.
        let refusal = refusal("registry#spin@0.10.1", "xtask").unwrap();
        assert!(refusal.contains(LIST), "{refusal}");
    }
}
