// SPDX-License-Identifier: MIT OR Apache-2.0

//! The linked image as functions that call one another, read from its instructions.

mod depth;
mod stack;

use std::collections::BTreeSet;
use std::ops::Range;

use object::elf::{STT_FUNC, STT_NOTYPE};
use object::read::elf::ElfFile64;
use object::{LittleEndian, Object, ObjectSection, ObjectSymbol};

pub use self::depth::{Depth, Depths, STARTS};
pub use self::stack::Change;
use crate::Flow;

/// A function of the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name, as it is in the source.
    pub name: String,
    /// Where it lies.
    pub range: Range<u64>,
}

/// `.text`, with its functions in order.
#[derive(Clone, Debug)]
pub struct Calls {
    start: u64,
    words: Vec<u32>,
    functions: Vec<Function>,
}

impl Calls {
    /// Reads a linked image.
    ///
    /// # Errors
    /// When it is none, or when two functions overlap: then it is not known whose an instruction is.
    pub fn read(elf: &[u8]) -> Result<Self, String> {
        let elf: ElfFile64<'_, LittleEndian> =
            ElfFile64::parse(elf).map_err(|error| error.to_string())?;
        let text = elf.section_by_name(".text").ok_or("there is no .text")?;
        let words = text.data().map_err(|error| error.to_string())?;
        let words = words.chunks_exact(4).map(|word| {
            let bytes = word.first_chunk().expect("they are four");
            u32::from_le_bytes(*bytes)
        });
        // The linker's own veneers have no type.
        let is_code = |kind| [STT_FUNC, STT_NOTYPE].contains(&kind);
        let functions = elf.symbols().filter_map(|symbol| {
            let in_text = symbol.section_index() == Some(text.index());
            let is_function = is_code(symbol.elf_symbol().st_type()) && symbol.size() != 0;
            let at = symbol.address();
            (in_text && is_function).then(|| Function {
                name: source_name(symbol.name().unwrap_or("?")),
                range: at..at + symbol.size(),
            })
        });
        Self::new(text.address(), words.collect(), functions.collect())
    }

    /// Takes code that begins at `start`, and its functions.
    ///
    /// # Errors
    /// When two of them overlap.
    pub fn new(start: u64, words: Vec<u32>, mut functions: Vec<Function>) -> Result<Self, String> {
        functions.sort_by_key(|function| (function.range.start, function.range.end));
        // One body may have several names.
        functions.dedup_by(|second, first| second.range == first.range);
        for pair in functions.windows(2) {
            if pair[0].range.end > pair[1].range.start {
                return Err(format!("{} overlaps {}", pair[0].name, pair[1].name));
            }
        }
        Ok(Self {
            start,
            words,
            functions,
        })
    }

    /// Returns all functions, in order.
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// Finds the function of this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn function(&self, name: &str) -> Result<&Function, String> {
        let found = self.functions.iter().find(|function| function.name == name);
        found.ok_or_else(|| format!("there is no function {name}"))
    }

    /// Finds the function that an address lies in.
    pub fn around(&self, address: u64) -> Option<&Function> {
        let mut functions = self.functions.iter();
        functions.find(|function| function.range.contains(&address))
    }

    /// Puts an address into words: which function, and how far into it.
    pub fn place(&self, address: u64) -> String {
        match self.around(address) {
            Some(Function { name, range }) => format!("{name}+{:#x}", address - range.start),
            None => format!("{address:#x}, in no function"),
        }
    }

    /// Returns the instruction there.
    ///
    /// # Errors
    /// When it is outside of the code.
    pub fn word(&self, address: u64) -> Result<u32, String> {
        let index = address.checked_sub(self.start).map(|offset| offset / 4);
        let word = index.and_then(|index| self.words.get(index as usize));
        let word = word.filter(|_| address % 4 == 0);
        word.copied()
            .ok_or_else(|| format!("{address:#x} is outside of the code"))
    }

    /// Returns the words that are in no function, with their addresses: vectors, constants, gaps.
    pub fn between(&self) -> impl Iterator<Item = (u64, u32)> {
        let all = (self.start..).step_by(4).zip(self.words.iter().copied());
        all.filter(|&(at, _)| self.around(at).is_none())
    }

    /// Returns the functions that can be reached from these, with themselves.
    ///
    /// # Errors
    /// When one of these is not there, or a branch leads into the middle of another function.
    pub fn reached(&self, from: &[&str]) -> Result<BTreeSet<u64>, String> {
        let start = |name: &&str| Ok::<_, String>(self.function(name)?.range.start);
        let mut ahead: Vec<u64> = from.iter().map(start).collect::<Result<_, _>>()?;
        let mut reached = BTreeSet::new();
        while let Some(at) = ahead.pop() {
            if reached.insert(at) {
                ahead.extend(self.callees(at)?.into_iter().map(|(_, to)| to));
            }
        }
        Ok(reached)
    }

    /// Returns what the function that begins there calls or branches to: from where, and which
    /// function.
    ///
    /// # Errors
    /// When that is the middle of a function, or nothing.
    pub fn callees(&self, start: u64) -> Result<Vec<(u64, u64)>, String> {
        let function = self.starting(start)?;
        let mut callees = Vec::new();
        for at in function.range.clone().step_by(4) {
            let to = match Flow::of(at, self.word(at)?) {
                Flow::Call(to) => to,
                Flow::To(to) | Flow::Perhaps(to) if !function.range.contains(&to) => to,
                _ => continue,
            };
            let entered = self.starting(to);
            entered.map_err(|error| format!("{}: {error}", self.place(at)))?;
            callees.push((at, to));
        }
        Ok(callees)
    }

    /// Finds the function that begins there.
    fn starting(&self, start: u64) -> Result<&Function, String> {
        self.around(start)
            .filter(|function| function.range.start == start)
            .ok_or_else(|| format!("no function begins at {}", self.place(start)))
    }
}

/// Returns the name as in the source: what a compiler has made of it, without the hash.
pub fn source_name(symbol: &str) -> String {
    let name = format!("{:#}", rustc_demangle::demangle(symbol));
    // Since 1.96 a method of the type itself is that of `<path::Type>`, as one of a trait is.
    let Some(rest) = name.strip_prefix('<') else {
        return name;
    };
    let mut open = 1;
    let closing = rest.find(|c: char| {
        open += i32::from(c == '<') - i32::from(c == '>');
        open == 0
    });
    match closing.map(|at| (&rest[..at], &rest[at + 1..])) {
        Some((of_type, method)) if !of_type.contains(" as ") => format!("{of_type}{method}"),
        _ => name,
    }
}

#[cfg(test)]
#[test]
fn names_are_the_same_however_they_are_mangled() {
    for (symbol, name) in [
        ("purgatory_start", "purgatory_start"),
        (
            "_ZN9purgatory4arch6memory4fill17h9eb26f18a182a213E",
            "purgatory::arch::memory::fill",
        ),
        (
            "_RNvNtNtCs1_9purgatory4arch6memory4fill",
            "purgatory::arch::memory::fill",
        ),
        (
            "_ZN9purgatory7request5Check5bytes17heae3aec3c6bb72bdE",
            "purgatory::request::Check::bytes",
        ),
        (
            "_RNvMNtCs1_9purgatory7requestNtB2_5Check5bytes",
            "purgatory::request::Check::bytes",
        ),
        (
            "_RNvXNtCs1_9purgatory7requestNtB2_5CheckNtB2_5Bytes5bytes",
            "<purgatory::request::Check as purgatory::request::Bytes>::bytes",
        ),
    ] {
        assert_eq!(source_name(symbol), name);
    }
}
