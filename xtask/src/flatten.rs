// SPDX-License-Identifier: MIT OR Apache-2.0

//! The linked image, flattened: the bytes from address 0 on as kexec copies them.

#[cfg(test)]
mod tests;

use anyhow::{Context, Result, ensure};
use object::elf::{PT_LOAD, R_AARCH64_RELATIVE, SHF_ALLOC, SHT_NOBITS};
use object::read::elf::{ElfFile64, ElfSymbol64, ProgramHeader, Rela, SectionHeader};
use object::{LittleEndian, LittleEndian as LE, Object, ObjectSection, ObjectSymbol};
use purgatory::abi::{ALIASES, ENTRY, PAGE, SYMBOLS};
use std::ops::Range;

type Elf<'a> = ElfFile64<'a, LittleEndian>;

/// Far more than any image has. A wild address must not become that many bytes.
const LARGEST: usize = 1 << 24;

/// The bytes of a linked image, and where its parts lie.
#[derive(Debug)]
pub struct Flat {
    /// Code and constants, from address 0, with zeros up to the page on which each part begins.
    pub bytes: Vec<u8>,
    /// Where the parts lie in `bytes`: each begins on a page.
    pub parts: Vec<Range<usize>>,
    /// The size of the zeroed memory after them.
    pub bss_size: u64,
    /// The symbols that the loader looks up: the entry, then those that it sets.
    pub symbols: Vec<Symbol>,
    /// How many relocations the image applies to itself.
    pub self_relocations: usize,
}

/// A symbol of the ABI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// Its name.
    pub name: &'static str,
    /// Its address in the image.
    pub value: u64,
    /// Its size.
    pub size: u64,
}

/// Flattens a linked image.
pub fn flatten(elf: &[u8]) -> Result<Flat> {
    let file = Elf::parse(elf)?;
    let (bytes, parts) = load(&file, elf)?;
    Ok(Flat {
        bss_size: bss_size(&file, bytes.len() as u64)?,
        symbols: symbols(&file, bytes.len() as u64)?,
        self_relocations: self_relocations(&file, elf)?,
        bytes,
        parts,
    })
}

/// Returns the bytes of any program that applies its own relocations, from address 0 on.
pub fn bytes(elf: &[u8]) -> Result<Vec<u8>> {
    let file = Elf::parse(elf)?;
    self_relocations(&file, elf)?;
    Ok(load(&file, elf)?.0)
}

impl Flat {
    /// Gives a symbol of 4 bytes a value.
    pub fn set(&mut self, name: &str, value: u32) -> Result<()> {
        let symbol = self.symbols.iter().find(|symbol| symbol.name == name);
        let symbol = symbol.with_context(|| format!("no symbol {name}"))?;
        ensure!(symbol.size == 4, "{name} has {} bytes, not 4", symbol.size);
        let place = self.bytes.get_mut(symbol.value as usize..);
        let place = place.and_then(|place| place.first_chunk_mut());
        *place.with_context(|| format!("{name} lies outside"))? = value.to_le_bytes();
        Ok(())
    }
}

/// Returns the file part of every segment, at its address.
fn load(file: &Elf, elf: &[u8]) -> Result<(Vec<u8>, Vec<Range<usize>>)> {
    let (mut bytes, mut parts) = (Vec::new(), Vec::new());
    for segment in file.elf_program_headers() {
        let content = segment.data(LE, elf).ok();
        let content = content.context("a segment lies outside the file")?;
        if segment.p_type(LE) != PT_LOAD || content.is_empty() {
            continue;
        }
        let start = segment.p_vaddr(LE) as usize;
        let end = start.saturating_add(content.len());
        ensure!(
            end <= LARGEST && start >= bytes.len() && start as u64 % PAGE == 0,
            "a segment at {start:#x}, size {:#x}: not on a page of its own, in ascending order from 0",
            content.len()
        );
        bytes.resize(end, 0);
        bytes[start..].copy_from_slice(content);
        parts.push(start..end);
    }
    Ok((bytes, parts))
}

/// Returns the size of `.bss`, if it lies exactly where kexec will put it.
fn bss_size(file: &Elf, file_size: u64) -> Result<u64> {
    let mut bss = None;
    for section in file.sections() {
        let header = section.elf_section_header();
        let (address, size) = (section.address(), section.size());
        let allocated = header.sh_flags(LE) & u64::from(SHF_ALLOC) != 0;
        if !allocated || size == 0 {
            continue;
        }
        let name = section.name()?;
        let expected = file_size.next_multiple_of(PAGE);
        if header.sh_type(LE) != SHT_NOBITS {
            ensure!(
                address + size <= file_size,
                "section {name} is in no segment"
            );
            continue;
        }
        ensure!(
            bss.is_none(),
            "section {name} is a second one without bytes"
        );
        ensure!(
            address == expected,
            "{name} is linked at {address:#x}, kexec puts it at {expected:#x}"
        );
        bss = Some(size);
    }
    bss.context("no .bss")
}

/// Returns how many relocations are left to the image. Its entry code only adds the load address.
fn self_relocations(file: &Elf, elf: &[u8]) -> Result<usize> {
    let mut count = 0;
    for section in file.sections() {
        let relocations = section.elf_section_header().rela(LE, elf)?;
        for relocation in relocations.map_or(&[][..], |(relocations, _)| relocations) {
            let (kind, place) = (relocation.r_type(LE, false), relocation.r_offset(LE));
            ensure!(
                kind == R_AARCH64_RELATIVE,
                "relocation type {kind} at {place:#x}"
            );
            count += 1;
        }
    }
    Ok(count)
}

/// Returns the ABI's symbols, each in the file part and of the size that a loader requires.
fn symbols(file: &Elf, file_size: u64) -> Result<Vec<Symbol>> {
    let find = |name, expected: Option<usize>| {
        let is_it = |s: &ElfSymbol64<'_, '_, LittleEndian>| {
            s.is_definition() && s.is_global() && s.name() == Ok(name)
        };
        let symbol = file.symbols().find(is_it);
        let symbol =
            symbol.with_context(|| format!("the image defines no global symbol {name}"))?;
        let (value, size) = (symbol.address(), symbol.size());
        if let Some(expected) = expected {
            ensure!(
                size == expected as u64,
                "{name} has size {size}, a loader expects {expected}"
            );
        }
        let end = value + size.max(1);
        ensure!(
            end <= file_size,
            "{name} at {value:#x} is not among the bytes of the file"
        );
        Ok(Symbol { name, value, size })
    };
    let data = SYMBOLS.iter().map(|s| find(s.name, Some(s.size)));
    let aliases = ALIASES.iter().map(|&(name, of)| {
        let symbol = find(of, None)?;
        Ok(Symbol { name, ..symbol })
    });
    // The aliases first: the end of a name in the string table may serve as another name.
    let entry = [find(ENTRY, None)].into_iter();
    entry.chain(aliases).chain(data).collect()
}
