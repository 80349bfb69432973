// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the test of the hash tells its guest, and what the guest answers.
//!
//! Both lists are pieces of the briefing: [`JOBS`] and [`ANSWERS`].

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The piece with the [`Job`]s.
pub const JOBS: &str = "jobs";
/// The piece with an [`Answer`] for each.
pub const ANSWERS: &str = "answers";

/// [`Job::path`]: integer registers.
pub const SOFTWARE: u64 = 0;
/// [`Job::path`]: the CPU's SHA2 instructions.
pub const INSTRUCTIONS: u64 = 1;

/// One message to hash.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Job {
    /// [`SOFTWARE`] or [`INSTRUCTIONS`].
    pub path: u64,
    /// What traps FP/SIMD before: `CPACR_EL1` or `CPTR_EL2`.
    pub traps: u64,
    /// 0: the regions are hashed. Otherwise the first of them is the seed of this many steps of the
    /// Monte Carlo test of NIST's "Secure Hash Algorithm Validation System", 6.4.
    pub steps: u64,
    /// How many of the regions make up the message.
    pub count: u64,
    /// Address and length.
    pub regions: [[u64; 2]; 16],
}

/// What came of a job.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Answer {
    /// The digest.
    pub digest: [u8; 32],
    /// What traps FP/SIMD after it; as before, if all is well.
    pub traps: u64,
    /// Bits of the vector registers that are not what they should be: all 0 after the instructions
    /// were used, untouched otherwise.
    pub vectors: u64,
}
