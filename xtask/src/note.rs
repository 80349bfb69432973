// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where an image comes from, as a note in its file. No loader loads it. It is the package metadata
//! for executable files of the UAPI group (UAPI.8), which `readelf -n` and others know.

use crate::options::Sha256;
use anyhow::{Context, Result, ensure};
use object::LittleEndian as LE;
use object::elf::FileHeader64;
use object::read::elf::Note;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;

/// The section's name.
pub const SECTION: &str = ".note.package";

/// Whose note it is: FreeDesktop.org's.
const OWNER: &[u8; 4] = b"FDO\0";

/// Its type: packaging metadata.
const METADATA: u32 = 0xcafe_1a7e;

/// The field that says that it is ours.
const OURS: (&str, &str) = ("name", "purgatory");

/// Our fields, in the order in which they are shown.
const FIELDS: [&str; 4] = ["version", "commit", "rustc", "features"];

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

/// Returns what a note says about one of our images; `None` if it is about something else.
pub fn fields(note: &Note<FileHeader64<LE>>) -> Option<Vec<(&'static str, String)>> {
    let value: Value = match (note.name(), note.n_type(LE)) {
        (b"FDO", METADATA) => {
            let json = note.desc().split(|byte| *byte == 0).next()?;
            let value: Value = serde_json::from_slice(json).ok()?;
            (value[OURS.0] == OURS.1).then_some(value)?
        }
        // As in version 1.0.0: lines of text.
        (b"purgatory", 1) => {
            let lines = std::str::from_utf8(note.desc()).ok()?.lines();
            lines.filter_map(|line| line.split_once(' ')).collect()
        }
        _ => return None,
    };
    let field = |name: &'static str| Some((name, value.get(name)?.as_str()?.to_string()));
    Some(FIELDS.into_iter().filter_map(field).collect())
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
    use object::read::elf::NoteIterator;

    fn read(bytes: &[u8]) -> Option<Vec<(&'static str, String)>> {
        let mut notes = NoteIterator::<FileHeader64<LE>>::new(LE, 4, bytes).ok()?;
        fields(&notes.next().ok()??)
    }

    /// Makes a note of any owner and type.
    fn of(owner: &[u8], kind: u32, text: &str) -> Vec<u8> {
        let words = [owner.len() as u32, text.len() as u32, kind].map(u32::to_le_bytes);
        let padding = vec![0; owner.len().next_multiple_of(4) - owner.len()];
        [words.as_flattened(), owner, &padding, text.as_bytes()].concat()
    }

    #[test]
    fn a_note_of_ours_is_read_and_so_is_the_one_of_1_0_0() {
        let commit = vec![("commit", "a b".to_string())];
        let new = r#"{"name":"purgatory","size":"0","rustc":1,"commit":"a b"}"#;
        assert_eq!(read(&of(OWNER, METADATA, new)), Some(commit.clone()));
        assert_eq!(
            read(&of(OWNER, METADATA, &format!("{new}\0{{"))),
            Some(commit.clone())
        );
        let old = "size 0\ncommit a b\n\n";
        assert_eq!(read(&of(b"purgatory\0", 1, old)), Some(commit));
    }

    #[test]
    fn what_is_about_something_else_is_none_of_ours() {
        let json = r#"{"name":"purgatory"}"#;
        assert!(read(&of(OWNER, METADATA, json)).is_some());
        for (owner, kind, text) in [
            (&b"FDO\0"[..], METADATA, r#"{"name":"kexec-tools"}"#),
            (b"FDO\0", METADATA, r#"{"type":"purgatory"}"#),
            (b"FDO\0", METADATA, r#"{"name":"purgatory""#),
            (b"FDO\0", METADATA, r#"["name","purgatory"]"#),
            (b"FDO\0", METADATA, ""),
            (b"FDO\0", 1, json),
            (b"GNU\0", METADATA, json),
            (b"purgatory\0", METADATA, json),
            (b"purgatory\0", 2, "version 1\n"),
            (b"Purgatory\0", 1, "version 1\n"),
        ] {
            let note = of(owner, kind, text);
            assert_eq!(read(&note), None, "{kind} {text}");
        }
        let note = of(OWNER, METADATA, json);
        assert_eq!(read(&note[..note.len() - 4]), None);
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
