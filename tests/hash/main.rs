//! The image's SHA-256, both ways of it, against `sha2` on the host and against NIST's vectors.
//!
//! A guest is compiled from the image's own source and hashes a list of messages in one boot, in each
//! regime, on a CPU with the instructions, with the MMU off. Each test runs alone by its name:
//! `cargo test --test hash -- --exact el2`.

mod boot;
mod cases;
mod messages;
mod nist;

use boot::check;
use purgatory_test_harness::Regime;

#[test]
fn el1() {
    check("el1", "cortex-a53", Regime::El1And0);
}

#[test]
fn el2() {
    check("el2", "cortex-a72", Regime::El2);
}

#[test]
fn el2_vhe() {
    check("el2_vhe", "neoverse-n1", Regime::El2And0);
}
