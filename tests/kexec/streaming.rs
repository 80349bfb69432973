// SPDX-License-Identifier: MIT OR Apache-2.0

//! A crash at an exception of a program in streaming mode (FEAT_SME). Linux takes the exception and
//! starts the purgatory with the mode still on, in which the CPU has no SHA2 instructions, unless
//! it has FEAT_SME_FA64; and a kernel that is started in it panics.

use purgatory_test_harness::linux::{Cycle, Leave, Suite};
use purgatory_test_harness::this_test::waived;
use rstest::rstest;

use crate::run::{
    BOOTING, CRASH_USERLAND, CRASHED_IMAGE, GREETING, Line, UNVERIFIED, VERIFIED_AT_EL1,
    VERIFIED_AT_EL2, VERIFIED_AT_EL2_VHE, VMCORE, VMCORE_NOTES, run,
};

/// Linux 6.12 and later oops with LPA2.
const SME: &str = "max,sme_fa64=off,lpa2=off";

/// Linux' panic: the signal by which the program died, once it was in streaming mode, and its name.
const SIGSEGV: Line = &["[", "Attempted to kill init! exitcode=0x0000000b"];
const OF_THE_PROGRAM: Line = &["[", " CPU: 0 ", " Comm: streaming "];

#[rstest]
#[case::at_el1(Cycle::new(SME), VERIFIED_AT_EL1)]
// The CPU has VHE; this keeps Linux from using it, and so the purgatory is entered without.
#[case::at_el2(Cycle::new(SME).el2().kernel_option("kvm-arm.mode=nvhe"), VERIFIED_AT_EL2)]
#[case::at_el2_with_vhe(Cycle::new(SME).el2(), VERIFIED_AT_EL2_VHE)]
#[case::unverified(Cycle::new(SME).el2().option("--no-checks"), UNVERIFIED)]
fn a_crash_in_streaming_mode(#[case] cycle: Cycle, #[case] verdict: Line) {
    if waived("sid") {
        return;
    }
    let cycle = cycle.kernel(Suite::Sid).leave(Leave::StreamingCrash);
    run(cycle).says(&[
        &["init: on to streaming mode"],
        SIGSEGV,
        OF_THE_PROGRAM,
        GREETING,
        verdict,
        BOOTING,
        CRASH_USERLAND,
        VMCORE,
        VMCORE_NOTES,
        CRASHED_IMAGE,
    ]);
}
