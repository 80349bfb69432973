// SPDX-License-Identifier: MIT OR Apache-2.0

//! 32-bit words, known or not. Specification and instructions are written once, for both.

use std::fmt::Debug;
use std::num::Wrapping;
use std::ops::{Add, BitAnd, BitXor};

/// A word: one value ([`Wrapping<u32>`]), or what it is computed from ([`crate::Term`]).
pub trait Word:
    Copy + Debug + Eq + Add<Output = Self> + BitAnd<Output = Self> + BitXor<Output = Self>
{
    /// Returns the word of this value.
    fn of(value: u32) -> Self;

    /// Rotates right by 0 to 31.
    #[must_use]
    fn ror(self, by: u32) -> Self;

    /// Returns the upper half of the sum of two words of 64 bits, each lower half first.
    #[must_use]
    fn upper_of_sum(a: [Self; 2], b: [Self; 2]) -> Self;

    /// Returns its value, if it can have but one.
    fn known(self) -> Option<u32>;

    /// Returns whether it has grown beyond what a right routine computes.
    fn is_too_large(self) -> bool;

    /// Shifts right by 0 to 31.
    #[must_use]
    fn lsr(self, by: u32) -> Self {
        self.ror(by) & Self::of(u32::MAX >> by)
    }

    /// Shifts left by 0 to 31.
    #[must_use]
    fn lsl(self, by: u32) -> Self {
        self.ror((32 - by) % 32) & Self::of(u32::MAX << by)
    }

    /// Or.
    #[must_use]
    fn or(self, other: Self) -> Self {
        self ^ other ^ (self & other)
    }

    /// Returns its bytes in the other order.
    #[must_use]
    fn swapped(self) -> Self {
        (self.ror(8) & Self::of(0xff00_ff00)) ^ (self.ror(24) & Self::of(0x00ff_00ff))
    }
}

impl Word for Wrapping<u32> {
    fn of(value: u32) -> Self {
        Self(value)
    }

    fn ror(self, by: u32) -> Self {
        Self(self.0.rotate_right(by))
    }

    fn upper_of_sum(a: [Self; 2], b: [Self; 2]) -> Self {
        let carry = a[0].0.overflowing_add(b[0].0).1;
        a[1] + b[1] + Self(carry.into())
    }

    fn known(self) -> Option<u32> {
        Some(self.0)
    }

    fn is_too_large(self) -> bool {
        false
    }
}
