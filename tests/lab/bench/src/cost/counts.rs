// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is counted.

use std::ops::{Add, Mul, Sub};

use purgatory_test_tracer::phases::Phase;

/// What costs time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Instructions.
    pub instructions: u64,
    /// Loads and stores of at most 16 bytes that go past the caches: with the MMU off.
    pub device: u64,
    /// Loads and stores of at most 16 bytes that are cached: with the MMU on.
    pub normal: u64,
    /// Cache maintenance by address with the MMU off.
    pub dc_outside: u64,
    /// Cache maintenance by address with the MMU on.
    pub dc_inside: u64,
}

impl Counts {
    /// Applies a function to each of two's.
    fn zip(self, other: Self, with: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            instructions: with(self.instructions, other.instructions),
            device: with(self.device, other.device),
            normal: with(self.normal, other.normal),
            dc_outside: with(self.dc_outside, other.dc_outside),
            dc_inside: with(self.dc_inside, other.dc_inside),
        }
    }

    /// Divides each of them: the quotients, and the rest of the instructions, accesses and
    /// maintenance together.
    pub fn divided(self, by: u64) -> (Self, u64) {
        let each = self.zip(Self::default(), |all, _| all / by);
        let rest = self - each * by;
        let rest = rest.instructions + rest.device + rest.normal + rest.dc_outside + rest.dc_inside;
        (each, rest)
    }
}

impl From<Phase> for Counts {
    fn from(phase: Phase) -> Self {
        Self {
            instructions: phase.instructions,
            device: phase.device.total(),
            normal: phase.normal.total(),
            dc_outside: phase.dc_outside,
            dc_inside: phase.dc_inside,
        }
    }
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
}

impl Sub for Counts {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
}

impl Mul<u64> for Counts {
    type Output = Self;

    fn mul(self, times: u64) -> Self {
        self.zip(self, |a, _| a * times)
    }
}
