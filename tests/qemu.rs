//! The image in QEMU, between two small kernels: every regime, CPU and place; what is corrupt, wrong
//! or odd; and the state in which the new kernel finds the machine.
//!
//! Each test runs alone by its name: `cargo test --test qemu -- --exact matrix::el1::max::low`.

#[path = "qemu/expect.rs"]
mod expect;
#[path = "qemu/harness.rs"]
mod harness;
#[path = "qemu/run.rs"]
mod run;

#[path = "qemu/console.rs"]
mod console;
#[path = "qemu/cpu_shim.rs"]
mod cpu_shim;
#[path = "qemu/digest.rs"]
mod digest;
#[path = "qemu/entry_state.rs"]
mod entry_state;
#[path = "qemu/exceptions.rs"]
mod exceptions;
#[path = "qemu/guests.rs"]
mod guests;
#[path = "qemu/input.rs"]
mod input;
#[path = "qemu/loader_tables.rs"]
mod loader_tables;
#[path = "qemu/loader_tables_garbage.rs"]
mod loader_tables_garbage;
#[path = "qemu/matrix.rs"]
mod matrix;
#[path = "qemu/placement.rs"]
mod placement;
#[path = "qemu/regions.rs"]
mod regions;
#[path = "qemu/stack.rs"]
mod stack;
