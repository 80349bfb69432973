// SPDX-License-Identifier: MIT OR Apache-2.0

//! The image in QEMU, between two small kernels: every regime, CPU and place; what is corrupt,
//! wrong or odd; and the state in which the new kernel finds the machine.
//!
//! Each test runs alone by its name:
//! `cargo test --test qemu -- --exact input::a_dtb_of_0::regime_1_El1And0`.

mod expect;
mod harness;
mod run;

mod console;
mod cpu_shim;
mod digest;
mod entry_state;
mod exceptions;
mod firmware;
mod guests;
mod input;
mod loader_tables;
mod long;
mod matrix;
mod no_memory;
mod paths;
mod placement;
mod pool;
mod regions;
mod reset;
mod sha2_crate;
mod sink;
mod stack;
mod time;
mod windows;
