// SPDX-License-Identifier: MIT OR Apache-2.0

//! The mutants that no boot can tell from the image, with the reasons.

use crate::mutant::Mutant;

/// A survivor, or the same one in both routines of a pair for EL1 and EL2.
#[derive(Debug)]
pub struct Known {
    /// Words that its symbol has in it.
    routine: &'static [&'static str],
    /// What is done.
    what: &'static str,
    /// Which of these in the routine.
    numbers: &'static [usize],
    /// Nothing is lost on any CPU; otherwise something is, and emulation cannot show it.
    pub equivalent: bool,
    /// Why.
    pub why: &'static str,
}

impl Known {
    /// Whether it is this mutant.
    pub fn is(&self, mutant: &Mutant) -> bool {
        self.routine
            .iter()
            .all(|word| mutant.routine.contains(word))
            && self.what == mutant.what
            && self.numbers.contains(&mutant.number)
    }
}

/// All of them.
pub const KNOWN: &[Known] = &[];
