//! What is in a `purgatory.ro`, read back from its bytes, and whether a loader can take it.

use crate::abi;
use object::elf::{SHF_ALLOC, SHT_NOBITS, SHT_REL, SHT_RELA};
use object::read::elf::{ElfFile64, SectionHeader};
use object::{LittleEndian, Object, ObjectSection, ObjectSymbol};
use std::fmt;

/// The facts, and what is wrong with them.
#[derive(Debug, Default)]
pub struct Table {
    file_size: usize,
    copied: u64,
    zeroed: u64,
    relocations: usize,
    self_relocations: usize,
    sections: Vec<String>,
    symbols: Vec<String>,
    undefined: Vec<String>,
}

impl Table {
    /// Reads them off the file.
    pub fn read(bytes: &[u8], self_relocations: usize) -> Result<Self, String> {
        let file =
            ElfFile64::<LittleEndian>::parse(bytes).map_err(|e| format!("purgatory.ro: {e}"))?;
        let mut table = Self {
            file_size: bytes.len(),
            self_relocations,
            ..Self::default()
        };
        for section in file.sections() {
            let header = section.elf_section_header();
            let kind = header.sh_type(LittleEndian);
            let size = section.size();
            if kind == SHT_REL || kind == SHT_RELA {
                table.relocations +=
                    (size / section.elf_section_header().sh_entsize(LittleEndian).max(1)) as usize;
            }
            if header.sh_flags(LittleEndian) & u64::from(SHF_ALLOC) == 0 {
                continue;
            }
            let sum = if kind == SHT_NOBITS {
                &mut table.zeroed
            } else {
                &mut table.copied
            };
            // Each begins on a page in memory.
            *sum = sum.next_multiple_of(abi::PAGE) + size;
            table
                .sections
                .push(format!("{} {size}", section.name().unwrap_or("?")));
        }
        for symbol in file.symbols() {
            let name = symbol.name().unwrap_or("?").to_string();
            if symbol.is_undefined() {
                table.undefined.push(name);
            } else {
                table.symbols.push(name);
            }
        }
        Ok(table)
    }

    /// What keeps a loader from taking the file.
    pub fn faults(&self) -> Result<(), String> {
        if self.file_size > abi::BUDGET {
            let excess = self.file_size - abi::BUDGET;
            return Err(format!(
                "purgatory.ro is {excess} bytes over its budget of {}",
                abi::BUDGET
            ));
        }
        if self.relocations != 0 {
            return Err(format!("purgatory.ro has {} relocations", self.relocations));
        }
        if !self.undefined.is_empty() {
            return Err(format!(
                "purgatory.ro has undefined symbols: {}",
                self.undefined.join(" ")
            ));
        }
        Ok(())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let memory = self.copied.next_multiple_of(abi::PAGE) + self.zeroed;
        writeln!(
            f,
            "  in the file   {} bytes of {}",
            self.file_size,
            abi::BUDGET
        )?;
        writeln!(f, "  in memory     {memory} bytes, {} copied", self.copied)?;
        writeln!(
            f,
            "  relocations   {}, and {} the image applies itself",
            self.relocations, self.self_relocations
        )?;
        writeln!(f, "  sections      {}", self.sections.join(", "))?;
        write!(
            f,
            "  symbols       {}, {} undefined",
            self.symbols.len(),
            self.undefined.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(change: impl FnOnce(&mut Table)) -> Result<(), String> {
        let mut table = Table {
            file_size: abi::BUDGET,
            ..Table::default()
        };
        change(&mut table);
        table.faults()
    }

    #[test]
    fn the_budget_may_be_used_up_but_not_exceeded() {
        assert_eq!(table(|_| ()), Ok(()));
        let error = table(|t| t.file_size += 1).unwrap_err();
        assert!(error.contains("1 bytes over its budget"), "{error}");
    }

    #[test]
    fn relocations_and_undefined_symbols_are_faults() {
        assert!(table(|t| t.relocations = 1).is_err());
        assert!(table(|t| t.undefined.push("memcpy".into())).is_err());
    }

    #[test]
    fn relocations_and_undefined_symbols_of_a_real_object_are_seen() {
        let object = crate::wrap::tests::with_a_relocation_and_an_undefined_symbol();
        let table = Table::read(&object, 0).unwrap();
        assert_eq!(table.relocations, 1);
        assert_eq!(table.undefined, ["memcpy"]);
    }
}
