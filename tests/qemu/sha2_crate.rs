// SPDX-License-Identifier: MIT OR Apache-2.0

//! The image that `make SHA256=sha2` builds: RustCrypto's block function in the place of our own.

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::boot::{Boot, Place, noise, usual_cpu};
use purgatory_test_harness::loader::Segment;
use purgatory_test_harness::patch::{Lie, Patch};
use rstest::rstest;

use crate::expect::Expect;
use crate::harness::case;

/// Boots that image on a CPU that says this of itself.
fn on(regime: Regime, lies: &[Lie], change: impl FnOnce(&mut Boot) -> Expect) {
    case(usual_cpu(regime), regime, Place::Low, |boot| {
        let taken = boot.with_the_sha2_crate();
        taken.unwrap_or_else(|error| panic!("{error}"));
        let mut patch = Patch::new(boot).unwrap_or_else(|error| panic!("{error}"));
        lies.iter().for_each(|&lie| patch.lie(lie));
        boot.load.image = patch.finish();
        change(boot)
    });
}

#[rstest]
fn verifies_in_software(#[values(El1And0, El2, El2And0)] regime: Regime) {
    on(regime, &[Lie::NoSha2], |boot| {
        // Blocks of one region, of two, and the padding.
        boot.load.unlike_kexec = true;
        let at = boot.load.purgatory_at;
        let ragged = Segment::ragged("ragged", at, noise(4096 + 77));
        boot.load.segments.push(ragged);
        boot.load.purgatory_at = at + 0x1_0000;
        Expect::BootsThus(vec![], "D-cache on, software SHA-256")
    });
}

#[rstest]
fn verifies_in_software_without_a_window(#[values(El1And0, El2, El2And0)] regime: Regime) {
    on(regime, &[Lie::NoSha2, Lie::NoGranule], |_| {
        let line = "purgatory: D-cache stays off, verification will be slow: \
                    the CPU has no 4 KiB granule";
        Expect::BootsThus(vec![line.into()], "D-cache off, software SHA-256")
    });
}

#[rstest]
fn refuses_in_software_what_has_changed(#[values(El1And0, El2, El2And0)] regime: Regime) {
    on(regime, &[Lie::NoSha2], |boot| {
        boot.load.corrupt.push(("initrd".into(), 1234));
        Expect::DigestsDiffer
    });
}

#[rstest]
fn uses_the_cpus_instructions_where_it_has_them(#[values(El1And0, El2, El2And0)] regime: Regime) {
    on(regime, &[], |_| {
        Expect::BootsThus(vec![], "D-cache on, SHA2 instructions")
    });
}
