// SPDX-License-Identifier: MIT OR Apache-2.0

//! The claims themselves.

use std::time::Instant;

use purgatory_test_proof::Term;
use purgatory_test_proof::claim::{self, Instructions, Routine, Software};
use rstest::rstest;

use crate::{CRATE, OWN, image};

fn prove<R: Routine>(name: &str) {
    let image = image(name);
    let start = Instant::now();
    let extent = claim::prove::<R>(&image).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
    println!(
        "{name}, {}: {extent:?} in {:?}; {} terms in all",
        R::NAME,
        start.elapsed(),
        Term::count()
    );
}

/// There is no proof for the software of the crate's image: it is what a compiler makes of
/// RustCrypto's source, with calls, tables of its own and loops over bytes.
#[test]
fn software() {
    prove::<Software>(OWN);
}

#[rstest]
fn instructions(#[values(OWN, CRATE)] name: &str) {
    prove::<Instructions>(name);
}

#[rstest]
fn cleared_vectors(#[values(OWN, CRATE)] name: &str) {
    claim::clears_vectors(&image(name)).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
}

#[rstest]
fn constants(#[values(OWN, CRATE)] name: &str) {
    claim::has_constants(&image(name)).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
}
