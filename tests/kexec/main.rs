// SPDX-License-Identifier: MIT OR Apache-2.0

//! The real thing: Debian's arm64 kernel in QEMU, kexec-tools as released but for our
//! `purgatory.ro` in it, and a second kernel that reaches its userland. One alone, with a name from
//! below:
//!
//! ```text
//! cargo test --test kexec -- --exact boots_at_el1
//! ```

mod chain;
mod installed;
mod replaced;
mod run;
mod streaming;

use purgatory_test_harness::linux::{Cycle, Kexec, Leave};
use purgatory_test_harness::this_test::waived;

use self::run::{
    BOOTING, CRASH_USERLAND, CRASHED_IMAGE, DTB, ENTRY, GREETING, LAST_USERLAND, UNVERIFIED,
    VERIFIED_AT_EL1, VERIFIED_AT_EL2, VERIFIED_AT_EL2_VHE, VMCORE, VMCORE_NOTES, boots, run,
};

/// Cortex-A72 has no VHE, Neoverse N1 has.
const NO_VHE: &str = "cortex-a72";
const VHE: &str = "neoverse-n1";

#[test]
fn boots_at_el1() {
    boots(Cycle::new(NO_VHE), VERIFIED_AT_EL1);
}

#[test]
fn boots_at_el2() {
    boots(Cycle::new(NO_VHE).el2(), VERIFIED_AT_EL2);
}

#[test]
fn boots_at_el2_with_vhe() {
    boots(Cycle::new(VHE).el2(), VERIFIED_AT_EL2_VHE);
}

#[test]
fn boots_at_el2_with_vhe_from_above_4_gib() {
    let cycle = Cycle::new(VHE).el2().memory("6144");
    let run = boots(cycle.option("--mem-min=0x140000000"), VERIFIED_AT_EL2_VHE);
    run.says(&[
        &["purgatory: entry=", "0000000140000000"],
        &["purgatory: dtb=", "00000001"],
    ]);
}

#[test]
fn boots_with_the_newest_kexec_tools() {
    if waived("sid") {
        return;
    }
    boots(Cycle::new(VHE).el2().kexec(Kexec::Sid), VERIFIED_AT_EL2_VHE);
}

#[test]
fn boots_unverified_where_the_user_asks_for_no_checks() {
    let cycle = Cycle::new(VHE).el2().option("--no-checks");
    let run = boots(cycle, UNVERIFIED);
    run.never_says(" verified in ");
}

#[test]
fn boots_a_crash_kernel_that_sees_the_crashed_one() {
    let run = run(Cycle::new(NO_VHE).el2().leave(Leave::Crash));
    run.says(&[
        GREETING,
        ENTRY,
        DTB,
        VERIFIED_AT_EL2,
        BOOTING,
        CRASH_USERLAND,
        VMCORE,
        VMCORE_NOTES,
        CRASHED_IMAGE,
    ]);
    // Of 1024 MiB the crash kernel has 192 for itself.
    let mebibytes = run.number_after("init: vmcore of ") >> 20;
    assert!(
        (832..1024).contains(&mebibytes),
        "\nexpected: a vmcore of 832 to 1024 MiB, not {mebibytes}\n{}",
        run.got()
    );
}

#[test]
fn refuses_a_crash_kernel_that_stray_dma_overwrote() {
    let run = run(Cycle::new(VHE).el2().leave(Leave::DamagedCrash));
    run.says(&[
        &["init: loaded"],
        &["init: stray DMA over the loaded kernel"],
        GREETING,
        &["purgatory: ", "sha256 digests do not match"],
        &["purgatory: ", " digest: "],
        &["purgatory: ", "sha256_digest: "],
    ]);
    run.never_says("purgatory: booting kernel now");
    run.never_says("init: stage crash");
}

/// A root that travels as one initrd: a line before each second of the hash.
#[test]
#[ignore = "minutes: kexec hashes 1.2 GiB in QEMU as well"]
fn boots_with_an_initrd_of_more_than_a_gibibyte() {
    let cycle = Cycle::new(VHE).el2().memory("6144");
    let run = boots(cycle.kernel_option("grow=1200"), VERIFIED_AT_EL2_VHE);
    const HOW: &str = " MiB (EL2 VHE, D-cache on, SHA2 instructions)";
    run.says(&[
        DTB,
        &["purgatory: hashed 0.0 of 12", HOW],
        &["purgatory: hashed 1024.0 of 12", HOW],
        VERIFIED_AT_EL2_VHE,
        BOOTING,
    ]);
}

/// Where this fails too, the fault is not in our purgatory.
#[test]
#[ignore = "a control without our code: tells whether kernel, kexec-tools and QEMU do"]
fn the_c_purgatory_boots() {
    let run = run(Cycle::new(VHE).el2().kexec(Kexec::WithCPurgatory));
    run.says(&[GREETING, ENTRY, DTB, BOOTING, LAST_USERLAND]);
}
