// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a register or memory holds.

use crate::machine::{Base, Cell, Machine, SP, Value};
use crate::word::Word;

/// What a place holds, and what that is.
#[derive(Clone, Debug)]
pub struct Fact<W> {
    what: &'static str,
    place: Place<W>,
}

/// A place, and what it holds.
#[derive(Clone, Debug)]
pub enum Place<W> {
    /// A general register.
    X(usize, Value<W>),
    /// A vector register.
    V(usize, [W; 4]),
    /// Memory from there on.
    Memory(Base, i64, Vec<Cell<W>>),
}

impl<W: Word> Place<W> {
    /// Returns memory that holds words.
    pub fn words(base: Base, at: i64, words: &[W]) -> Self {
        Self::Memory(base, at, words.iter().copied().map(Cell::Word).collect())
    }
}

impl<W: Word> Fact<W> {
    /// Says what a place holds, and what it is called.
    pub const fn new(what: &'static str, place: Place<W>) -> Self {
        Self { what, place }
    }

    /// Makes it so.
    pub fn put(self, machine: &mut Machine<W>) {
        match self.place {
            Place::X(n, value) => machine.x[n] = value,
            Place::V(n, value) => machine.v[n] = value,
            Place::Memory(base, at, cells) => {
                let places = (at..).step_by(4).map(|at| (base, at));
                machine.memory.extend(places.zip(cells));
            }
        }
    }

    /// Says what is wrong, if it is not so.
    pub fn wrong(&self, machine: &Machine<W>) -> Option<String> {
        let place = match &self.place {
            Place::X(n, value) => (machine.x[*n] != *value).then(|| match *n {
                SP => "sp".to_string(),
                n => format!("x{n}"),
            }),
            Place::V(n, value) => (machine.v[*n] != *value).then(|| format!("v{n}")),
            Place::Memory(base, at, cells) => {
                let mut places = (*at..).step_by(4).zip(cells);
                let wrong =
                    places.find(|(at, cell)| machine.memory.get(&(*base, *at)) != Some(cell));
                wrong.map(|(at, _)| format!("{base:?}{at:+}"))
            }
        };
        place.map(|place| format!("{place} does not hold {}", self.what))
    }
}
