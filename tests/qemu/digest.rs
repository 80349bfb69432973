// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is corrupt is found, whichever byte and whichever bit it is; and no kernel is started.

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::each_regime;
use rstest::rstest;

use crate::expect::Expect;
use crate::harness::usual;

/// A place in a segment.
#[derive(Clone, Copy)]
enum Byte {
    First,
    Middle,
    /// The last of the zeros that fill the last page: they are hashed like the rest.
    Last,
}

#[rstest]
fn every_part_of_every_segment_counts(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values("kernel", "initrd", "dtb")] segment: &str,
    #[values(Byte::First, Byte::Middle, Byte::Last)] byte: Byte,
) {
    usual(regime, |boot| {
        let len = boot.segment(segment).len;
        let offset = match byte {
            Byte::First => 0,
            Byte::Middle => len / 2,
            Byte::Last => len - 1,
        };
        boot.load.corrupt.push((segment.into(), offset));
        Expect::DigestsDiffer
    });
}

each_regime! {
    usual;
    two_segments_that_changed_places_are_found: |boot| {
        // The same bytes and the same digest, but the table names them in the other order.
        let (a, b) = (
            boot.segment("kernel").clone(),
            boot.segment("initrd").clone(),
        );
        boot.load.region_pokes = vec![(0, b.at, b.len), (1, a.at, a.len)];
        Expect::DigestsDiffer
    };
    a_region_that_is_left_out_is_found: |boot| {
        // The initrd's: the kernel and the device tree are needed.
        boot.load.region_pokes = vec![(1, 0, 0)];
        Expect::DigestsDiffer
    };
    a_digest_of_zeros_is_not_a_right_one: |boot| {
        boot.load.pokes.push(("sha256_digest".into(), vec![0; 32]));
        Expect::DigestsDiffer
    };
    without_checks_the_kernel_is_started: |boot| {
        boot.load.skip_checks = true;
        Expect::BootsUnchecked
    };
}

/// Every third of the 256 bits in this regime; all in all, all of them.
#[rstest]
#[case(El1And0, 0)]
#[case(El2, 1)]
#[case(El2And0, 2)]
fn every_bit_of_the_digest_counts(#[case] regime: Regime, #[case] first: usize) {
    for bit in (first..256).step_by(3) {
        usual(regime, |boot| {
            // The smaller, the sooner it is hashed.
            boot.only_the_kernel();
            boot.load.digest_flips = vec![bit];
            Expect::DigestsDiffer
        });
    }
}
