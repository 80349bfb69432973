// SPDX-License-Identifier: MIT OR Apache-2.0

//! A kernel at physical address 0, where machines have it whose memory begins there.

use purgatory_test_harness::linux::Cycle;

use crate::run::{BOOTING, DTB, ENTRY, GREETING, LAST_USERLAND, Line, VERIFIED_AT_EL2, run};

/// Its memory begins at 0. It has two Cortex-A72, with EL2.
const MEMORY_AT_0: &str = "xlnx-versal-virt";

/// QEMU 11.1 gives it an interrupt translation service (ITS), whose tables each kernel would leave to the
/// next one, which takes them for its own wherever they lie: in its text, with a first kernel at 2 MiB.
/// This is Linux' own remedy, for all kernels but the last.
const NO_LPIS: &str = "irqchip.gicv3_nolpi=1";

const ENTRY_AT_0: Line = &["purgatory: entry=0x0000000000000000"];
const MIDDLE_USERLAND: Line = &["init: stage middle, Linux "];

/// kexec loads a kernel into the lowest hole that is large enough. QEMU starts the first kernel at
/// 2 MiB, so the second one comes to lie above that. Then there is room from 0 on, and there goes
/// the third; which leaves in turn for one that lies above it.
#[test]
fn the_second_of_three_kexecs_starts_a_kernel_at_0() {
    let cycle = Cycle::on_machine(MEMORY_AT_0).kernel_option(NO_LPIS);
    run(cycle.kexecs(3)).says(&[
        GREETING,
        ENTRY,
        DTB,
        VERIFIED_AT_EL2,
        BOOTING,
        MIDDLE_USERLAND,
        GREETING,
        ENTRY_AT_0,
        DTB,
        VERIFIED_AT_EL2,
        BOOTING,
        MIDDLE_USERLAND,
        GREETING,
        ENTRY,
        DTB,
        VERIFIED_AT_EL2,
        BOOTING,
        LAST_USERLAND,
    ]);
}
