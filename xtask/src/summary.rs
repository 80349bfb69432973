//! What is in the image, for whoever built it.

use crate::abi;
use crate::flatten::{Flat, PAGE};
use anyhow::Result;
use object::read::elf::ElfFile64;
use object::{LittleEndian, Object, ObjectSection, ObjectSymbol};
use std::fmt::Write;

/// Describes a linked image and the object that it became.
pub fn summary(elf: &[u8], flat: &Flat, object_size: usize) -> Result<String> {
    let file = ElfFile64::<LittleEndian>::parse(elf)?;
    let section = |name| file.section_by_name(name).map_or(0, |s| s.size());
    let (text, rodata, rela) = (section(".text"), section(".rodata"), section(".rela.dyn"));

    // A routine in assembly has its own name, one in Rust a mangled one; both have a size.
    let sized = |kind: fn(&str) -> bool| -> u64 {
        let in_text = file
            .symbols()
            .filter(|s| s.size() != 0 && s.address() < text);
        let of_kind = in_text.filter(|s| s.name().is_ok_and(kind));
        of_kind.map(|s| s.size()).sum()
    };
    let instructions = sized(|name| name == "sha256_instructions");
    let software = sized(|name| name.starts_with("sha256_")) - instructions;
    let rust = sized(|name| name.starts_with("_ZN") || name.starts_with("_R"));
    let assembly = sized(|_| true) - rust - software - instructions;
    let symbols: u64 = abi::SYMBOLS.iter().filter_map(|s| s.size).sum();
    let bytes: usize = flat.parts.iter().map(ExactSizeIterator::len).sum();
    let parts = [
        ("SHA2 instructions", instructions),
        ("software SHA-256", software),
        ("other assembly", assembly),
        (
            "vectors and gaps",
            text - instructions - software - assembly - rust,
        ),
        ("Rust", rust),
        ("loader's symbols", symbols),
        ("words and constants", rodata - symbols),
        ("own relocations", rela),
        ("ELF", (object_size - bytes) as u64),
    ];

    let copied = flat.bytes.len() as u64;
    let memory = copied.next_multiple_of(PAGE) + flat.bss_size;
    let mut lines = String::new();
    writeln!(
        lines,
        "  in the file   {object_size} bytes of {}",
        abi::BUDGET
    )?;
    writeln!(lines, "  in memory     {memory} bytes, {copied} copied")?;
    writeln!(
        lines,
        "  relocations   {} that the image applies itself",
        flat.self_relocations
    )?;
    for (n, (name, size)) in parts.iter().enumerate() {
        let heading = if n == 0 { "parts" } else { "" };
        writeln!(lines, "  {heading:<14}{size:>6}  {name}")?;
    }
    Ok(lines)
}
