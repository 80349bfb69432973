// SPDX-License-Identifier: MIT OR Apache-2.0

//! Memory before a call and after it.

use purgatory_test_guest::flips::{Area, Case, Orders, SINK, noise};

/// All that the host has told of.
pub struct Memory(&'static Orders);

fn read(at: u64) -> u64 {
    // SAFETY: an aligned word of memory that the host has named; nothing else is running.
    unsafe { (at as *const u64).read_volatile() }
}

/// Correct words are not written, because QEMU would translate the code again.
fn write(at: u64, word: u64) {
    if read(at) != word {
        // SAFETY: as above, and no memory of this program's.
        unsafe { (at as *mut u64).write_volatile(word) };
    }
}

fn words(area: &Area) -> impl Iterator<Item = (u64, u64)> {
    let words = (0..area.len).step_by(8);
    words.map(|offset| (area.at + offset, area.pristine + offset))
}

impl Memory {
    /// Takes the orders.
    pub fn new(orders: &'static Orders) -> Self {
        Self(orders)
    }

    /// Restores the image to what the loader had made it, and then applies the case.
    pub fn prepare(&self, case: &Case) {
        for (at, pristine) in words(&self.0.image) {
            write(at, read(pristine));
        }
        for (at, symbol) in (self.0.symbols..).step_by(8).zip(case.symbols) {
            write(at, symbol);
        }
        for (at, word) in self.noise(case) {
            write(at, word);
        }
        for [at, word] in pokes(case) {
            write(at, word);
        }
    }

    /// Puts all back, and tells what is not as it was: address, what it should be, what it is.
    pub fn inspect(&self, case: &Case, mut tell: impl FnMut(u64, u64, u64)) {
        let sink = case.symbols[SINK];
        let spare = &self.0.spare;
        let is_spare = sink >= spare.at && sink - spare.at < spare.len;
        let mut compare = |at: u64, expected: u64| {
            let found = read(at);
            let free = if is_spare && sink & !7 == at {
                0xff << (8 * (sink & 7))
            } else {
                0
            };
            if (found ^ expected) & !free != 0 {
                tell(at, expected, found);
            }
        };
        for (at, symbol) in (self.0.symbols..).step_by(8).zip(case.symbols) {
            compare(at, symbol);
        }
        for [at, word] in pokes(case) {
            compare(at, word);
            write(at, read(self.pristine(at)));
        }
        for (at, word) in self.noise(case) {
            compare(at, word);
        }
        if case.noise != 0 {
            words(&self.0.tables).for_each(|(at, pristine)| write(at, read(pristine)));
        }
        for area in self.0.areas.iter().take_while(|area| area.len != 0) {
            for (at, pristine) in words(area) {
                compare(at, read(pristine));
                write(at, read(pristine));
            }
        }
    }

    /// Returns a sum of what is looked at in the end only.
    pub fn rest(&self) -> u64 {
        let areas = self.0.rest.iter().take_while(|area| area.len != 0);
        areas.flat_map(words).fold(0, |sum: u64, (at, _)| {
            (sum.rotate_left(5) ^ read(at)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        })
    }

    fn noise(&self, case: &Case) -> impl Iterator<Item = (u64, u64)> {
        let all = words(&self.0.tables)
            .map(|(at, _)| at)
            .zip(noise(case.noise));
        let wanted = case.noise != 0;
        all.take_while(move |_| wanted)
    }

    fn pristine(&self, at: u64) -> u64 {
        let mut areas = self.0.areas.iter();
        let area = areas.find(|area| at >= area.at && at - area.at < area.len);
        area.map_or(at, |area| area.pristine + (at - area.at))
    }
}

fn pokes(case: &Case) -> impl Iterator<Item = [u64; 2]> {
    case.pokes.into_iter().filter(|poke| poke[0] != 0)
}
