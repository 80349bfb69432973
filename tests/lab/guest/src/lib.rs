// SPDX-License-Identifier: MIT OR Apache-2.0

//! Bare-metal programs that play the two kernels around the purgatory.
//!
//! - `old-kernel` is where the machine starts. It brings the CPU into the state in which Linux
//!   branches to a purgatory, or into a dirtier one, notes what it leaves in the system registers,
//!   and branches.
//! - `new-kernel` is what the purgatory hands over to. It compares what it finds with what a kernel
//!   may expect, reports item by item, and ends the machine.
//! - `careless-purgatory` gives nothing back and hands over the wrong things: what the new kernel
//!   must see.
//! - `firmware` runs below them at EL3, and traps what it does not know of the CPU.
//! - `cpu-shim` runs below them at EL2 and lies to the purgatory about the CPU.
//! - `register-sweep` is both kernels, for a purgatory that is called again and again, each time
//!   with something else in the system registers ([`sweep`]).
//! - `flip-sweep` is both kernels likewise, for one that finds something else in memory each time
//!   ([`flips`]).
//! - `hash` stands apart: it runs the image's SHA-256 alone, over the messages of a list
//!   ([`jobs`]).
//! - `libcalls` likewise runs what the compiler may call, with all lengths, places and overlaps up
//!   to some bytes.
//!
//! All are position independent and flat: the loader applies their relative relocations. They read
//! one [`Briefing`], which the loader places outside everything that is hashed.

#![no_std]

pub mod briefing;
pub mod flips;
pub mod id_register;
pub mod jobs;
pub mod random;
pub mod register;
pub mod sctlr;
pub mod sweep;

#[cfg(feature = "bare-metal")]
pub mod machine;

pub use self::briefing::{Briefing, Logbook, Piece, Setting, checksum};
pub use self::id_register::{IdOverride, IdRegister};
pub use self::register::{Regime, Register};
