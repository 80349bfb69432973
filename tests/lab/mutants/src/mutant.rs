// SPDX-License-Identifier: MIT OR Apache-2.0

//! The image with one thing changed.

use std::collections::BTreeMap;
use std::fmt;

/// What is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// A barrier, a maintenance instruction or a write of a register.
    System {
        /// It has to do with a register.
        writes: bool,
    },
    /// A number, a condition, a bit or a size.
    Code,
}

/// A change of the image.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// Where it is: the symbol, or file, function and line of the source.
    pub routine: String,
    /// What is done: `no isb`, `isb <> msr SCTLR_ELx`, `cmp #1 -> #2`.
    pub what: String,
    /// Which of those with the same words in the same routine, in the order of addresses.
    pub number: usize,
    /// Where the new instructions go.
    pub at: u64,
    /// What they are.
    pub words: Vec<u32>,
    /// What is changed.
    pub of: Of,
}

impl Mutant {
    /// Puts them in order, and counts those with the same words.
    pub fn numbered(mut all: Vec<Self>) -> Vec<Self> {
        all.sort_by_key(|mutant| mutant.at);
        let mut numbers = BTreeMap::new();
        for mutant in &mut all {
            let number: &mut usize = numbers
                .entry((mutant.routine.clone(), mutant.what.clone()))
                .or_default();
            mutant.number = *number;
            *number += 1;
        }
        all
    }

    /// Makes it of an image's bytes, which may have been changed elsewhere.
    pub fn apply(&self, image: &mut [u8]) {
        let bytes = self.words.iter().flat_map(|word| word.to_le_bytes());
        for (place, byte) in image[self.at as usize..].iter_mut().zip(bytes) {
            *place = byte;
        }
    }

    /// Returns the offsets of the instructions that it changes.
    pub fn places(&self) -> impl Iterator<Item = u64> {
        (self.at..).step_by(4).take(self.words.len())
    }

    /// Says what it is, wherever that is.
    pub fn words(&self) -> String {
        let Self {
            routine,
            what,
            number,
            ..
        } = self;
        format!("{routine}: {what} #{number}")
    }

    /// Whether it has to do with a register.
    pub const fn writes(&self) -> bool {
        matches!(self.of, Of::System { writes: true })
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {:#x}", self.words(), self.at)
    }
}
