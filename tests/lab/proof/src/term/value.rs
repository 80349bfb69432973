// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a term is worth when the unknowns are known: a direct reading of it, to test the rest.

use std::collections::HashMap;

use super::{Node, Term};

/// The values of terms, of which those are kept that were asked for.
pub struct Values<F: Fn(Term) -> u32> {
    unknown: F,
    known: HashMap<Term, u32>,
}

impl<F: Fn(Term) -> u32> Values<F> {
    /// Takes the values of the unknowns from `unknown`.
    pub fn new(unknown: F) -> Self {
        Self {
            unknown,
            known: HashMap::new(),
        }
    }

    /// Returns the value of a term.
    pub fn of(&mut self, term: Term) -> u32 {
        if let Some(&value) = self.known.get(&term) {
            return value;
        }
        let value = match &*term.node() {
            Node::One => 1,
            Node::Unknown(_) => (self.unknown)(term),
            Node::Sum(sum) => sum.iter().fold(0, |sum: u32, (&atom, &coefficient)| {
                sum.wrapping_add(self.of(atom).wrapping_mul(coefficient))
            }),
            Node::Bits(bits) => bits.iter().fold(0, |bits, (atoms, &mask)| {
                let rotated = atoms.iter();
                let rotated = rotated.map(|&(atom, by)| self.of(atom).rotate_right(by));
                bits ^ rotated.fold(mask, |and, word| and & word)
            }),
        };
        self.known.insert(term, value);
        value
    }
}
