// SPDX-License-Identifier: MIT OR Apache-2.0

//! What verifying costs, counted in QEMU: of the image in each situation, and of the C purgatory of
//! kexec-tools.

mod case;
mod lab;

use purgatory_test_tracer::phases::Phase;

pub use self::case::{Case, MIB, Window};
pub use self::lab::Lab;

/// Bytes in a SHA-256 block.
pub const BLOCK: u64 = 64;

/// Bytes in a cache line of the CPU that is played.
pub const LINE: u64 = 64;

/// What a run costs.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// What ran.
    pub case: Case,
    /// Bytes of all regions.
    pub size: u64,
    /// Hashing.
    pub hash: Phase,
    /// Writing the regions back.
    pub flush: Phase,
    /// All the rest.
    pub rest: Phase,
    /// Not run, but computed from what smaller ones have cost.
    pub computed: bool,
}
