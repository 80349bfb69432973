//! What takes the space in the image.

use object::read::elf::ElfFile64;
use object::{LittleEndian, Object, ObjectSection, ObjectSymbol};

/// A part's name and its bytes.
pub type Part = (&'static str, u64);

/// The parts of a linked image, of which `around` bytes come in the file for the sake of ELF.
///
/// Each is measured by its symbols; what is left of the code is compiled from Rust.
pub fn parts(elf: &[u8], around: u64) -> Result<Vec<Part>, String> {
    let file =
        ElfFile64::<LittleEndian>::parse(elf).map_err(|e| format!("the linked image: {e}"))?;
    let size = |name| {
        let symbol = file.symbols().find(|s| s.name() == Ok(name));
        symbol.map_or(0, |s| s.size())
    };
    let section = |name| file.section_by_name(name).map_or(0, |s| s.size());
    // 16 exception vectors of 128 bytes, with the short routines between them.
    let vectors = 16 * 128;
    let (software, instructions) = (size("sha256_software"), size("sha256_instructions"));
    let symbols = crate::abi::SYMBOLS.iter().filter_map(|s| s.size).sum();
    let minus = |whole: u64, parts: &[u64]| whole.saturating_sub(parts.iter().sum());
    Ok(vec![
        ("vectors and what is between them", vectors),
        ("software SHA-256", software),
        ("SHA2 instructions", instructions),
        (
            "Rust",
            minus(section(".text"), &[vectors, software, instructions]),
        ),
        ("loader's symbols", symbols),
        ("words and constants", minus(section(".rodata"), &[symbols])),
        ("own relocations", section(".rela.dyn")),
        ("ELF", around),
    ])
}
