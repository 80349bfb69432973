// SPDX-License-Identifier: MIT OR Apache-2.0

//! A64 instructions: how they look, and how those are made that tests write into the image.

mod encode;
mod pattern;
mod sequence;

pub use self::encode::*;
pub use self::pattern::*;
pub use self::sequence::*;
