// SPDX-License-Identifier: MIT OR Apache-2.0

//! The image's SHA-256, both ways of it, against `sha2` on the host and against NIST's vectors.
//!
//! A guest is compiled from the image's own source and hashes a list of messages in one boot, in
//! each regime, on a CPU with the instructions, with the MMU off. Each test runs alone by its name:
//! `cargo test --test hash -- --exact every_message_in_both_ways::regime_2_El2`.

mod boot;
mod cases;
mod libcalls;
mod messages;
mod nist;

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use rstest::rstest;

use self::boot::check;

#[rstest]
fn every_message_in_both_ways(#[values(El1And0, El2, El2And0)] regime: Regime) {
    check(regime, "hash");
}

/// The software is that of the crate `sha2`, as in the image that `make SHA256=sha2` builds.
#[rstest]
fn every_message_with_the_crate(#[values(El1And0, El2, El2And0)] regime: Regime) {
    check(regime, "hash-sha2");
}
