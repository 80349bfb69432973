//! What is corrupt is found, whichever byte and whichever bit it is; and no kernel is started.

use crate::expect::Expect;
use crate::harness::{in_each_regime, usual};
use purgatory_test_harness::Regime;
use purgatory_test_harness::boot::Boot;

/// A place in a segment.
#[derive(Clone, Copy)]
enum Byte {
    First,
    Middle,
    /// The last of the zeros that fill the last page: they are hashed like the rest.
    Last,
}

/// Changes one byte after the digest was made.
fn corrupt(boot: &mut Boot, name: &str, byte: Byte) -> Expect {
    let len = boot.segment(name).len;
    let offset = match byte {
        Byte::First => 0,
        Byte::Middle => len / 2,
        Byte::Last => len - 1,
    };
    boot.load.corrupt.push((name.into(), offset));
    Expect::DigestsDiffer
}

in_each_regime! {
    the_first_byte_of_the_kernel_counts: |boot| corrupt(boot, "kernel", Byte::First);
    a_byte_amid_the_kernel_counts: |boot| corrupt(boot, "kernel", Byte::Middle);
    the_last_byte_of_the_kernel_counts: |boot| corrupt(boot, "kernel", Byte::Last);
    the_first_byte_of_the_initrd_counts: |boot| corrupt(boot, "initrd", Byte::First);
    a_byte_amid_the_initrd_counts: |boot| corrupt(boot, "initrd", Byte::Middle);
    the_last_byte_of_the_initrd_counts: |boot| corrupt(boot, "initrd", Byte::Last);
    the_first_byte_of_the_dtb_counts: |boot| corrupt(boot, "dtb", Byte::First);
    a_byte_amid_the_dtb_counts: |boot| corrupt(boot, "dtb", Byte::Middle);
    the_last_byte_of_the_dtb_counts: |boot| corrupt(boot, "dtb", Byte::Last);

    two_segments_that_changed_places_are_found: |boot| {
        // The same bytes and the same digest, but the table names them in the other order.
        let (a, b) = (boot.segment("kernel").clone(), boot.segment("initrd").clone());
        boot.load.region_pokes = vec![(0, b.at, b.len), (1, a.at, a.len)];
        Expect::DigestsDiffer
    };
    a_region_that_is_left_out_is_found: |boot| {
        boot.load.region_pokes = vec![(2, 0, 0)];
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
fn each_bit(name: &str, regime: Regime, first: usize) {
    for bit in (first..256).step_by(3) {
        usual(name, regime, |boot| {
            // The smaller, the sooner it is hashed.
            boot.load.segments.truncate(1);
            boot.load.digest_flips = vec![bit];
            Expect::DigestsDiffer
        });
    }
}

mod every_bit_of_the_digest_counts {
    use super::*;

    #[test]
    fn el1() {
        each_bit(concat!(module_path!(), "::el1"), Regime::El1And0, 0);
    }

    #[test]
    fn el2() {
        each_bit(concat!(module_path!(), "::el2"), Regime::El2, 1);
    }

    #[test]
    fn el2_vhe() {
        each_bit(concat!(module_path!(), "::el2_vhe"), Regime::El2And0, 2);
    }
}
