//! What is in the image, for whoever built it.

use crate::abi;
use crate::flatten::{Flat, PAGE};
use crate::options::Sha256;
use anyhow::{Result, bail};
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

/// Whether the image has the size of those that it is to replace. Only the default one must.
pub fn check_size(size: usize, sha256: Sha256) -> Result<String> {
    let excess = size.saturating_sub(abi::BUDGET);
    Ok(match (excess, sha256) {
        (0, _) => String::new(),
        (_, Sha256::Own) => bail!("purgatory.ro is {excess} bytes over its budget"),
        (_, Sha256::Crate) => format!(
            "  does not fit Debian's slot of {} bytes: {excess} too many\n",
            abi::BUDGET
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_may_be_used_up_and_only_the_crates_image_may_exceed_it() {
        let check = |size, sha256| check_size(size, sha256).map_err(|e| e.to_string());
        assert_eq!(check(abi::BUDGET, Sha256::Own).unwrap(), "");
        let error = check(abi::BUDGET + 1, Sha256::Own).unwrap_err();
        assert_eq!(error, "purgatory.ro is 1 bytes over its budget");
        assert_eq!(check(abi::BUDGET, Sha256::Crate).unwrap(), "");
        let says = check(abi::BUDGET + 1, Sha256::Crate).unwrap();
        assert!(
            says.contains("does not fit Debian's slot of 18992 bytes"),
            "{says}"
        );
    }
}
