// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which function is where in the image, for people who read an `offset=` on the console.
//!
//! The linker's own map contains the builder's folders, and hashes that depend on the machine. This
//! one has only the names of the source, so that one image has one map.

use anyhow::Result;
use object::read::elf::ElfFile64;
use object::{LittleEndian, Object, ObjectSection, ObjectSymbol};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Lists the symbols of a linked image: offset, size, section, name.
pub fn map(elf: &[u8]) -> Result<String> {
    let file = ElfFile64::<LittleEndian>::parse(elf)?;
    let mut lines = BTreeSet::new();
    for symbol in file.symbols() {
        let (name, section) = (symbol.name()?, symbol.section_index());
        let Some(section) = section.filter(|_| !name.is_empty() && !name.starts_with('$')) else {
            continue;
        };
        let section = file.section_by_index(section)?.name()?.to_string();
        let name = format!("{:#}", rustc_demangle::demangle(name));
        lines.insert((symbol.address(), symbol.size(), section, name));
    }
    let mut map = String::from("          offset   size section  name\n");
    for (offset, size, section, name) in lines {
        writeln!(map, "{offset:016x} {size:>6x} {section:<8} {name}")?;
    }
    Ok(map)
}
