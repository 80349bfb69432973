// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where things are in a file with a purgatory, for tests that spoil them.

use object::LittleEndian as LE;
use object::elf::{FileHeader64, SHT_SYMTAB};
use object::read::elf::{FileHeader as _, SectionHeader as _, Sym as _};

/// The fields of an ELF header, of a section's and of a symbol: their offsets.
pub const E_IDENT_CLASS: usize = 4;
pub const E_IDENT_DATA: usize = 5;
pub const E_TYPE: usize = 16;
pub const E_MACHINE: usize = 18;
pub const E_PHOFF: usize = 32;
pub const E_SHOFF: usize = 40;
pub const E_SHENTSIZE: usize = 58;
pub const E_SHNUM: usize = 60;
pub const SH_TYPE: usize = 4;
pub const SH_OFFSET: usize = 24;
pub const SH_SIZE: usize = 32;
pub const ST_INFO: usize = 4;
pub const ST_SHNDX: usize = 6;
pub const ST_VALUE: usize = 8;
pub const ST_SIZE: usize = 16;

type Header = FileHeader64<LE>;

/// Returns the offset of the purgatory.
pub fn start(file: &[u8]) -> usize {
    let is_object = |at: &usize| {
        let header = file[*at..].get(..20);
        header.is_some_and(|h| h.starts_with(b"\x7fELF") && h[E_TYPE..] == [1, 0, 183, 0])
    };
    (0..file.len()).find(is_object).unwrap()
}

/// Its length.
pub fn length(file: &[u8]) -> usize {
    let header = Header::parse(&file[start(file)..]).unwrap();
    header.e_shoff(LE) as usize + usize::from(header.e_shnum(LE)) * 64
}

/// Returns the offset of a section's header.
pub fn section(file: &[u8], name: &str) -> usize {
    let start = start(file);
    let header = Header::parse(&file[start..]).unwrap();
    let sections = header.sections(LE, &file[start..]).unwrap();
    let index = sections
        .iter()
        .position(|s| sections.section_name(LE, s) == Ok(name.as_bytes()));
    start + header.e_shoff(LE) as usize + index.unwrap() * 64
}

/// Returns the offset of a symbol.
pub fn symbol(file: &[u8], name: &str) -> usize {
    let start = start(file);
    let header = Header::parse(&file[start..]).unwrap();
    let sections = header.sections(LE, &file[start..]).unwrap();
    let symbols = sections.symbols(LE, &file[start..], SHT_SYMTAB).unwrap();
    let index = symbols
        .iter()
        .position(|s| s.name(LE, symbols.strings()) == Ok(name.as_bytes()));
    let table = sections.section(symbols.section()).unwrap();
    start + table.sh_offset(LE) as usize + index.unwrap() * 24
}

/// Overwrites bytes.
pub fn put(file: &mut [u8], at: usize, bytes: impl AsRef<[u8]>) {
    file[at..][..bytes.as_ref().len()].copy_from_slice(bytes.as_ref());
}

/// Replaces a name that is somewhere in the file once.
pub fn rename(file: &mut [u8], from: &str, to: &str) {
    assert_eq!(from.len(), to.len());
    let named: Vec<usize> = (0..file.len())
        .filter(|at| file[*at..].starts_with(from.as_bytes()))
        .collect();
    assert_eq!(named.len(), 1, "{from}");
    put(file, named[0], to);
}

/// Gives an image another note, which must not be longer than its own.
pub fn set_note(file: &mut [u8], note: &[u8]) {
    let header = section(file, ".note.package");
    let place = u64::from_le_bytes(file[header + SH_OFFSET..][..8].try_into().unwrap());
    put(file, start(file) + place as usize, note);
    put(file, header + SH_SIZE, (note.len() as u64).to_le_bytes());
}
