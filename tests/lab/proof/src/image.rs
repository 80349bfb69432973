// SPDX-License-Identifier: MIT OR Apache-2.0

//! The linked image: the code and the constants, where they lie.

use std::ops::Range;

use disarm64::decoder::decode;
use object::{Object, ObjectSection, ObjectSymbol};

use crate::encoding::Encoded;

/// The bytes of the constants.
const CONSTANTS: u64 = 4 * 64;

/// `.text`, which nothing writes to: the code, and between it the constants.
#[derive(Clone, Debug)]
pub struct Image {
    words: Vec<u32>,
    symbols: Vec<(String, Range<u64>)>,
    /// Where the constants are.
    pub constants: Range<u64>,
}

impl Image {
    /// Takes an image out of its ELF file.
    ///
    /// # Errors
    /// When it is none of ours: `.text` lies at 0, where it is linked.
    pub fn read(elf: &[u8]) -> Result<Self, String> {
        let elf = object::File::parse(elf).map_err(|error| error.to_string())?;
        let text = elf.section_by_name(".text").ok_or("there is no .text")?;
        if text.address() != 0 {
            return Err(".text is not at 0".into());
        }
        let words = text.data().map_err(|error| error.to_string())?;
        let words = words.chunks_exact(4).map(|word| {
            let bytes = word.first_chunk().expect("they are four");
            u32::from_le_bytes(*bytes)
        });
        let symbols = elf.symbols().filter_map(|symbol| {
            let at = symbol.address();
            Some((symbol.name().ok()?.to_string(), at..at + symbol.size()))
        });
        let mut image = Self {
            words: words.collect(),
            symbols: symbols.collect(),
            constants: 0..0,
        };
        let start = image.symbol("sha256_constants")?.start;
        image.constants = start..start + CONSTANTS;
        Ok(image)
    }

    /// Returns where a symbol is.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn symbol(&self, name: &str) -> Result<Range<u64>, String> {
        let symbol = self.symbols.iter().find(|symbol| symbol.0 == name);
        let (_, range) = symbol.ok_or_else(|| format!("there is no {name}"))?;
        Ok(range.clone())
    }

    /// Returns the word there.
    pub fn word(&self, at: u64) -> Option<u32> {
        self.words.get(index(at)?).copied()
    }

    /// Returns the instruction there, if it is one that is known.
    pub fn code(&self, at: u64) -> Option<Encoded> {
        Encoded::new(self.word(at)?)
    }

    /// Returns where the loop over the blocks begins: there the first `b.lo` of the routine goes
    /// that goes back.
    pub fn loop_head(&self, routine: &Range<u64>) -> Option<u64> {
        routine.clone().step_by(4).find_map(|at| {
            let branch = self.code(at).filter(|code| code.name == "b.lo")?;
            let offset = branch.signed(b'i') * 4;
            at.checked_add_signed(offset).filter(|_| offset < 0)
        })
    }

    /// Puts a place into words: the routine, how far into it, and the instruction.
    pub fn place(&self, at: u64) -> String {
        let is_in = |(name, range): &&(String, Range<u64>)| !name.is_empty() && range.contains(&at);
        let routine = match self.symbols.iter().find(is_in) {
            Some((name, range)) => format!("{name}+{:#x}", at - range.start),
            None => format!("image+{at:#x}"),
        };
        match self.text(at) {
            Some(text) => format!("{routine} `{text}`"),
            None => routine,
        }
    }

    /// Returns the instruction there in assembly.
    pub fn text(&self, at: u64) -> Option<String> {
        let word = self.word(at)?;
        let Some(code) = decode(word) else {
            return Some(format!(".word {word:#010x}"));
        };
        let text = code.to_string();
        let mut words: Vec<_> = text.split_whitespace().collect();
        // disarm64 0.2 takes the number of registers for that of the structure's elements.
        if let Some(code) = Encoded::new(word).filter(|code| code.name.starts_with("ld1")) {
            words[0] = if code.field(b'l') == 1 { "ld1" } else { "st1" };
        }
        Some(words.join(" "))
    }

    /// Puts another word there.
    ///
    /// # Panics
    /// Where there is none.
    pub fn patch(&mut self, at: u64, word: u32) {
        let place = index(at).and_then(|index| self.words.get_mut(index));
        *place.expect("a word of the image") = word;
    }
}

fn index(at: u64) -> Option<usize> {
    usize::try_from(at / 4).ok().filter(|_| at % 4 == 0)
}
