// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is in all registers at one time.

use purgatory_test_guest::sweep::rule::rule;

use crate::call::Last;
use crate::probe::{self, MOST};
use crate::table::Table;

/// The value of each register that could be read, by number.
pub struct Snapshot([Option<u64>; MOST]);

impl Snapshot {
    /// Knows nothing.
    pub const fn new() -> Self {
        Self([None; MOST])
    }

    /// Reads all. For those that are written last, there is a value already.
    pub fn take(&mut self, table: &Table, last: &Last) {
        for (index, known) in table.iter() {
            self.0[index] = match known.last {
                Some(place) => Some(last.0[place]),
                None if known.readable => probe::read(index),
                None => None,
            };
        }
    }

    /// Returns what is in the register with this number.
    pub fn get(&self, index: usize) -> Option<u64> {
        self.0[index]
    }

    /// Takes this to be in it.
    pub fn set(&mut self, index: usize, value: u64) {
        self.0[index] = Some(value);
    }

    /// Returns the same number for the same state: all but what moves by itself, and this register
    /// in any case.
    pub fn sum(&self, table: &Table, and: Option<usize>) -> u64 {
        let steady = |register| rule(register).is_steady();
        let counts = table
            .iter()
            .filter(|(index, known)| steady(known.register) || Some(*index) == and);
        counts.fold(0, |sum: u64, (index, _)| {
            let value = self.0[index].map_or(0x5151, |value| value ^ 0x0123_4567_89ab_cdef);
            (sum.rotate_left(5) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        })
    }
}
