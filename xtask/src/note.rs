// SPDX-License-Identifier: MIT OR Apache-2.0

//! The note that says where an image comes from, and the commit of a tree.

use crate::options::Sha256;
use anyhow::{Context, Result, ensure};
use purgatory_tool::note::{METADATA, OURS, OWNER};
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The section's name.
pub const SECTION: &str = ".note.package";

/// The file with the commit of a tree that has no `.git`.
const COMMIT: &str = "COMMIT";

/// Makes the note: version, commit and compiler, and the origin of the software hash if it is not
/// our own.
pub fn note(root: &Path, rustc: &str, sha256: Sha256) -> Result<Vec<u8>> {
    let commit = commit(root)?;
    ensure!(
        commit.chars().all(|c| !c.is_control()),
        "{COMMIT}: more than a line, or control characters"
    );
    let mut fields = json!({
        "type": "generic",
        OURS.0: OURS.1,
        "version": env!("CARGO_PKG_VERSION"),
        "architecture": "arm64",
        "commit": commit,
        "rustc": rustc,
    });
    if sha256 == Sha256::Crate {
        fields["features"] = "sha2".into();
    }
    let mut json = fields.to_string().into_bytes();
    // A zero after it, and more to fill its last word.
    json.resize((json.len() + 1).next_multiple_of(4), 0);
    let words = [OWNER.len() as u32, json.len() as u32, METADATA].map(u32::to_le_bytes);
    Ok([words.as_flattened(), OWNER, &json].concat())
}

/// Returns the commit of a tree, with `-dirty` after it if something has changed since.
pub fn commit(root: &Path) -> Result<String> {
    if let Ok(commit) = fs::read_to_string(root.join(COMMIT)) {
        return Ok(commit.trim().to_string());
    }
    if !root.join(".git").exists() {
        return Ok("unknown".into());
    }
    // Asks about this tree, whatever the caller's shell has set for git.
    let variables = std::env::vars_os().map(|(name, _)| name);
    let gits = variables.filter(|name| name.to_string_lossy().starts_with("GIT_"));
    let mut git = Command::new("git");
    gits.for_each(|name| {
        git.env_remove(name);
    });
    // A tree that another user owns is accepted.
    git.args(["-c", "safe.directory=*", "-C"]).arg(root);
    git.args([
        "describe",
        "--always",
        "--abbrev=12",
        "--dirty",
        "--exclude=*",
    ]);
    let output = git.output().context("git, which tells the commit")?;
    let commit = String::from_utf8_lossy(&output.stdout);
    let commit = commit.trim();
    Ok(if output.status.success() && !commit.is_empty() {
        commit.into()
    } else {
        "unknown".into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::LittleEndian as LE;
    use object::elf::FileHeader64;
    use object::read::elf::NoteIterator;
    use purgatory_tool::note::fields;

    fn read(bytes: &[u8]) -> Option<Vec<(&'static str, String)>> {
        let mut notes = NoteIterator::<FileHeader64<LE>>::new(LE, 4, bytes).ok()?;
        fields(&notes.next().ok()??)
    }

    #[test]
    fn it_says_of_which_commit_a_tree_is_that_has_no_git() {
        let root = tempfile::tempdir().unwrap();
        for (commit, expected) in [(None, "unknown"), (Some("0123456789ab\n"), "0123456789ab")] {
            if let Some(commit) = commit {
                fs::write(root.path().join(COMMIT), commit).unwrap();
            }
            for (sha256, features) in [(Sha256::Own, None), (Sha256::Crate, Some("sha2"))] {
                let note = note(root.path(), "1.2.3", sha256).unwrap();
                assert_eq!((note.len() % 4, note.last()), (0, Some(&0)));
                let version = env!("CARGO_PKG_VERSION");
                let fields = [
                    ("version", version),
                    ("commit", expected),
                    ("rustc", "1.2.3"),
                ];
                let fields = fields
                    .into_iter()
                    .chain(features.map(|value| ("features", value)));
                let fields: Vec<_> = fields
                    .map(|(name, value)| (name, value.to_string()))
                    .collect();
                assert_eq!(read(&note), Some(fields));
            }
        }
        fs::write(root.path().join(COMMIT), "0123\n4567\n").unwrap();
        let error = note(root.path(), "1.2.3", Sha256::Own).unwrap_err();
        assert!(
            error.to_string().contains("COMMIT: more than a line"),
            "{error}"
        );
    }
}
