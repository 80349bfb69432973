// SPDX-License-Identifier: MIT OR Apache-2.0

//! `purgatory.ro` as the kernel's own loader reads it, for `kexec_file_load` (kernel/kexec_file.c).
//! Its rules are others than kexec's: the entry may be `e_entry` instead of a symbol, sections are
//! placed one after another as they come, and two symbols have other names.

use std::collections::BTreeMap;
use std::ops::Range;

use object::elf::*;
use object::read::elf::{FileHeader as _, SectionHeader as _, Sym as _};
use object::{LittleEndian, SectionIndex};
use purgatory_test_harness::abi::{ALIASES, ENTRY_POINT, VARIABLES};

use crate::{built, laid_out};

const LE: LittleEndian = LittleEndian;

/// What is in memory, from 0 on.
struct Purgatory {
    bytes: Vec<u8>,
    memsz: u64,
    align: u64,
    /// Where the sections with code are.
    code: Vec<Range<u64>>,
    /// Where a kernel starts that goes by `e_entry`.
    start: u64,
    /// Symbols that can be looked up, and what can be done with them.
    symbols: BTreeMap<String, Symbol>,
}

struct Symbol {
    at: u64,
    size: u64,
    has_bytes: bool,
}

impl Purgatory {
    fn read(data: &[u8]) -> Self {
        let header = FileHeader64::<LittleEndian>::parse(data).unwrap();
        let sections = header.sections(LE, data).unwrap();
        let allocated = |section: &SectionHeader64<LittleEndian>| {
            section.sh_flags(LE) & u64::from(SHF_ALLOC) != 0
        };
        let (mut bytes, mut align) = (Vec::new(), 1);
        let (mut zeros, mut align_of_zeros) = (0_u64, 1);
        let (mut places, mut code) = (BTreeMap::new(), Vec::new());
        let entry = header.e_entry(LE);
        let mut start = entry;
        for (index, section) in sections.enumerate() {
            let kind = section.sh_type(LE);
            assert!(![SHT_RELA, SHT_REL].contains(&kind), "arm64 applies none");
            if !allocated(section) {
                continue;
            }
            let (size, own) = (section.sh_size(LE), section.sh_addralign(LE));
            if kind == SHT_NOBITS {
                align_of_zeros = own.max(align_of_zeros);
                zeros = zeros.next_multiple_of(own) + size;
                continue;
            }
            align = own.max(align);
            let at = (bytes.len() as u64).next_multiple_of(own);
            bytes.resize(at as usize, 0);
            bytes.extend(section.data(LE, data).unwrap());
            places.insert(index.0, at);
            if section.sh_flags(LE) & u64::from(SHF_EXECINSTR) != 0 {
                code.push(at..at + size);
                let addresses = section.sh_addr(LE)..section.sh_addr(LE) + size;
                if addresses.contains(&entry) {
                    assert_eq!(start, entry, "a second section with the entry");
                    start = start - addresses.start + at;
                }
            }
        }
        let filled = (bytes.len() as u64).next_multiple_of(align_of_zeros);
        bytes.resize(filled as usize, 0);

        let table = sections.symbols(LE, data, SHT_SYMTAB).unwrap();
        let mut symbols = BTreeMap::new();
        for symbol in table.iter().filter(|symbol| symbol.st_bind() == STB_GLOBAL) {
            let name = symbol.name(LE, table.strings()).unwrap();
            let name = String::from_utf8(name.to_vec()).unwrap();
            let index = SectionIndex(symbol.st_shndx(LE).into());
            let section = sections.section(index).unwrap();
            let found = Symbol {
                at: places.get(&index.0).unwrap_or(&0) + symbol.st_value(LE),
                size: symbol.st_size(LE),
                has_bytes: section.sh_type(LE) != SHT_NOBITS,
            };
            assert!(
                symbols.insert(name, found).is_none(),
                "the first one counts"
            );
        }
        Self {
            bytes,
            memsz: filled + zeros,
            align: align.max(align_of_zeros),
            code,
            start,
            symbols,
        }
    }
}

#[test]
fn it_lies_in_memory_as_kexec_lays_it_out() {
    let ro = built("purgatory.ro");
    let (kernel, kexec) = (Purgatory::read(&ro), laid_out(&ro));
    assert_eq!(kernel.bytes[..kexec.bytes.len()], kexec.bytes);
    // kexec goes on to the end of the page.
    assert_eq!(kernel.memsz.next_multiple_of(4096), kexec.memsz);
    assert_eq!(kernel.align, kexec.align);
}

/// Older kernels start at `e_entry`, newer ones at the symbol.
#[test]
fn either_rule_finds_the_entry() {
    let ro = built("purgatory.ro");
    let purgatory = Purgatory::read(&ro);
    let entry = &purgatory.symbols[ENTRY_POINT];
    assert_eq!(purgatory.start, entry.at);
    assert!(purgatory.code.iter().any(|code| code.contains(&entry.at)));
    assert_eq!(laid_out(&ro).offset(ENTRY_POINT).unwrap(), entry.at);
}

/// It sets them only if they have the size that it expects, and bytes.
#[test]
fn its_symbols_can_be_set() {
    let purgatory = Purgatory::read(&built("purgatory.ro"));
    let place = |name: &str| {
        let symbol = purgatory.symbols.get(name);
        let symbol = symbol.unwrap_or_else(|| panic!("no {name}"));
        assert!(symbol.has_bytes, "{name}");
        assert!(
            symbol.at + symbol.size <= purgatory.bytes.len() as u64,
            "{name}"
        );
        (symbol.at, symbol.size)
    };
    for (name, size) in VARIABLES {
        assert_eq!(place(name).1, size, "{name}");
    }
    for (alias, name) in ALIASES {
        assert_eq!(place(alias), place(name), "{alias}");
    }
}
