// SPDX-License-Identifier: MIT OR Apache-2.0

//! That the block routines in the linked image are SHA-256, and that who says so can be believed.
//!
//! Each test runs alone by its name: `cargo test --test proof -- --exact claims::software`.

mod calls;
mod claims;
mod concrete;
mod controls;
mod faults;
mod mutants;
mod parts;
mod random;
mod semantics;
mod streaming;

use std::fs;

use purgatory_test_harness::artifact;
use purgatory_test_proof::Image;

/// Those that `make` builds: with our own software, and with the crate `sha2`.
const OWN: &str = "purgatory.elf";
const CRATE: &str = "purgatory-sha2.elf";

fn elf(name: &str) -> Vec<u8> {
    let path = artifact(name).unwrap_or_else(|error| panic!("{error}"));
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn image(name: &str) -> Image {
    Image::read(&elf(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}
