// SPDX-License-Identifier: MIT OR Apache-2.0

//! A hand-over that is wrong in one thing is told as that, and nothing else.

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::{MSR_SCTLR, movz};
use purgatory_test_harness::boot::{Boot, Place, usual_cpu};
use purgatory_test_harness::briefing::SERROR_PENDING;
use purgatory_test_harness::guest::Guest;
use purgatory_test_harness::patch::Patch;
use purgatory_test_harness::purgatory_ro::PAGE;
use purgatory_test_harness::qemu::Stopped;
use purgatory_test_harness::v3_tables::BLOCK;
use rstest::rstest;

use crate::run::{END, Run, boot};
use crate::tree::Tree;

/// `MOV Xn, XZR`.
const fn zero(register: u32) -> u32 {
    0xaa1f_03e0 | register
}

/// `MSR DAIFClr, #8`: debug exceptions, of which there are none.
const UNMASK_DEBUG: u32 = 0xd503_48ff;
/// `ORR X2, X2, #4`: `SCTLR_ELx.C`.
const SET_C: u32 = 0xb27e_0042;

/// `MSR CNTFRQ_EL0, XZR`.
const CLEAR_FREQUENCY: u32 = 0xd51b_e01f;

/// Boots with a purgatory that was changed, and has room for a report that is whole all the same.
fn run(regime: Regime, change: impl FnOnce(&mut Boot)) -> Run {
    let mut boot = boot(
        usual_cpu(regime),
        regime,
        Place::Low,
        &Tree::new("probe=0x9000000"),
    );
    change(&mut boot);
    Run::new(&boot)
}

/// Has the purgatory do something else where it clears a register on its way out.
fn instead_of_zero(boot: &mut Boot, register: u32, word: u32) {
    let mut patch = Patch::new(boot).unwrap_or_else(|error| panic!("{error}"));
    let mut all = patch.all("zero_registers_and_branch");
    let place = all
        .find(|place| place.word == zero(register))
        .expect("it clears all of them");
    drop(all);
    patch.replace(place, word);
    boot.load.image = patch.finish();
}

#[rstest]
#[case(1, "x1=0")]
#[case(2, "x2=0")]
#[case(3, "x3=0")]
fn an_argument_that_is_not_zero(
    #[case] register: u32,
    #[case] what: &str,
    #[values(El1And0, El2And0)] regime: Regime,
) {
    let run = run(regime, |boot| {
        instead_of_zero(boot, register, movz(register, 7))
    });
    run.equal("what is not kept", &vec![what], &run.broken());
    run.says(&[
        "probe:   1 of 11 not kept",
        "probe:   nothing: this purgatory",
        END,
    ]);
}

#[rstest]
fn an_exception_that_is_not_masked(#[values(El1And0, El2, El2And0)] regime: Regime) {
    let run = run(regime, |boot| instead_of_zero(boot, 4, UNMASK_DEBUG));
    run.says(&["probe:   NOT DAIF masked       0x00000000000001c0", END]);
    run.equal("what is not kept", &vec!["DAIF masked"], &run.broken());
}

#[rstest]
fn a_d_cache_that_is_on(#[values(El1And0, El2, El2And0)] regime: Regime) {
    let run = run(regime, |boot| {
        let mut patch = Patch::new(boot).unwrap_or_else(|error| panic!("{error}"));
        let place = patch.find("hand_over", MSR_SCTLR, 0);
        patch.insert(place, |_| vec![SET_C]);
        boot.load.image = patch.finish();
    });
    let what = format!("SCTLR_EL{}.C=0", regime.el());
    run.equal("what is not kept", &vec![what.as_str()], &run.broken());
}

/// As firmware leaves it that has forgotten to set it. Nothing can be timed then.
#[rstest]
fn a_timer_without_a_frequency(#[values(El1And0, El2, El2And0)] regime: Regime) {
    let run = run(regime, |boot| instead_of_zero(boot, 4, CLEAR_FREQUENCY));
    run.equal("what is not kept", &vec!["CNTFRQ_EL0 set"], &run.broken());
    run.says(&[
        "probe:   software, window              the timer does not count",
        END,
    ]);
}

#[test]
fn a_place_that_is_not_a_multiple_of_2_mib() {
    let run = run(El2, |boot| {
        boot.segment("kernel").at += PAGE;
        boot.load.entry += PAGE;
    });
    run.says(&["probe:   NOT pc=n x 2 MiB      0x0000000041001000", END]);
    run.equal("what is not kept", &vec!["pc=n x 2 MiB"], &run.broken());
}

/// The device tree has the console, too, so that nothing can be told.
#[rstest]
#[case::none(0)]
#[case::not_there(4096)]
#[case::not_aligned(4)]
fn without_a_device_tree_it_is_silent(#[case] beside: u64) {
    let run = run(El2, |boot| {
        boot.load.dtb = if beside == 0 {
            0
        } else {
            boot.load.dtb + beside
        };
        // What follows it is there, and zero.
        boot.segment("dtb").len = 2 * PAGE;
    });
    run.equal("its lines", &[""; 0].as_slice(), &run.lines());
    run.equal("the end", &Stopped::Parked, &run.0.stopped_by);
}

/// A shim below has a virtual one pending all the time; it does not know what the probe reads after the hand-over.
#[test]
fn an_serror_that_is_pending() {
    let run = run(El1And0, |boot| boot.break_sink(SERROR_PENDING));
    run.says(&[
        "probe:   NOT no SError pending 0x0000000000000100",
        "probe:   1 of 11 not kept",
    ]);
    run.equal(
        "what is not kept",
        &vec!["no SError pending"],
        &run.broken(),
    );
}

#[rstest]
fn an_mmu_that_is_on(#[values(El1And0, El2, El2And0)] regime: Regime) {
    let run = run(regime, |boot| {
        careless(boot);
        // The guests are there.
        boot.make_tables(|tables| tables.map(0x4080_0000, BLOCK));
    });
    let what = format!("SCTLR_EL{}.M=0", regime.el());
    run.equal("what is not kept", &true, &run.broken().contains(&&*what));
    run.says(&["probe:   6 of 11 not kept", END]);
}

/// Puts the purgatory that gives nothing back in the place of the image.
fn careless(boot: &mut Boot) {
    boot.stand_in = Some(Guest::read("careless-purgatory").unwrap_or_else(|e| panic!("{e}")));
    // It hands over an address 8 bytes on: there the tree is.
    let tree = boot.segment("dtb").bytes.clone();
    boot.segment("dtb").bytes = [&[0; 8], &*tree].concat();
}

#[test]
fn what_is_wrong_is_told_all_at_once() {
    let run = run(El2, careless);
    let expected = ["x1=0", "x2=0", "x3=0", "DAIF masked", "SCTLR_EL2.C=0"];
    run.equal("what is not kept", &expected.as_slice(), &run.broken());
    run.says(&[
        "probe:   5 of 11 not kept",
        "probe:   nothing: this purgatory",
        END,
    ]);
}
