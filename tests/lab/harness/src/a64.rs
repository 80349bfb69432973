// SPDX-License-Identifier: MIT OR Apache-2.0

//! A64 instructions, and short sequences of them.

mod sequence;

pub use self::sequence::*;
pub use purgatory_test_a64::*;
