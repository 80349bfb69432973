// SPDX-License-Identifier: MIT OR Apache-2.0

//! A sink that fails costs the console, never the boot; one that cannot be told from memory is not
//! used.

use purgatory_test_harness::Regime::{El1And0, El2, El2And0};
use purgatory_test_harness::boot::Boot;
use purgatory_test_harness::briefing::{
    HASH_RAISES_SERROR, SERROR_PENDING, SINK_ABORTS, SINK_RAISES_SERROR,
};
use purgatory_test_harness::each_regime;
use purgatory_test_harness::{Piece, console};
use rstest::rstest;

use crate::expect::{Expect, words};
use crate::harness::{usual, usual_boot};
use crate::run::Run;

/// Nothing answers here, on QEMU's `virt`.
const HOLE: u64 = 0x0f00_0000;

each_regime! {
    usual;
    where_nothing_answers_it_boots_silently: |boot| {
        boot.load.sink = HOLE;
        Expect::BootsSilently
    };
    where_nothing_answers_what_is_corrupt_is_found: |boot| {
        boot.load.sink = HOLE;
        boot.load.corrupt.push(("kernel".into(), 0));
        Expect::HaltsSilently
    };
    /// The flash, where stores are commands.
    where_memory_is_read_only_it_boots_silently: |boot| {
        boot.load.sink = 0x1000;
        Expect::BootsSilently
    };
}

#[test]
fn where_the_uarts_store_aborts_it_boots_silently() {
    usual(El1And0, |boot| {
        boot.break_sink(SINK_ABORTS);
        Expect::BootsSilently
    });
}

/// A device without a clock, behind a bus that buffers. The SError must not wait for the new kernel.
#[test]
fn where_the_uarts_store_raises_an_serror_it_boots_silently() {
    usual(El1And0, |boot| {
        boot.break_sink(SINK_RAISES_SERROR);
        Expect::BootsSilently
    });
}

/// Memory whose error comes late: what was hashed may not be what is there, and the new kernel would
/// take the SError for one of its own.
#[rstest]
fn an_serror_that_came_with_the_hash_starts_nothing(#[values(false, true)] corrupt: bool) {
    usual(El1And0, |boot| {
        boot.break_sink(HASH_RAISES_SERROR);
        let [entry, dtb] = [boot.load.entry, boot.load.dtb];
        let mut lines = vec![
            format!("purgatory: entry={entry:#018x}"),
            format!("purgatory: dtb={dtb:#018x}"),
            "purgatory: SError while hashing: bad memory?".into(),
        ];
        if corrupt {
            boot.load.corrupt.push(("kernel".into(), 0));
            lines.push("purgatory: sha256 digests do not match".into());
            lines.extend(
                ["digest: *", "sha256_digest: *"].map(|word| format!("purgatory: *{word}")),
            );
        }
        Expect::RefusesThus(lines)
    });
}

/// An SError that the old kernel has left pending is not the console's: the image does not take it,
/// and the kernel finds it pending still.
#[test]
fn an_serror_that_was_pending_before_costs_nothing() {
    let regime = El1And0;
    let mut boot = usual_boot(regime);
    boot.break_sink(SERROR_PENDING);
    let run = Run::new(&boot);
    run.purgatory_says(&words(&boot, &Expect::Boots));
    let kernel = console::new_kernel(&run.outcome.console);
    let failed = kernel.map(|kernel| kernel.failed).unwrap_or_default();
    let pending = "no SError pending FAIL: got 0x0000000000000100";
    run.equal("failed checks", &vec![pending], &failed);
    run.passed();
}

/// As `kexec --no-checks` leaves it: no regions to tell what is memory.
fn unchecked(boot: &mut Boot, sink: u64) -> Expect {
    boot.load.skip_checks = true;
    boot.load.sink = sink;
    Expect::BootsSilently
}

each_regime! {
    usual;
    without_checks_the_kernels_first_word_is_no_sink: |boot| unchecked(boot, boot.load.entry);
    /// All that was loaded lies above the kernel, and none of it is named to the image.
    without_checks_the_initrd_is_no_sink: |boot| {
        let sink = boot.segment("initrd").at + 0x18;
        unchecked(boot, sink)
    };
    without_checks_memory_above_the_kernel_is_no_sink: |boot| {
        let sink = boot.load.entry + 0x1_0000;
        // What a kernel would have there; this one is shorter.
        boot.pieces.push(Piece::new("kernel's data", sink, &[], 8));
        unchecked(boot, sink)
    };
    without_checks_the_device_tree_is_no_sink: |boot| unchecked(boot, boot.load.dtb + 4);
}
