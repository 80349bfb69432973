// SPDX-License-Identifier: MIT OR Apache-2.0

//! What of the image was compiled from the half of the source that is tested by booting it:
//! `src/arch/` and `src/main.rs`.

use std::collections::BTreeMap;
use std::fs;

use addr2line::gimli::{Dwarf, EndianSlice, LittleEndian};
use addr2line::{Context, Frame, LookupResult};
use object::read::elf::ElfFile64;
use object::{Object, ObjectSection};
use purgatory_test_harness::{artifact, root};

/// The bytes of debug information.
type Bytes<'a> = EndianSlice<'a, LittleEndian>;

/// A line of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The file.
    pub file: String,
    /// The function.
    pub function: String,
    /// What stands there; nothing where the compiler names no line.
    pub text: String,
}

/// What an instruction stems from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// This line.
    Ours(Line),
    /// Something else: the library, a crate.
    Others,
    /// Nothing: assembly, or what LLVM has moved to where several lines share it.
    Nothing,
}

/// Returns the origin of each instruction of the image that is built, by its offset.
pub fn origins() -> Result<BTreeMap<u64, Origin>, String> {
    let path = artifact("purgatory.elf")?;
    let data = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    read(&data).map_err(|error| format!("{}: {error}", path.display()))
}

fn read(elf: &[u8]) -> Result<BTreeMap<u64, Origin>, String> {
    let file = ElfFile64::<object::LittleEndian>::parse(elf).map_err(|error| error.to_string())?;
    let text = file.section_by_name(".text").ok_or("no .text")?;
    let section = |id: addr2line::gimli::SectionId| {
        let section = file.section_by_name(id.name());
        let data = section.map_or(Ok(&[][..]), |section| section.data());
        data.map(|data| EndianSlice::new(data, LittleEndian))
    };
    let dwarf = Dwarf::load(section).map_err(|error| error.to_string())?;
    let context = Context::from_dwarf(dwarf).map_err(|error| error.to_string())?;
    let mut sources = Sources::default();
    let mut all = BTreeMap::new();
    for at in (text.address()..text.address() + text.size()).step_by(4) {
        let LookupResult::Output(frames) = context.find_frames(at) else {
            return Err("the debug information is in another file".into());
        };
        let mut frames = frames.map_err(|error| error.to_string())?;
        let mut origin = Origin::Nothing;
        // The first is what was compiled, the others what it was inlined into: what of a crate or
        // of the compiler's library was inlined belongs to who has called it.
        while let Some(frame) = frames.next().map_err(|error| error.to_string())? {
            origin = match sources.line(&frame)? {
                Some(line) if tested_by_booting(&line.file) => Origin::Ours(line),
                Some(_) => Origin::Others,
                None if frame.location.is_some() => {
                    origin = Origin::Others;
                    continue;
                }
                None => continue,
            };
            break;
        }
        all.insert(at, origin);
    }
    Ok(all)
}

/// Whether no test on the host has this code.
fn tested_by_booting(file: &str) -> bool {
    file.starts_with("src/arch/") || file == "src/main.rs"
}

/// The text of files, read once.
#[derive(Default)]
struct Sources(BTreeMap<String, Vec<String>>);

impl Sources {
    /// Returns the line, if it is one of this crate's.
    fn line(&mut self, frame: &Frame<'_, Bytes<'_>>) -> Result<Option<Line>, String> {
        let Some(file) = frame.location.as_ref().and_then(|location| location.file) else {
            return Ok(None);
        };
        let name = file.rsplit_once("/./").map_or(file, |(_, file)| file);
        let name = name.strip_prefix("./").unwrap_or(name);
        if !name.starts_with("src/") {
            return Ok(None);
        }
        if !self.0.contains_key(name) {
            let path = root().join(name);
            let text = fs::read_to_string(&path);
            let text = text.map_err(|error| format!("{}: {error}", path.display()))?;
            let lines = text.lines().map(|line| line.trim().into());
            self.0.insert(name.into(), lines.collect());
        }
        let number = frame.location.as_ref().and_then(|location| location.line);
        let number = number.unwrap_or_default() as usize;
        let text = self.0[name].get(number.wrapping_sub(1)).cloned();
        let function = frame
            .function
            .as_ref()
            .and_then(|name| name.raw_name().ok());
        Ok(Some(Line {
            file: name.into(),
            function: function.map_or_else(String::new, |name| short(&name)),
            text: text.unwrap_or_default(),
        }))
    }
}

/// The last part of a name, without the compiler's number for it.
pub fn short(name: &str) -> String {
    let name = format!("{:#}", rustc_demangle::demangle(name));
    let end = name.rsplit_once("::").map_or(&*name, |(_, end)| end);
    end.into()
}
