// SPDX-License-Identifier: MIT OR Apache-2.0

//! A64 instructions: made, recognised, and followed from function to function.
//!
//! All instruments and tests take them from here. Three read them on their own, as second opinions:
//! xtask, which refuses a panic and must be built without tests; the prover, which executes them; the
//! tracer, which knows system instructions by their operands.

pub mod calls;
mod encode;
mod flow;
mod pattern;

pub use self::encode::*;
pub use self::flow::Flow;
pub use self::pattern::*;
