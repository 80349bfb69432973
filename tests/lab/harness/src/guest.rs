// SPDX-License-Identifier: MIT OR Apache-2.0

//! The guest programs: ELF files linked at 0, made ready for the place where they will run.

use std::fs;

use object::elf::{
    ET_DYN, FileHeader64, PT_LOAD, R_AARCH64_RELATIVE, Rela64, SHF_ALLOC, SHT_RELA, SHT_SYMTAB,
};
use object::pod::slice_from_all_bytes;
use object::read::elf::{FileHeader as _, ProgramHeader as _, SectionHeader as _, Sym as _};
use object::{Endianness, LittleEndian};
use purgatory_test_guest::Briefing;

use crate::artifact;

/// A guest program.
#[derive(Clone, Debug)]
pub struct Guest {
    name: String,
    bytes: Vec<u8>,
    /// Where an address goes: offset, and the offset that it points to.
    relative: Vec<(u64, u64)>,
    /// The offset of the word that holds the briefing's address.
    briefing: u64,
}

impl Guest {
    /// Reads `target/guests/<name>.elf`.
    ///
    /// # Errors
    /// When it is not there, or not what the loader expects.
    pub fn read(name: &str) -> Result<Self, String> {
        let path = artifact(&format!("guests/{name}.elf"))?;
        let data = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Self::parse(name, &data).map_err(|error| format!("{}: {error}", path.display()))
    }

    fn parse(name: &str, data: &[u8]) -> Result<Self, String> {
        let text = |error: object::Error| error.to_string();
        let elf = FileHeader64::<Endianness>::parse(data).map_err(text)?;
        let endian = elf.endian().map_err(text)?;
        if elf.e_type(endian) != ET_DYN || elf.e_entry(endian) != 0 {
            return Err("is not a position independent program that starts at 0".into());
        }

        let mut bytes = Vec::new();
        for header in elf.program_headers(endian, data).map_err(text)? {
            if header.p_type(endian) == PT_LOAD {
                let at = header.p_vaddr(endian) as usize;
                let part = header.data(endian, data).map_err(|()| "is cut short")?;
                let end = at + header.p_memsz(endian) as usize;
                bytes.resize(bytes.len().max(end), 0);
                bytes[at..at + part.len()].copy_from_slice(part);
            }
        }

        let sections = elf.sections(endian, data).map_err(text)?;
        let mut relative = Vec::new();
        for section in sections.iter() {
            let loaded = section.sh_flags(endian) & u64::from(SHF_ALLOC) != 0;
            if section.sh_type(endian) == SHT_RELA && loaded {
                let data = section.data(endian, data).map_err(text)?;
                let all = slice_from_all_bytes::<Rela64<LittleEndian>>(data);
                for rela in all.map_err(|()| "has ragged relocations")? {
                    if rela.r_type(LittleEndian, false) != R_AARCH64_RELATIVE {
                        return Err("has relocations that are not R_AARCH64_RELATIVE".into());
                    }
                    let addend = rela.r_addend.get(LittleEndian) as u64;
                    relative.push((rela.r_offset.get(LittleEndian), addend));
                }
            }
        }

        let symbols = sections.symbols(endian, data, SHT_SYMTAB).map_err(text)?;
        let named = |symbol| symbols.symbol_name(endian, symbol) == Ok(Briefing::SYMBOL.as_bytes());
        let symbol = symbols.iter().find(|symbol| named(symbol));
        let briefing = symbol
            .ok_or("has no place for the briefing")?
            .st_value(endian);
        Ok(Self {
            name: name.into(),
            bytes,
            relative,
            briefing,
        })
    }

    /// Returns its bytes for this place, with the briefing at that one.
    pub fn place(&self, at: u64, briefing: u64) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        let words = self
            .relative
            .iter()
            .map(|&(offset, target)| (offset, at + target));
        for (offset, word) in words.chain([(self.briefing, briefing)]) {
            bytes[offset as usize..][..8].copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

#[cfg(test)]
mod tests;
