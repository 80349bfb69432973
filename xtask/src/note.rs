// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where an image comes from, as a note in its file: no loader loads it.

use crate::options::Sha256;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;
use std::process::Command;

/// The section's name.
pub const SECTION: &str = ".note.purgatory";

/// Whose note it is.
const OWNER: &[u8; 12] = b"purgatory\0\0\0";

/// Its type: lines of text. There is no other.
const LINES: u32 = 1;

/// The file that says of which commit a tree is that has no `.git`.
const COMMIT: &str = "COMMIT";

/// Makes the note (ELF gABI, "Note Section"): version, commit and compiler, each in a line, and whose
/// the hash in software is, where it is not our own.
pub fn note(root: &Path, rustc: &str, sha256: Sha256) -> Result<Vec<u8>> {
    let version = env!("CARGO_PKG_VERSION");
    let commit = commit(root)?;
    let mut lines = format!("version {version}\ncommit {commit}\nrustc {rustc}\n");
    if sha256 == Sha256::Crate {
        lines.push_str("features sha2\n");
    }
    lines.extend((lines.len()..lines.len().next_multiple_of(4)).map(|_| '\n'));
    // Without the padding of the name.
    let name = OWNER.iter().position(|&byte| byte == 0).unwrap_or(0) as u32 + 1;
    let words = [name, lines.len() as u32, LINES].map(u32::to_le_bytes);
    Ok([words.as_flattened(), OWNER, lines.as_bytes()].concat())
}

/// The lines of such a note.
pub fn lines(note: &[u8]) -> Option<&str> {
    let (header, rest) = note.split_first_chunk::<12>()?;
    let (owner, lines) = rest.split_first_chunk()?;
    let size = u32::from_le_bytes(*header[4..].first_chunk()?);
    let kind = u32::from_le_bytes(*header[8..].first_chunk()?);
    let known = owner == OWNER && kind == LINES;
    std::str::from_utf8(lines.get(..size as usize).filter(|_| known)?).ok()
}

/// The commit that a tree is of, with `-dirty` behind it if something in it has changed since.
pub fn commit(root: &Path) -> Result<String> {
    if let Ok(commit) = fs::read_to_string(root.join(COMMIT)) {
        return Ok(commit.trim().to_string());
    }
    if !root.join(".git").exists() {
        return Ok("unknown".into());
    }
    // Whatever the caller's shell has set for git, it is this tree that is asked for.
    let variables = std::env::vars_os().map(|(name, _)| name);
    let gits = variables.filter(|name| name.to_string_lossy().starts_with("GIT_"));
    let mut git = Command::new("git");
    gits.for_each(|name| {
        git.env_remove(name);
    });
    // A tree that another user owns is as good.
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

    /// As `readelf -n` reads it.
    fn words(note: &[u8]) -> String {
        let word = |at: usize| u32::from_le_bytes(*note[at..].first_chunk().unwrap());
        assert_eq!((word(0), word(8)), (10, LINES));
        assert_eq!(&note[12..24], OWNER);
        assert_eq!(note.len(), 24 + word(4) as usize);
        String::from_utf8(note[24..].to_vec()).unwrap()
    }

    #[test]
    fn what_is_no_such_note_has_no_lines() {
        let note = [&[10, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0][..], OWNER, b"a b\n"].concat();
        assert_eq!(lines(&note), Some("a b\n"));
        for (at, other) in [(4, 5), (8, 2), (12, b'P'), (24, 0xff)] {
            let mut spoilt = note.clone();
            spoilt[at] = other;
            assert_eq!(lines(&spoilt), None, "{at}");
        }
        assert_eq!(lines(&note[..23]), None);
    }

    #[test]
    fn a_tree_without_git_has_the_commit_of_its_file_or_none() {
        let root = tempfile::tempdir().unwrap();
        let version = env!("CARGO_PKG_VERSION");
        for (commit, expected) in [(None, "unknown"), (Some("0123456789ab\n"), "0123456789ab")] {
            if let Some(commit) = commit {
                fs::write(root.path().join(COMMIT), commit).unwrap();
            }
            let note = note(root.path(), "1.2.3", Sha256::Own).unwrap();
            assert_eq!(lines(&note), Some(&*words(&note)));
            let lines = words(&note);
            let expected = format!("version {version}\ncommit {expected}\nrustc 1.2.3\n");
            assert_eq!(lines.trim_end(), expected.trim_end());
            assert_eq!(lines.len() % 4, 0);
        }
    }
}
