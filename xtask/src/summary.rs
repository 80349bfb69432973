// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is in the image, for the person who built it.

use crate::flatten::Flat;
use crate::options::Sha256;
use anyhow::{Result, bail};
use object::read::elf::ElfFile64;
use object::{LittleEndian, Object, ObjectSection, ObjectSymbol};
use purgatory::abi::{BUDGET, PAGE, SYMBOLS};
use sha2::{Digest, Sha256 as Sha256Digest};
use std::fmt::Write;

/// Describes a linked image and the object that it became.
pub fn summary(elf: &[u8], flat: &Flat, object: &[u8]) -> Result<String> {
    let object_size = object.len();
    let file = ElfFile64::<LittleEndian>::parse(elf)?;
    let section = |name| file.section_by_name(name).map_or(0, |s| s.size());
    let (text, rodata, rela) = (section(".text"), section(".rodata"), section(".rela.dyn"));

    // In the order of `parts`. Code that LLVM has outlined comes from Rust, whose other names are
    // mangled.
    let mut sizes = [0; 4];
    for symbol in file.symbols().filter(|s| s.address() < text) {
        let name = symbol.name()?;
        let kind = if name == "sha256_instructions" {
            0
        } else if name.starts_with("sha256_") || name.contains("4sha2") {
            1
        } else if ["_ZN", "_R", "OUTLINED_"]
            .iter()
            .any(|rust| name.starts_with(rust))
        {
            3
        } else {
            2
        };
        sizes[kind] += symbol.size();
    }
    let [instructions, software, assembly, rust] = sizes;
    let symbols = SYMBOLS.iter().map(|s| s.size as u64).sum();
    let bytes: usize = flat.parts.iter().map(ExactSizeIterator::len).sum();
    let parts = [
        ("SHA2 instructions", instructions),
        ("software SHA-256", software),
        ("other assembly", assembly),
        ("Rust", rust),
        ("vectors and gaps", text - sizes.iter().sum::<u64>()),
        ("loader's symbols", symbols),
        ("words and constants", rodata - symbols),
        ("own relocations", rela),
        ("ELF", (object_size - bytes) as u64),
    ];

    let copied = flat.bytes.len() as u64;
    let memory = copied.next_multiple_of(PAGE) + flat.bss_size;
    let mut lines = String::new();
    writeln!(lines, "  in the file   {object_size} bytes of {}", BUDGET)?;
    writeln!(lines, "  in memory     {memory} bytes, {copied} copied")?;
    writeln!(
        lines,
        "  relocations   {} that the image applies itself",
        flat.self_relocations
    )?;
    let digest = Sha256Digest::digest(object);
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    writeln!(lines, "  sha256        {digest}")?;
    for (n, (name, size)) in parts.iter().enumerate() {
        let heading = if n == 0 { "parts" } else { "" };
        writeln!(lines, "  {heading:<14}{size:>6}  {name}")?;
    }
    Ok(lines)
}

/// Compares the image's size with that of those it replaces. Only the default one must not be
/// larger.
pub fn check_size(size: usize, sha256: Sha256) -> Result<String> {
    let excess = size.saturating_sub(BUDGET);
    Ok(match (excess, sha256) {
        (0, _) => String::new(),
        (_, Sha256::Own) => bail!("purgatory.ro is {excess} bytes over its budget"),
        (_, Sha256::Crate) => format!(
            "  does not fit Debian's slot of {} bytes: {excess} too many\n",
            BUDGET
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_may_be_used_up_and_only_the_crates_image_may_exceed_it() {
        let check = |size, sha256| check_size(size, sha256).map_err(|e| e.to_string());
        assert_eq!(check(BUDGET, Sha256::Own).unwrap(), "");
        let error = check(BUDGET + 1, Sha256::Own).unwrap_err();
        assert_eq!(error, "purgatory.ro is 1 bytes over its budget");
        assert_eq!(check(BUDGET, Sha256::Crate).unwrap(), "");
        let says = check(BUDGET + 1, Sha256::Crate).unwrap();
        assert!(
            says.contains("does not fit Debian's slot of 18992 bytes"),
            "{says}"
        );
    }
}
