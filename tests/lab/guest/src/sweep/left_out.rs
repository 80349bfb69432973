// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is never written, or never to all bits, each with its reason.

use super::Encoding;
use super::rule::*;
use crate::Regime::{self, El1And0, El2, El2And0};

/// Bits of a register that stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The regimes in which they do.
    pub regimes: &'static [Regime],
    /// The register.
    pub register: Encoding,
    /// The bits.
    pub bits: u64,
    /// When they do.
    pub when: When,
    /// Why.
    pub reason: &'static str,
}

/// When bits of a register stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// In combinations; alone they are written.
    InCombinations,
    /// Always; what is in them is compared.
    Always,
    /// Always, and the register is not even read: it is another one by another name.
    NotEvenRead,
}

impl When {
    /// Returns its name.
    pub const fn words(self) -> &'static str {
        match self {
            Self::InCombinations => "in combinations",
            Self::Always => "always",
            Self::NotEvenRead => "always, and not read",
        }
    }
}

/// All of them.
pub const LEFT_OUT: &[LeftOut] = &[
    always(&[El1And0], SCTLR_EL1, MMU_AND_CACHE, OFF),
    always(&[El2, El2And0], SCTLR_EL2, MMU_AND_CACHE, OFF),
    always(&[El2, El2And0], HCR_EL2, E2H, "each value is a regime"),
    always(&[El2, El2And0], CNTFRQ_EL0, u64::MAX << 26, SLOW),
    always(&[El1And0, El2], GCSCR_EL1, u64::MAX, CONTROL_STACK),
    always(&[El2, El2And0], GCSCR_EL2, u64::MAX, CONTROL_STACK),
    alias(SCTLR_EL1),
    alias(SPSR_EL1),
    alias(ELR_EL1),
    alias(ESR_EL1),
    alias(FAR_EL1),
    alias(VBAR_EL1),
    alias(GCSCR_EL1),
    combined(DAIF, MASKED),
    combined(CNTFRQ_EL0, SLOW),
];

/// `SCTLR_ELx.M` and `C`.
const MMU_AND_CACHE: u64 = 1 | 1 << 2;
const E2H: u64 = 1 << 34;

const OFF: &str = "the old kernel has MMU and D-cache off, by contract";
const MASKED: &str = "the old kernel has interrupts masked, by contract; alone it is tried";
const SLOW: &str = "the console would take seconds for each call; alone, at EL1, it is tried";
const CONTROL_STACK: &str =
    "with a stack of a kernel's own no call of ours returns; Linux has none";
const ALIAS: &str = "with E2H = 1 this name is the register of EL2, which is tried by its own";

const fn always(
    regimes: &'static [Regime],
    register: Encoding,
    bits: u64,
    reason: &'static str,
) -> LeftOut {
    LeftOut {
        regimes,
        register,
        bits,
        when: When::Always,
        reason,
    }
}

const fn alias(register: Encoding) -> LeftOut {
    LeftOut {
        regimes: &[El2And0],
        register,
        bits: u64::MAX,
        when: When::NotEvenRead,
        reason: ALIAS,
    }
}

const fn combined(register: Encoding, reason: &'static str) -> LeftOut {
    LeftOut {
        regimes: &Regime::ALL,
        register,
        bits: u64::MAX,
        when: When::InCombinations,
        reason,
    }
}
