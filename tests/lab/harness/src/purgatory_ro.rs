// SPDX-License-Identifier: MIT OR Apache-2.0

//! `purgatory.ro` as kexec-tools reads it: what it refuses is refused here.

mod refusal;
mod section_placer;

use std::collections::BTreeMap;

use object::elf::{
    EM_AARCH64, ET_REL, FileHeader64, SHF_ALLOC, SHT_NOBITS, SHT_PROGBITS, SHT_REL, SHT_RELA,
    SHT_SYMTAB, STB_GLOBAL,
};
use object::read::elf::{FileHeader as _, SectionHeader as _, Sym as _};
use object::{Endianness, SectionIndex};

pub use self::refusal::Refusal;
pub use self::section_placer::SectionPlacer;

/// The page that kexec places and measures segments by.
pub const PAGE: u64 = 4096;

/// An image that is ready to be placed.
#[derive(Clone, Debug)]
pub struct PurgatoryRo {
    /// Its bytes in memory, up to where the kernel fills with zeros.
    pub bytes: Vec<u8>,
    /// Its length in memory, zeros included.
    pub memsz: u64,
    /// What its address must be a multiple of; never less than a page.
    pub align: u64,
    symbols: BTreeMap<String, Vec<LoaderSymbol>>,
}

/// A symbol of the image.
#[derive(Clone, Debug)]
struct LoaderSymbol {
    global: bool,
    size: u64,
    /// Its place in the buffer; `None` where its section is not loaded, or it is undefined.
    offset: Option<u64>,
    progbits: bool,
}

impl PurgatoryRo {
    /// Reads an image.
    ///
    /// # Errors
    /// The first thing that kexec would stumble over.
    pub fn read(data: &[u8]) -> Result<Self, Refusal> {
        let not_elf = |error: object::Error| Refusal::NotElf(error.to_string());
        // The reader takes the class from the type that is asked for, so it is looked at first.
        if data
            .get(..5)
            .is_some_and(|ident| &ident[..4] == b"\x7fELF" && ident[4] != 2)
        {
            return Err(Refusal::Class);
        }
        let header = FileHeader64::<Endianness>::parse(data).map_err(not_elf)?;
        let endian = header.endian().map_err(not_elf)?;
        if endian != Endianness::Little {
            return Err(Refusal::Endian);
        }
        if header.e_type(endian) != ET_REL {
            return Err(Refusal::Type(header.e_type(endian)));
        }
        if header.e_machine(endian) != EM_AARCH64 {
            return Err(Refusal::Machine(header.e_machine(endian)));
        }

        let sections = header.sections(endian, data).map_err(not_elf)?;
        let mut placer = SectionPlacer::default();
        for (index, section) in sections.iter().enumerate() {
            let kind = section.sh_type(endian);
            if matches!(kind, SHT_RELA | SHT_REL) && section.sh_size(endian) != 0 {
                return Err(Refusal::Relocations(index));
            }
            if section.sh_flags(endian) & u64::from(SHF_ALLOC) != 0 {
                let align = section.sh_addralign(endian);
                if !align.is_power_of_two() {
                    return Err(Refusal::Alignment(index));
                }
                let bytes = section.data(endian, data).map_err(not_elf)?;
                placer.add(
                    index,
                    kind == SHT_NOBITS,
                    align,
                    section.sh_size(endian),
                    bytes,
                );
            }
        }
        let memsz = placer.place_zeros();
        let SectionPlacer {
            bytes,
            align,
            places,
            ..
        } = placer;
        if places.is_empty() {
            return Err(Refusal::Empty);
        }

        let table = sections
            .symbols(endian, data, SHT_SYMTAB)
            .map_err(not_elf)?;
        let mut symbols = BTreeMap::<_, Vec<_>>::new();
        for (index, symbol) in table.enumerate() {
            let name = symbol.name(endian, table.strings()).map_err(not_elf)?;
            let section = table
                .symbol_section(endian, symbol, index)
                .map_err(not_elf)?;
            let place = section.and_then(|SectionIndex(index)| places.get(&index));
            let kind = |index| {
                sections
                    .section(index)
                    .map(|section| section.sh_type(endian))
            };
            symbols
                .entry(String::from_utf8_lossy(name).into())
                .or_default()
                .push(LoaderSymbol {
                    global: symbol.st_bind() == STB_GLOBAL,
                    size: symbol.st_size(endian),
                    offset: place.map(|place| place + symbol.st_value(endian)),
                    progbits: section.is_some_and(|index| kind(index) == Ok(SHT_PROGBITS)),
                });
        }
        Ok(Self {
            bytes,
            memsz,
            align,
            symbols,
        })
    }

    /// Returns where the symbol is in the buffer.
    ///
    /// # Errors
    /// When there is no such global symbol, or it is not loaded.
    pub fn offset(&self, name: &str) -> Result<u64, Refusal> {
        let symbol = self.symbol(name)?;
        symbol.offset.ok_or_else(|| Refusal::NotLoaded(name.into()))
    }

    /// Returns whether there is such a symbol, of whatever kind: kexec sets some only if they are
    /// there.
    pub fn has(&self, name: &str) -> bool {
        self.symbols.contains_key(name)
    }

    /// Sets a symbol.
    ///
    /// # Errors
    /// When kexec would not set it.
    pub fn set(&mut self, name: &str, value: &[u8]) -> Result<(), Refusal> {
        let at = self.offset(name)? as usize;
        let symbol = self.symbol(name)?;
        let wanted = value.len() as u64;
        if symbol.size != wanted {
            return Err(Refusal::Size {
                symbol: name.into(),
                found: symbol.size,
                wanted,
            });
        }
        if !symbol.progbits {
            return Err(Refusal::NotProgbits(name.into()));
        }
        let place = self.bytes.get_mut(at..at + value.len());
        place
            .ok_or_else(|| Refusal::NotLoaded(name.into()))?
            .copy_from_slice(value);
        Ok(())
    }

    fn symbol(&self, name: &str) -> Result<&LoaderSymbol, Refusal> {
        let all = self
            .symbols
            .get(name)
            .ok_or_else(|| Refusal::Missing(name.into()))?;
        let global = all.iter().find(|symbol| symbol.global);
        global.ok_or_else(|| Refusal::NotGlobal(name.into()))
    }
}

#[cfg(test)]
mod tests;
