// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is no guest.

use object::write::{Object, Relocation, Symbol, SymbolSection};
use object::{Architecture, BinaryFormat, RelocationFlags, SectionKind, SymbolKind, SymbolScope};

use super::*;

/// Returns an object file with one section, one relocation in it, and one symbol.
fn object(symbol: &str) -> Vec<u8> {
    let mut object = Object::new(BinaryFormat::Elf, Architecture::Aarch64, Endianness::Little);
    let data = object.add_section(vec![], b".data".to_vec(), SectionKind::Data);
    object.append_section_data(data, &[0; 64], 8);
    let symbol = object.add_symbol(Symbol {
        name: symbol.into(),
        value: 8,
        size: 8,
        kind: SymbolKind::Data,
        scope: SymbolScope::Dynamic,
        weak: false,
        section: SymbolSection::Section(data),
        flags: object::SymbolFlags::None,
    });
    let flags = RelocationFlags::Elf {
        r_type: object::elf::R_AARCH64_ABS64,
    };
    let relocation = Relocation {
        offset: 16,
        symbol,
        addend: 0,
        flags,
    };
    object.add_relocation(data, relocation).unwrap();
    object.write().unwrap()
}

/// Returns the same, passed off as a linked program.
fn program(symbol: &str) -> Vec<u8> {
    let mut file = object(symbol);
    file[16..18].copy_from_slice(&ET_DYN.to_le_bytes());
    file
}

fn refusal(file: &[u8]) -> String {
    Guest::parse("guest", file).unwrap_err()
}

#[test]
fn a_file_that_is_not_linked() {
    let words = "is not a position independent program that starts at 0";
    assert_eq!(refusal(&object(Briefing::SYMBOL)), words);
}

#[test]
fn a_program_that_starts_elsewhere() {
    let mut file = program(Briefing::SYMBOL);
    file[24] = 4;
    assert_eq!(
        refusal(&file),
        "is not a position independent program that starts at 0"
    );
}

#[test]
fn a_program_without_a_place_for_the_briefing() {
    assert_eq!(
        refusal(&program("something_else")),
        "has no place for the briefing"
    );
}

#[test]
fn a_program_with_other_relocations_than_relative_ones() {
    let mut file = program(Briefing::SYMBOL);
    assert!(
        Guest::parse("guest", &file).is_ok(),
        "they are not in a loaded section yet"
    );

    // sh_type and sh_flags of each section header.
    let table = u64::from_le_bytes(file[40..48].try_into().unwrap()) as usize;
    let headers = (table..file.len()).step_by(64);
    let rela = headers
        .map(|at| at + 4)
        .find(|&at| file[at] == SHT_RELA as u8)
        .unwrap();
    file[rela + 4] |= SHF_ALLOC as u8;
    assert_eq!(
        refusal(&file),
        "has relocations that are not R_AARCH64_RELATIVE"
    );
}
