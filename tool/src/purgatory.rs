// SPDX-License-Identifier: MIT OR Apache-2.0

//! A purgatory as kexec will find it, and whose it is. None of its sizes and offsets is used before
//! it has been compared with the number of bytes.

use crate::note;
use anyhow::{Context, Result, bail, ensure};
use object::LittleEndian as LE;
use object::elf::*;
use object::read::elf::{FileHeader as _, SectionHeader as _, SectionTable, Sym as _, SymbolTable};
use purgatory::abi::{ENTRY, SYMBOLS};
use std::ops::Range;

type Header = FileHeader64<LE>;

/// The symbol that [`super::set`] writes.
pub const ON_FAILURE: &str = "on_failure";

/// The symbols that every `kexec -l` needs.
const REQUIRED: [&str; 5] = [
    ENTRY,
    "sha256_regions",
    "sha256_digest",
    "arm64_kernel_entry",
    "arm64_dtb_addr",
];

/// An object that a loader would accept as a purgatory, sound or not.
pub struct Purgatory<'a> {
    /// All of it: up to the end of its section headers, which come last.
    pub bytes: &'a [u8],
    /// Our note's contents; `None` if it is not ours.
    pub note: Option<Vec<(&'static str, String)>>,
    /// The interface's symbols, the entry first, and where each is in `bytes`, or why kexec rejects
    /// it.
    pub symbols: Vec<(&'static str, Result<Range<usize>>)>,
    /// How many relocations kexec would have to apply.
    pub relocations: usize,
    /// Whether there is any symbol.
    pub has_symbols: bool,
    /// Whether a tool has rewritten it, with sections at multiples of pages, which ours never has.
    pub spread: bool,
    /// Whether kexec-tools' own functions are in it.
    pub is_c: bool,
}

impl<'a> Purgatory<'a> {
    /// Reads a relocatable object for AArch64 that begins where `bytes` do, and ends with them or
    /// earlier.
    pub fn read(bytes: &'a [u8]) -> Result<Self> {
        let header = Header::parse(bytes).context("no 64-bit little-endian ELF file")?;
        let (start, count) = (header.e_shoff(LE), header.e_shnum(LE));
        let size = header.e_shentsize(LE);
        ensure!(
            size as usize == size_of::<SectionHeader64<LE>>(),
            "its section headers have {size} bytes (e_shentsize), not 64"
        );
        let end = start.saturating_add(u64::from(count) * u64::from(size));
        let fits = start >= size_of::<Header>() as u64 && count > 0 && end <= bytes.len() as u64;
        ensure!(
            fits,
            "its section headers (e_shoff {start}, e_shnum {count}) are not among the {} bytes that \
             there are",
            bytes.len()
        );
        let bytes = &bytes[..end as usize];
        let sections = header.sections(LE, bytes).context("no section headers")?;
        for (index, section) in sections.enumerate() {
            ensure!(
                section.data(LE, bytes).is_ok(),
                "section {index} (sh_offset {}, sh_size {}) reaches beyond its {end} bytes",
                section.sh_offset(LE),
                section.sh_size(LE)
            );
        }
        let symbols = sections.symbols(LE, bytes, SHT_SYMTAB);
        let symbols = symbols.context("its symbols cannot be read")?;
        let has = |name| find(&symbols, name).is_some();
        let names = [(ENTRY, None)].into_iter();
        let names = names.chain(SYMBOLS.iter().map(|s| (s.name, Some(s.size))));
        Ok(Self {
            bytes,
            note: note(&sections, bytes),
            relocations: relocations(&sections, bytes)?,
            has_symbols: symbols.iter().len() > 1,
            spread: sections.iter().any(|section| {
                let page = section.sh_addralign(LE).max(2);
                section.sh_type(LE) == SHT_PROGBITS && section.sh_offset(LE) % page == 0
            }),
            is_c: has("verify_sha256_digest") && has("post_verification_setup_arch"),
            symbols: names
                .map(|(name, size)| (name, place(&sections, &symbols, name, size)))
                .collect(),
        })
    }

    /// Returns the place of one of the interface's symbols in `bytes`.
    pub fn symbol(&self, name: &str) -> Result<Range<usize>> {
        let found = self.symbols.iter().find(|(known, _)| *known == name);
        match found.map(|(_, place)| place) {
            Some(Ok(place)) => Ok(place.clone()),
            _ if !self.has_symbols => bail!("it has no symbols: strip has taken them"),
            Some(Err(error)) => bail!("{error:#}"),
            None => bail!("no symbol {name}"),
        }
    }

    /// Fails with the reason if kexec cannot load it.
    pub fn usable(&self) -> Result<()> {
        // None of ours may be missing, because some loader uses each.
        let all = self.symbols.iter().map(|(name, _)| *name);
        let mut required = all.filter(|name| self.note.is_some() || REQUIRED.contains(name));
        required.try_for_each(|name| self.symbol(name).map(drop))?;
        let relocations = self.relocations;
        ensure!(
            self.note.is_none() || relocations == 0,
            "it has {relocations} relocations, and ours has none"
        );
        Ok(())
    }

    /// Fails unless it is ours, and sound.
    pub fn ours(&self) -> Result<()> {
        ensure!(
            self.note.is_some(),
            "not this project's (no note of ours in it)"
        );
        self.usable()
    }

    /// Returns the value of the symbol `on_failure`.
    pub fn on_failure(&self) -> Result<u32> {
        let place = self.symbol(ON_FAILURE)?;
        let value = self.bytes[place].first_chunk().context("it is too small")?;
        Ok(u32::from_le_bytes(*value))
    }
}

fn find<'a>(symbols: &SymbolTable<'a, Header>, name: &str) -> Option<&'a Sym64<LE>> {
    symbols.iter().find(|symbol| {
        symbol.st_bind() == STB_GLOBAL && symbol.name(LE, symbols.strings()) == Ok(name.as_bytes())
    })
}

/// Returns the place of a symbol's bytes, by the rules of kexec: global, of this size, in a loaded
/// section with bytes.
fn place(
    sections: &SectionTable<Header>,
    symbols: &SymbolTable<Header>,
    name: &str,
    size: Option<usize>,
) -> Result<Range<usize>> {
    let symbol = find(symbols, name).with_context(|| format!("no symbol {name}"))?;
    let found = symbol.st_size(LE);
    let expected = size.map_or(found, |size| size as u64);
    ensure!(
        found == expected,
        "{name} has {found} bytes, not {expected}"
    );
    let section = symbols.symbol_section(LE, symbol, object::SymbolIndex(0));
    let section = section
        .ok()
        .flatten()
        .and_then(|index| sections.section(index).ok());
    let loaded = section.filter(|section| {
        section.sh_type(LE) == SHT_PROGBITS && section.sh_flags(LE) & u64::from(SHF_ALLOC) != 0
    });
    let section = loaded.with_context(|| format!("{name} is in no section that is loaded"))?;
    let end = symbol.st_value(LE).saturating_add(expected);
    ensure!(
        end <= section.sh_size(LE),
        "{name} lies outside of its section"
    );
    // The section lies in the bytes, and so does each part of it.
    let start = (section.sh_offset(LE) + symbol.st_value(LE)) as usize;
    Ok(start..start + expected as usize)
}

fn relocations(sections: &SectionTable<Header>, bytes: &[u8]) -> Result<usize> {
    let mut count = 0;
    for section in sections.iter() {
        let rela = section
            .rela(LE, bytes)
            .context("its relocations cannot be read")?;
        let rel = section
            .rel(LE, bytes)
            .context("its relocations cannot be read")?;
        count += rela.map_or(0, |(all, _)| all.len()) + rel.map_or(0, |(all, _)| all.len());
    }
    Ok(count)
}

/// Finds our note anywhere, by its owner and its type.
fn note(sections: &SectionTable<Header>, bytes: &[u8]) -> Option<Vec<(&'static str, String)>> {
    sections.iter().find_map(|section| {
        let mut notes = section.notes(LE, bytes).ok()??;
        while let Some(note) = notes.next().ok()? {
            if let Some(fields) = note::fields(&note) {
                return Some(fields);
            }
        }
        None
    })
}
