// SPDX-License-Identifier: MIT OR Apache-2.0

//! The system registers that this CPU has at this level, found by trying all encodings.

use core::fmt::Write;

use purgatory_test_guest::Regime;
use purgatory_test_guest::machine::Uart;
use purgatory_test_guest::sweep::Encoding;
use purgatory_test_guest::sweep::left_out::{LEFT_OUT, LeftOut, When};

use crate::call::Last;
use crate::probe::{self, MOST};

/// A register.
#[derive(Clone, Copy)]
pub struct Known {
    pub register: Encoding,
    pub readable: bool,
    pub writable: bool,
    /// Its place in [`Last`], if it has one.
    pub last: Option<usize>,
    /// Bits that are never written.
    pub fixed: u64,
    /// Bits that are not written in combinations.
    pub fixed_in_combinations: u64,
}

/// All of them.
pub struct Table {
    all: [Option<Known>; MOST],
    len: usize,
}

impl Table {
    /// Knows none.
    pub const fn new() -> Self {
        Self {
            all: [None; MOST],
            len: 0,
        }
    }

    /// Tries all encodings, and says what is there. A register is written with what it holds, or 0
    /// where it cannot be read.
    pub fn discover(&mut self, regime: Regime, uart: &mut Uart) {
        let last = Last::registers(regime);
        for register in Encoding::all() {
            probe::prepare(self.len, register);
            let place = last.iter().position(|&one| one == register);
            let found = probe::read(self.len);
            let mut known = Known {
                register,
                readable: found.is_some(),
                writable: place.is_some(),
                last: place,
                fixed: 0,
                fixed_in_combinations: 0,
            };
            let mut read = true;
            let here = |out: &&LeftOut| out.register == register && out.regimes.contains(&regime);
            for out in LEFT_OUT.iter().filter(here) {
                match out.when {
                    When::InCombinations => known.fixed_in_combinations |= out.bits,
                    When::Always => known.fixed |= out.bits,
                    When::NotEvenRead => read = false,
                }
                if known.readable {
                    let (bits, when, reason) = (out.bits, out.when.words(), out.reason);
                    let _ = writeln!(
                        uart,
                        "left out: {register}, bits {bits:#x}, {when}: {reason}"
                    );
                }
            }
            if !read {
                continue;
            }
            if place.is_none() && known.fixed != u64::MAX {
                known.writable = probe::write(self.len, found.unwrap_or(0));
            }
            if known.readable || known.writable {
                let access = match (known.readable, known.writable) {
                    (true, true) => "read and written",
                    (true, false) => "read",
                    _ => "written",
                };
                let _ = writeln!(uart, "register: {register}: {access}");
                self.all[self.len] = Some(known);
                self.len += 1;
            }
        }
    }

    /// Returns all, each with its number.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &Known)> {
        let all = self.all[..self.len].iter().enumerate();
        all.filter_map(|(index, known)| Some((index, known.as_ref()?)))
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns the one with this number.
    pub fn get(&self, index: usize) -> Option<&Known> {
        self.all[index].as_ref()
    }

    /// Returns the number of this one.
    pub fn find(&self, register: Encoding) -> Option<usize> {
        let found = self.iter().find(|(_, known)| known.register == register);
        found.map(|(index, _)| index)
    }
}
