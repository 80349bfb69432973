// SPDX-License-Identifier: MIT OR Apache-2.0

//! The source lines that have code in a program.

use std::collections::{BTreeMap, BTreeSet};

use addr2line::gimli::{Dwarf, EndianSlice, LittleEndian};
use addr2line::{Context, LookupResult};
use anyhow::{Context as _, Result};
use object::read::elf::ElfFile64;
use object::{Object, ObjectSection};

/// The size of an instruction.
const INSTRUCTION: u64 = 4;

/// What the debug information says of the code.
#[derive(Debug, Default)]
pub struct Linked {
    /// The files, as the debug information names them.
    pub files: BTreeMap<String, OfFile>,
    /// Bytes of code of which it says nothing: assembly with its constants, what LLVM has moved to
    /// where several lines share it, and gaps.
    pub without_line: u64,
}

/// A file's part.
#[derive(Debug, Default)]
pub struct OfFile {
    /// The lines that an instruction stems from: it was compiled from this line, or was inlined
    /// into it, at however many removes.
    pub lines: BTreeSet<u32>,
    /// Bytes of the instructions that were compiled from these.
    pub bytes: u64,
}

/// Asks for each instruction of `.text` which lines it stems from.
///
/// # Errors
/// Where the file has no code, or debug information that cannot be read.
pub fn linked(elf: &[u8]) -> Result<Linked> {
    let file = ElfFile64::<object::LittleEndian>::parse(elf)?;
    let text = file.section_by_name(".text").context("no .text")?;
    let dwarf = Dwarf::load(|id| {
        let data = file.section_by_name(id.name()).map(|s| s.data());
        anyhow::Ok(EndianSlice::new(
            data.transpose()?.unwrap_or_default(),
            LittleEndian,
        ))
    })?;
    let context = Context::from_dwarf(dwarf)?;
    let mut linked = Linked::default();
    let end = text.address() + text.size();
    for address in (text.address()..end).step_by(INSTRUCTION as usize) {
        let LookupResult::Output(frames) = context.find_frames(address) else {
            anyhow::bail!("the debug information is in another file");
        };
        let mut frames = frames?;
        // The first is what was compiled, the others what it was inlined into.
        let mut bytes = INSTRUCTION;
        while let Some(frame) = frames.next()? {
            let location = frame.location.and_then(|at| Some((at.file?, at.line?)));
            if let Some((path, line)) = location {
                let of_file = linked.files.entry(path.into()).or_default();
                of_file.lines.insert(line);
                of_file.bytes += std::mem::take(&mut bytes);
            }
        }
        linked.without_line += bytes;
    }
    Ok(linked)
}
