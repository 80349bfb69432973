// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where things are in the image: the symbols of `target/purgatory.elf`, which `purgatory.ro` was
//! made of.

use std::fs;
use std::ops::Range;

use object::read::elf::ElfFile64;
use object::{Object, ObjectSection, ObjectSymbol};

use crate::artifact;
use crate::purgatory_ro::PurgatoryRo;

/// The symbols, as offsets into the image.
#[derive(Clone, Debug)]
pub struct Symbols(Vec<(String, Range<u64>)>);

/// The image and its parts in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// All of it.
    pub image: Range<u64>,
    /// Its instructions, which never change.
    pub text: Range<u64>,
    /// Memory that is never touched, because it is below the stack.
    pub guard: Range<u64>,
}

impl Symbols {
    /// Reads those of the image, whichever of those that `make` builds it is.
    ///
    /// # Errors
    /// When the two files are not of one build.
    pub fn read(image: &PurgatoryRo) -> Result<Self, String> {
        Self::of("purgatory.elf", image)
            .or_else(|why| Self::of("purgatory-sha2.elf", image).map_err(|_| why))
    }

    fn of(elf: &str, image: &PurgatoryRo) -> Result<Self, String> {
        let path = artifact(elf)?;
        let data = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let elf: ElfFile64 = ElfFile64::parse(&*data).map_err(|error| error.to_string())?;
        let text = elf
            .section_by_name(".text")
            .and_then(|text| text.data().ok())
            .unwrap_or_default();
        if text.is_empty() || !image.bytes.starts_with(text) {
            return Err("purgatory.ro and purgatory.elf are not of one build: run `make`".into());
        }
        let symbols = elf.symbols().filter_map(|symbol| {
            let at = symbol.address();
            Some((symbol.name().ok()?.to_string(), at..at + symbol.size()))
        });
        Ok(Self(symbols.collect()))
    }

    /// Finds the symbol of this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn get(&self, name: &str) -> Result<Range<u64>, String> {
        self.find(name, |symbol| symbol == name)
    }

    /// Finds the one symbol that the compiler has made of this name, among its own additions.
    ///
    /// # Errors
    /// When there is none.
    pub fn containing(&self, name: &str) -> Result<Range<u64>, String> {
        self.find(name, |symbol| symbol.contains(name))
    }

    /// Returns the parts of the image at this address.
    ///
    /// # Errors
    /// When `link.ld` does not define its parts.
    pub fn parts(&self, at: u64) -> Result<Parts, String> {
        let between = |start, end| {
            let (start, end) = (self.get(start)?.start, self.get(end)?.start);
            Ok::<_, String>(at + start..at + end)
        };
        Ok(Parts {
            image: between("image_start", "image_end")?,
            text: between("image_start", "rodata_start")?,
            guard: between("stack_guard", "stack_bottom")?,
        })
    }

    /// Puts an offset into words: which routine, and how far into it.
    pub fn at(&self, offset: u64) -> String {
        let routine = |(_, range): &&(String, Range<u64>)| range.contains(&offset);
        match self.0.iter().find(routine) {
            Some((name, range)) => format!("{name}+{:#x}", offset - range.start),
            None => format!("image+{offset:#x}"),
        }
    }

    fn find(&self, name: &str, is: impl Fn(&str) -> bool) -> Result<Range<u64>, String> {
        let found = self.0.iter().find(|(symbol, _)| is(symbol));
        let (_, range) = found.ok_or(format!("purgatory.elf has no symbol {name}"))?;
        Ok(range.clone())
    }
}
