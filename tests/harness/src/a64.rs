//! A64 instructions: how they look, and how those are made that tests write into the image.

mod encode;
mod pattern;
mod sequence;

pub use encode::*;
pub use pattern::*;
pub use sequence::*;
