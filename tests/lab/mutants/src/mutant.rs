// SPDX-License-Identifier: MIT OR Apache-2.0

//! The image with one thing changed.

use std::collections::BTreeMap;
use std::fmt;

use purgatory_test_harness::a64::NOP;
use purgatory_test_harness::purgatory_ro::PurgatoryRo;

use crate::instruction::Instruction;

/// A change of the image.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// The symbol that it is in.
    pub routine: String,
    /// What is done: `no isb`, `isb <> msr SCTLR_ELx`.
    pub what: String,
    /// Which of those with the same words in the same routine, in the order of addresses.
    pub number: usize,
    /// Where the new instructions go.
    pub at: u64,
    /// What they are.
    words: Vec<u32>,
    /// It has to do with a register.
    pub writes: bool,
}

impl Mutant {
    /// Returns all: each instruction left out, and each pair of neighbours swapped.
    pub fn all(image: &PurgatoryRo) -> Result<Vec<Self>, String> {
        let all = Instruction::all(image)?;
        let dropped = all.iter().map(|one| Self {
            routine: one.routine.clone(),
            what: format!("no {}", one.words()),
            number: 0,
            at: one.at,
            words: vec![NOP],
            writes: one.writes(),
        });
        let neighbours = all.windows(2).filter(|pair| {
            let (first, second) = (&pair[0], &pair[1]);
            first.at + 4 == second.at
                && first.word != second.word
                && first.routine == second.routine
        });
        let swapped = neighbours.map(|pair| Self {
            routine: pair[0].routine.clone(),
            what: format!("{} <> {}", pair[0].words(), pair[1].words()),
            number: 0,
            at: pair[0].at,
            words: vec![pair[1].word, pair[0].word],
            writes: pair.iter().any(Instruction::writes),
        });
        let mut all: Vec<_> = dropped.chain(swapped).collect();
        all.sort_by_key(|mutant| mutant.at);
        let mut numbers = BTreeMap::new();
        for mutant in &mut all {
            let number: &mut usize = numbers
                .entry((mutant.routine.clone(), mutant.what.clone()))
                .or_default();
            mutant.number = *number;
            *number += 1;
        }
        Ok(all)
    }

    /// Makes it of an image, which may have been changed elsewhere.
    pub fn apply(&self, image: &mut PurgatoryRo) {
        let bytes = self.words.iter().flat_map(|word| word.to_le_bytes());
        for (at, byte) in (self.at as usize..).zip(bytes) {
            image.bytes[at] = byte;
        }
    }

    /// Returns the offsets of the instructions that it changes.
    pub fn places(&self) -> impl Iterator<Item = u64> {
        (self.at..).step_by(4).take(self.words.len())
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            routine,
            what,
            number,
            at,
            ..
        } = self;
        write!(f, "{routine}: {what} #{number} at {at:#x}")
    }
}
