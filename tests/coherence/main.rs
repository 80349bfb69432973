// SPDX-License-Identifier: MIT OR Apache-2.0

//! The image against a cache that does the worst the architecture allows: as it is, nothing is
//! wrong with it; spoilt in any of many ways, the model says how.
//!
//! It runs in QEMU, which has no caches, under a plugin that records what it does; the model
//! (`tests/lab/cache-model`) judges that. Each test runs alone by its name: `cargo test --test
//! coherence -- --exact mutants::leave::the_regions_are_not_cleaned::regime_1_El1And0`.

mod harness;
mod maintained;

mod as_built;
mod counts;
mod exception;
mod lines;
mod mutants;
mod parts;
mod regions;
mod windows;
