// SPDX-License-Identifier: MIT OR Apache-2.0

//! What registers and memory hold.

use super::Fault;
use crate::word::Word;

/// What an address is relative to. They do not overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Base {
    /// The hash value.
    State,
    /// The block that is compressed, and those after it. Read-only.
    Blocks,
    /// The end of all blocks: only for comparisons.
    End,
    /// The end of what the cache may be asked for: only for comparisons.
    Ahead,
    /// The stack pointer at the beginning.
    Stack,
    /// The image, at 0. Read-only.
    Image,
}

/// What a 64-bit register holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<W> {
    /// The lower 32 bits and the upper ones.
    Data([W; 2]),
    /// This many bytes after something.
    Address(Base, i64),
}

/// What 4 bytes of memory hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell<W> {
    /// A word.
    Word(W),
    /// Half an address: the lower one, or the upper one if it says so.
    Half(Base, i64, bool),
}

/// Where something lies, counted from where the blocks begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// There.
    At(i64),
    /// Somewhere above that.
    Above(i64),
    /// Anywhere but above that.
    NotAbove(i64),
}

impl<W: Word> Value<W> {
    /// Returns a word whose upper half is 0.
    pub fn narrow(low: W) -> Self {
        Self::Data([low, W::of(0)])
    }

    /// Returns the words of a value that is not an address.
    pub(super) fn data(self) -> Result<[W; 2], Fault> {
        match self {
            Self::Data(words) => Ok(words),
            Self::Address(..) => Err("computes with an address"),
        }
    }

    /// Returns an address, and another one after it.
    pub(super) fn plus(self, offset: i64) -> Result<Self, Fault> {
        match self {
            Self::Address(base, at) => Ok(Self::Address(base, at + offset)),
            Self::Data(_) => Err("uses data for an address"),
        }
    }

    /// Returns it as it lies in memory.
    pub fn cells(self) -> [Cell<W>; 2] {
        match self {
            Self::Data(words) => words.map(Cell::Word),
            Self::Address(base, at) => [false, true].map(|upper| Cell::Half(base, at, upper)),
        }
    }

    /// Returns what two words in memory are together.
    pub(super) fn of_cells(cells: [Cell<W>; 2]) -> Result<Self, Fault> {
        match cells {
            [Cell::Word(low), Cell::Word(high)] => Ok(Self::Data([low, high])),
            [Cell::Half(base, at, false), Cell::Half(other, there, true)]
                if (base, at) == (other, there) =>
            {
                Ok(Self::Address(base, at))
            }
            _ => Err("loads parts of addresses"),
        }
    }
}

impl Bound {
    /// Returns whether it lies above this, if that is known.
    pub fn is_above(self, at: i64) -> Option<bool> {
        match self {
            Self::At(bound) => Some(bound > at),
            Self::Above(bound) => (bound >= at).then_some(true),
            Self::NotAbove(bound) => (bound <= at).then_some(false),
        }
    }
}
