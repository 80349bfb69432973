//! The linked image, flattened: the bytes from address 0 on as kexec copies them.

#[cfg(test)]
mod tests;

use crate::abi;
use object::elf::{PT_LOAD, R_AARCH64_RELATIVE, SHF_ALLOC, SHT_NOBITS};
use object::read::elf::{ElfFile64, ProgramHeader, Rela, SectionHeader};
use object::{LittleEndian, Object, ObjectSection, ObjectSymbol};
use std::ops::Range;

type Elf<'a> = ElfFile64<'a, LittleEndian>;

/// Far more than any image has; a wild address must not become that many bytes.
const LARGEST: usize = 1 << 24;

/// What is left of an ELF file when nothing about it is needed any more but its bytes.
#[derive(Debug)]
pub struct Flat {
    /// Code and constants, from address 0, with zeros up to the page on which each part begins.
    pub bytes: Vec<u8>,
    /// Where the parts lie in `bytes`: each begins on a page.
    pub parts: Vec<Range<usize>>,
    /// Zeroed memory behind them.
    pub bss_size: u64,
    /// Values and sizes of the ABI's symbols, in its order.
    pub symbols: Vec<(u64, u64)>,
    /// How many relocations the image applies to itself.
    pub self_relocations: usize,
}

/// Flattens a linked image.
pub fn flatten(elf: &[u8]) -> Result<Flat, String> {
    let file = Elf::parse(elf).map_err(|e| format!("the linked image: {e}"))?;
    let (bytes, parts) = load(&file, elf)?;
    let bss_size = bss_behind(&file, bytes.len() as u64)?;
    let symbols = symbols(&file, bytes.len() as u64)?;
    let self_relocations = self_relocations(&file, elf)?;
    Ok(Flat {
        bytes,
        parts,
        bss_size,
        symbols,
        self_relocations,
    })
}

/// The file part of every segment, at its address.
fn load(file: &Elf, elf: &[u8]) -> Result<(Vec<u8>, Vec<Range<usize>>), String> {
    let mut bytes = Vec::new();
    let mut parts = Vec::new();
    for segment in file.elf_program_headers() {
        let content = segment
            .data(LittleEndian, elf)
            .map_err(|()| "a segment lies outside the linked file".to_string())?;
        if segment.p_type(LittleEndian) != PT_LOAD || content.is_empty() {
            continue;
        }
        let start = segment.p_vaddr(LittleEndian) as usize;
        let end = start + content.len();
        if end > LARGEST || start < bytes.len() || start as u64 % abi::PAGE != 0 {
            return Err(format!(
                "a segment at {start:#x}, size {:#x}: not on a page of its own, in ascending order from 0",
                content.len()
            ));
        }
        bytes.resize(end, 0);
        bytes[start..].copy_from_slice(content);
        parts.push(start..end);
    }
    Ok((bytes, parts))
}

/// The size of `.bss`, if it lies exactly where kexec will put it.
fn bss_behind(file: &Elf, file_size: u64) -> Result<u64, String> {
    let mut bss = None;
    for section in file.sections() {
        let header = section.elf_section_header();
        let (address, size) = (section.address(), section.size());
        let allocated = header.sh_flags(LittleEndian) & u64::from(SHF_ALLOC) != 0;
        if !allocated || size == 0 {
            continue;
        }
        let name = section.name().unwrap_or("?");
        let expected = file_size.next_multiple_of(abi::PAGE);
        if header.sh_type(LittleEndian) != SHT_NOBITS {
            if address + size > file_size {
                return Err(format!("section {name} is in no segment"));
            }
        } else if bss.is_some() {
            return Err(format!("section {name} is a second one without bytes"));
        } else if address != expected {
            return Err(format!(
                "{name} is linked at {address:#x}, kexec puts it at {expected:#x}"
            ));
        } else {
            bss = Some(size);
        }
    }
    bss.ok_or_else(|| "no .bss".to_string())
}

/// How many relocations the image is left with. Its entry code adds the load address, no more.
fn self_relocations(file: &Elf, elf: &[u8]) -> Result<usize, String> {
    let Some(section) = file.section_by_name(".rela.dyn") else {
        return Ok(0);
    };
    let header = section.elf_section_header();
    let relocations = header
        .rela(LittleEndian, elf)
        .map_err(|e| format!(".rela.dyn: {e}"))?
        .map_or(&[][..], |(relocations, _)| relocations);
    for relocation in relocations {
        let kind = relocation.r_type(LittleEndian, false);
        if kind != R_AARCH64_RELATIVE {
            let place = relocation.r_offset(LittleEndian);
            return Err(format!("relocation type {kind} at {place:#x}"));
        }
    }
    Ok(relocations.len())
}

/// The ABI's symbols, each in the file part and of the size a loader insists on.
fn symbols(file: &Elf, file_size: u64) -> Result<Vec<(u64, u64)>, String> {
    let mut found = Vec::new();
    for expected in &abi::SYMBOLS {
        let name = expected.name;
        let symbol = file
            .symbols()
            .find(|s| s.is_definition() && s.is_global() && s.name() == Ok(name))
            .ok_or_else(|| format!("the image defines no global symbol {name}"))?;
        let (value, size) = (symbol.address(), symbol.size());
        if expected.size.is_some_and(|expected| size != expected) {
            return Err(format!(
                "{name} has size {size}, a loader expects {}",
                expected.size.unwrap_or(0)
            ));
        }
        if value + size.max(1) > file_size {
            return Err(format!(
                "{name} at {value:#x} is not among the bytes of the file"
            ));
        }
        found.push((value, size));
    }
    Ok(found)
}
