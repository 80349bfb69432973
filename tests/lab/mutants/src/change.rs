// SPDX-License-Identifier: MIT OR Apache-2.0

//! What an instruction is changed into: the same one with another number, condition, bit or size
//! (Arm ARM C4.1).

mod condition;
mod constant;
mod logical;
mod memory;
mod shift;
#[cfg(test)]
mod tests;

/// An instruction with one thing in it changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What was there and what is now: `cmp #1 -> #2`.
    pub what: String,
    /// The new instruction.
    pub word: u32,
}

/// Makes all changes of an instruction; `None` of one of another class.
type Class = fn(u32) -> Option<Vec<Change>>;

/// The classes of instructions. No instruction is of two.
const CLASSES: [Class; 17] = [
    constant::add_immediate,
    constant::move_wide,
    constant::move_zero,
    constant::address,
    constant::masks,
    logical::immediate,
    shift::bitfield,
    shift::shifted_register,
    shift::extended_register,
    condition::branch,
    condition::compare_and_branch,
    condition::test_and_branch,
    condition::select,
    condition::compare,
    memory::unsigned_offset,
    memory::signed_offset,
    memory::pair,
];

/// Returns all that is made of an instruction. Of one that has nothing to change, nothing.
pub fn changes(word: u32) -> Vec<Change> {
    let mut all = CLASSES.iter();
    let mut changes = all.find_map(|class| class(word)).unwrap_or_default();
    let mut seen = vec![word];
    changes.retain(|change| {
        let new = !seen.contains(&change.word);
        seen.push(change.word);
        new
    });
    changes
}

/// Some bits of an instruction.
#[derive(Clone, Copy)]
struct Field {
    low: u32,
    bits: u32,
}

impl Field {
    const fn new(low: u32, bits: u32) -> Self {
        Self { low, bits }
    }

    const fn mask(self) -> u32 {
        (1 << self.bits) - 1
    }

    /// Returns its value.
    const fn of(self, word: u32) -> u32 {
        word >> self.low & self.mask()
    }

    /// Returns its value as a number with a sign.
    const fn signed_of(self, word: u32) -> i32 {
        let unused = 32 - self.bits;
        ((self.of(word) << unused) as i32) >> unused
    }

    /// Sets it; `None` where the value does not fit.
    fn set(self, word: u32, value: i64) -> Option<u32> {
        let value = u32::try_from(value).ok().filter(|&v| v <= self.mask())?;
        Some(word & !(self.mask() << self.low) | value << self.low)
    }

    /// The same for a number with a sign.
    fn set_signed(self, word: u32, value: i32) -> Option<u32> {
        let half = 1 << (self.bits - 1);
        let fits = (-half..half).contains(&value);
        fits.then(|| word & !(self.mask() << self.low) | (value as u32 & self.mask()) << self.low)
    }
}

/// `Rd` or `Rt`, `Rn`, and `sf`.
const RD: Field = Field::new(0, 5);
const RN: Field = Field::new(5, 5);
const SF: Field = Field::new(31, 1);
