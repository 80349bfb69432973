//! The image in QEMU, between two small kernels: every regime, CPU and place; what is corrupt, wrong
//! or odd; and the state in which the new kernel finds the machine.
//!
//! Each test runs alone by its name: `cargo test --test qemu -- --exact guests::the_new_kernel_sees_a_byte_that_has_changed`.

mod expect;
mod harness;
mod run;

mod console;
mod cpu_shim;
mod digest;
mod entry_state;
mod exceptions;
mod guests;
mod input;
mod loader_tables;
mod loader_tables_garbage;
mod matrix;
mod placement;
mod regions;
mod stack;
