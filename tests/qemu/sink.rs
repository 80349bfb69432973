// SPDX-License-Identifier: MIT OR Apache-2.0

//! A sink that fails costs the console, never the boot; one that cannot be told from memory is not
//! used.

use purgatory_test_harness::Piece;
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::boot::Boot;
use purgatory_test_harness::briefing::{SINK_ABORTS, SINK_RAISES_SERROR};
use rstest::rstest;

use crate::expect::Expect;
use crate::harness::usual;

/// Nothing answers here, on QEMU's `virt`.
const HOLE: u64 = 0x0f00_0000;

#[rstest]
fn where_nothing_answers_it_boots_silently(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        boot.load.sink = HOLE;
        Expect::BootsSilently
    });
}

#[rstest]
fn where_nothing_answers_what_is_corrupt_is_found(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        boot.load.sink = HOLE;
        boot.load.corrupt.push(("kernel".into(), 0));
        Expect::HaltsSilently
    });
}

/// The flash, where stores are commands.
#[rstest]
fn where_memory_is_read_only_it_boots_silently(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        boot.load.sink = 0x1000;
        Expect::BootsSilently
    });
}

#[test]
fn where_the_uarts_store_aborts_it_boots_silently() {
    usual(El1And0, |boot| {
        boot.break_sink(SINK_ABORTS);
        Expect::BootsSilently
    });
}

/// A device without a clock, behind a bus that buffers. The SError must not wait for the new
/// kernel.
#[test]
fn where_the_uarts_store_raises_an_serror_it_boots_silently() {
    usual(El1And0, |boot| {
        boot.break_sink(SINK_RAISES_SERROR);
        Expect::BootsSilently
    });
}

/// As `kexec --no-checks` leaves it: no regions to tell what is memory.
fn unchecked(boot: &mut Boot, sink: u64) -> Expect {
    boot.load.skip_checks = true;
    boot.load.sink = sink;
    Expect::BootsSilently
}

#[rstest]
fn without_checks_the_kernels_first_word_is_no_sink(
    #[values(El1And0, El2, El2And0)] regime: Regime,
) {
    usual(regime, |boot| unchecked(boot, boot.load.entry));
}

#[rstest]
fn without_checks_the_kernel_is_no_sink(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        let sink = boot.load.entry + 0x1_0000;
        // What a kernel would have there; this one is shorter.
        boot.pieces.push(Piece::new("kernel's data", sink, &[], 8));
        unchecked(boot, sink)
    });
}

#[rstest]
fn without_checks_the_device_tree_is_no_sink(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| unchecked(boot, boot.load.dtb + 4));
}
