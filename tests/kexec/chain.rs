// SPDX-License-Identifier: MIT OR Apache-2.0

//! A kernel at physical address 0, where machines have it whose memory begins there.

use purgatory_test_harness::linux::Cycle;

use crate::run::{BOOTING, DTB, ENTRY, GREETING, Line, SECOND_USERLAND, VERIFIED_AT_EL2, run};

/// Its memory begins at 0. It has two Cortex-A72, with EL2.
const MEMORY_AT_0: &str = "xlnx-versal-virt";

const ENTRY_AT_0: Line = &["purgatory: entry=0x0000000000000000"];

/// kexec loads a kernel into the lowest hole that is large enough. QEMU starts the first kernel at
/// 2 MiB, so the next one comes to lie above that. Then there is room from 0 on, and there goes the last.
#[test]
fn the_second_kexec_of_a_chain_starts_a_kernel_at_0() {
    run(Cycle::on_machine(MEMORY_AT_0).once_more()).says(&[
        GREETING,
        ENTRY,
        DTB,
        VERIFIED_AT_EL2,
        BOOTING,
        &["init: stage middle, Linux "],
        GREETING,
        ENTRY_AT_0,
        DTB,
        VERIFIED_AT_EL2,
        BOOTING,
        SECOND_USERLAND,
    ]);
}
