// SPDX-License-Identifier: MIT OR Apache-2.0

//! What kexec does not load.

use std::fmt;

use crate::purgatory_ro;

/// Why nothing was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The purgatory is not fit for kexec.
    PurgatoryRo(purgatory_ro::Refusal),
    /// More segments than the purgatory's table has room for.
    TooMany(usize),
    /// A segment does not start or end at a page, or the purgatory not at its alignment.
    Unaligned(String),
    /// Two segments share memory.
    Overlap(String, String),
    /// A segment lies above the purgatory.
    AbovePurgatory(String),
    /// A test tries to corrupt what is not there.
    NoSuchByte(String, u64),
}

impl From<purgatory_ro::Refusal> for Refusal {
    fn from(refusal: purgatory_ro::Refusal) -> Self {
        Self::PurgatoryRo(refusal)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PurgatoryRo(refusal) => write!(f, "purgatory.ro: {refusal}"),
            Self::TooMany(count) => write!(f, "{count} segments are too many for one digest"),
            Self::Unaligned(name) => write!(f, "{name}: not in whole pages"),
            Self::Overlap(a, b) => write!(f, "{a} and {b} overlap"),
            Self::AbovePurgatory(name) => write!(f, "{name}: lies above the purgatory"),
            Self::NoSuchByte(name, offset) => write!(f, "{name}: has no byte {offset:#x}"),
        }
    }
}

impl std::error::Error for Refusal {}
