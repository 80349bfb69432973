// SPDX-License-Identifier: MIT OR Apache-2.0

//! Wraps the flat image into the relocatable object that kexec loads.
//!
//! kexec relocates, but each of its versions knows other relocations and dies on the rest. So there
//! are none: only sections of bytes, one of zeros, the symbols, and a note. The file has to fit
//! where a packaged kexec keeps its own, so nothing else is in it. One string table serves symbols
//! and sections. Each part of the image is a section of its own, so that kexec makes the padding
//! between them when it aligns the next one.

use crate::flatten::{Flat, Symbol};
use crate::note;
use anyhow::{Context, Result, ensure};
use object::elf::*;
use object::endian::{LittleEndian as LE, U16, U32, U64};
use object::pod::{bytes_of, bytes_of_slice};
use purgatory::abi::{ENTRY, PAGE};
use std::ops::Range;

/// The sections with bytes, in the order of the image's parts.
const PARTS: [(&str, u32); 2] = [(".text", SHF_ALLOC | SHF_EXECINSTR), (".rodata", SHF_ALLOC)];

/// The number of the string table: after the null section, the parts, `.bss`, the symbol table and
/// the note.
const STRINGS: u16 = PARTS.len() as u16 + 4;

type Section = SectionHeader64<LE>;

/// Returns the file's contents.
pub fn wrap(flat: &Flat, note: &[u8]) -> Result<Vec<u8>> {
    let parts = flat.parts.len();
    ensure!(parts == PARTS.len(), "{parts} parts, not {}", PARTS.len());
    let mut strings = Strings(vec![0]);
    let mut symbols = vec![symbol(0, 0, 0, 0, (0, 0))];
    let mut entry = None;
    for &Symbol { name, value, size } in &flat.symbols {
        let kind = if name == ENTRY { STT_FUNC } else { STT_OBJECT };
        let starts_before = |part: &Range<usize>| part.start as u64 <= value;
        let part = flat.parts.iter().rposition(starts_before);
        let part = part.with_context(|| format!("{name} is in no part"))?;
        let place = (value - flat.parts[part].start as u64, size);
        if name == ENTRY && part == 0 {
            entry = Some(place.0);
        }
        symbols.push(symbol(
            strings.add(name),
            STB_GLOBAL,
            kind,
            part as u16 + 1,
            place,
        ));
    }

    let mut file = vec![0; size_of::<FileHeader64<LE>>()];
    let mut sections = vec![section(0, SHT_NULL, 0, 0..0, 0)];
    for (part, (name, flags)) in flat.parts.iter().zip(PARTS) {
        // Aligned in memory, not in the file: kexec copies.
        let place = append(&mut file, &flat.bytes[part.clone()], 1);
        let name = strings.add(name);
        sections.push(section(name, SHT_PROGBITS, flags, place, PAGE));
    }
    let zeros = file.len()..file.len() + flat.bss_size as usize;
    let name = strings.add(".bss");
    sections.push(section(
        name,
        SHT_NOBITS,
        SHF_ALLOC | SHF_WRITE,
        zeros,
        PAGE,
    ));
    let place = append(&mut file, bytes_of_slice(&symbols), 8);
    let mut symtab = section(strings.add(".symtab"), SHT_SYMTAB, 0, place, 8);
    symtab.sh_link = U32::new(LE, STRINGS.into());
    // All but the null symbol are global.
    symtab.sh_info = U32::new(LE, 1);
    symtab.sh_entsize = U64::new(LE, size_of::<Sym64<LE>>() as u64);
    sections.push(symtab);
    let place = append(&mut file, note, 4);
    sections.push(section(strings.add(note::SECTION), SHT_NOTE, 0, place, 4));
    let name = strings.add(".strtab");
    let place = append(&mut file, &strings.0, 1);
    sections.push(section(name, SHT_STRTAB, 0, place, 1));

    let place = append(&mut file, bytes_of_slice(&sections), 8);
    let entry = entry.with_context(|| format!("{ENTRY} is not among the code"))?;
    let header = header(place.start as u64, entry);
    file[..size_of_val(&header)].copy_from_slice(bytes_of(&header));
    Ok(file)
}

/// Appends `content` to the file, at a multiple of `alignment`; returns where.
fn append(file: &mut Vec<u8>, content: &[u8], alignment: usize) -> Range<usize> {
    file.resize(file.len().next_multiple_of(alignment), 0);
    let start = file.len();
    file.extend(content);
    start..file.len()
}

/// A string table.
struct Strings(Vec<u8>);

impl Strings {
    /// Returns the offset of a string: at the end of another string if that has this suffix, else
    /// of a new one.
    fn add(&mut self, string: &str) -> u32 {
        let string = [string.as_bytes(), &[0]].concat();
        let found = self.0.windows(string.len()).position(|at| at == string);
        let offset = found.unwrap_or(self.0.len());
        if found.is_none() {
            self.0.extend(string);
        }
        offset as u32
    }
}

/// Makes the header. `e_entry` is an offset in the first section, where older kernels look for the
/// entry that `kexec_file_load` starts; kexec uses the symbol.
fn header(sections: u64, entry: u64) -> FileHeader64<LE> {
    let size_of_section = size_of::<Section>() as u16;
    FileHeader64 {
        e_ident: Ident {
            magic: ELFMAG,
            class: ELFCLASS64,
            data: ELFDATA2LSB,
            version: EV_CURRENT,
            os_abi: ELFOSABI_NONE,
            abi_version: 0,
            padding: [0; 7],
        },
        e_type: U16::new(LE, ET_REL),
        e_machine: U16::new(LE, EM_AARCH64),
        e_version: U32::new(LE, EV_CURRENT.into()),
        e_entry: U64::new(LE, entry),
        e_phoff: U64::new(LE, 0),
        e_shoff: U64::new(LE, sections),
        e_flags: U32::new(LE, 0),
        e_ehsize: U16::new(LE, size_of::<FileHeader64<LE>>() as u16),
        e_phentsize: U16::new(LE, 0),
        e_phnum: U16::new(LE, 0),
        e_shentsize: U16::new(LE, size_of_section),
        e_shnum: U16::new(LE, STRINGS + 1),
        e_shstrndx: U16::new(LE, STRINGS),
    }
}

fn section(name: u32, kind: u32, flags: u32, place: Range<usize>, align: u64) -> Section {
    Section {
        sh_name: U32::new(LE, name),
        sh_type: U32::new(LE, kind),
        sh_flags: U64::new(LE, flags.into()),
        sh_addr: U64::new(LE, 0),
        sh_offset: U64::new(LE, place.start as u64),
        sh_size: U64::new(LE, place.len() as u64),
        sh_link: U32::new(LE, 0),
        sh_info: U32::new(LE, 0),
        sh_addralign: U64::new(LE, align),
        sh_entsize: U64::new(LE, 0),
    }
}

fn symbol(name: u32, bind: u8, kind: u8, section: u16, (value, size): (u64, u64)) -> Sym64<LE> {
    Sym64 {
        st_name: U32::new(LE, name),
        st_info: bind << 4 | kind,
        st_other: STV_DEFAULT,
        st_shndx: U16::new(LE, section),
        st_value: U64::new(LE, value),
        st_size: U64::new(LE, size),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::read::elf::{ElfFile64, FileHeader as _, SectionHeader as _};
    use object::{LittleEndian, Object, ObjectSection, ObjectSymbol};
    use purgatory::abi::SYMBOLS;

    fn flat() -> Flat {
        let names = [ENTRY].into_iter().chain(SYMBOLS.iter().map(|s| s.name));
        let symbols = (0..).zip(names).map(|(n, name)| Symbol {
            name,
            value: n * 0x1e0,
            size: n,
        });
        Flat {
            bytes: (0..=255).cycle().take(5000).collect(),
            parts: vec![0..3000, 4096..5000],
            bss_size: 0x3000,
            symbols: symbols.collect(),
            self_relocations: 0,
        }
    }

    #[test]
    fn what_goes_in_is_what_a_reader_finds() {
        let flat = flat();
        let object = wrap(&flat, b"noted").unwrap();
        let file = ElfFile64::<LittleEndian>::parse(&*object).unwrap();
        assert_eq!(file.elf_header().e_type(LittleEndian), ET_REL);
        for (name, part) in [(".text", 0..3000), (".rodata", 4096..5000)] {
            let section = file.section_by_name(name).unwrap();
            assert_eq!(section.data(), Ok(&flat.bytes[part]));
            assert_eq!(section.align(), 4096);
        }
        assert_eq!(file.section_by_name(".bss").unwrap().size(), 0x3000);
        let note = file.section_by_name(note::SECTION).unwrap();
        assert_eq!(note.data(), Ok(&b"noted"[..]));
        assert_eq!(note.elf_section_header().sh_flags(LittleEndian), 0);
        let starts = [0, 4096];
        let found = file.symbols().map(|s| {
            let part = starts[s.section_index().unwrap().0 - 1];
            (s.name().unwrap(), part + s.address(), s.size())
        });
        let expected = flat.symbols.iter().map(|s| (s.name, s.value, s.size));
        assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }

    #[test]
    fn what_is_around_the_bytes_stays_small() {
        let flat = flat();
        let bytes: usize = flat.parts.iter().map(ExactSizeIterator::len).sum();
        assert!(wrap(&flat, &[]).unwrap().len() < bytes + 1140);
    }
}
