// SPDX-License-Identifier: MIT OR Apache-2.0

//! Every system register, whatever was left in it: the image verifies and hands over anyway.
//!
//! A guest finds the registers by trying all encodings, so that one which a later QEMU has joins by
//! itself. It sets each alone to four values, and many at random, and calls the image; one boot
//! holds a thousand calls. At the kernel's entry it reads all of them again, and compares.
//!
//! Each test runs alone by its name:
//! `cargo test --test registers -- --exact mutants::mair_is_not_given_back::regime_1_El1And0`.

mod document;
mod mutants;
mod report;
mod run;

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use rstest::rstest;

/// Streaming mode with and without FEAT_SME_FA64, with which it forbids no instruction.
#[rstest]
fn every_register(
    #[values("max", "max,sme_fa64=off")] cpu: &str,
    #[values(El1And0, El2, El2And0)] regime: Regime,
) {
    run::all_is_well(cpu, regime);
}

/// Nothing is verified then, and all the rest is the same.
#[rstest]
fn without_checks(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run::all_is_well_without_checks("max,sme_fa64=off", regime);
}
