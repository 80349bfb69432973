// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where an image comes from, as a note in its file. No loader loads it. It is the package metadata
//! for executable files of the UAPI group (UAPI.8), which `readelf -n` and others know.

use object::LittleEndian as LE;
use object::elf::FileHeader64;
use object::read::elf::Note;
use serde_json::Value;

/// Whose note it is: FreeDesktop.org's.
pub const OWNER: &[u8; 4] = b"FDO\0";

/// Its type: packaging metadata.
pub const METADATA: u32 = 0xcafe_1a7e;

/// The field that says that it is ours.
pub const OURS: (&str, &str) = ("name", "purgatory");

/// Our fields, in the order in which they are shown.
const FIELDS: [&str; 4] = ["version", "commit", "rustc", "features"];

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
}
