// SPDX-License-Identifier: MIT OR Apache-2.0

//! The probe in QEMU: behind the purgatory as the tests' loader and a real kexec start it, behind one that
//! hands over the wrong things, and without any; on machines of several kinds.
//!
//! Figures are never judged by time: only by their order, where the machine's clock goes by instructions.

mod console;
mod exceptions;
mod figures;
mod hand_over;
mod header;
mod kexec;
mod machines;
mod regimes;
mod run;
mod tree;
