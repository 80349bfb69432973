// SPDX-License-Identifier: MIT OR Apache-2.0

//! A hand-over that is wrong in one thing is told as that, and nothing else.

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::{MSR_SCTLR, movz};
use purgatory_test_harness::boot::{Boot, Place, usual_cpu};
use purgatory_test_harness::guest::Guest;
use purgatory_test_harness::patch::Patch;
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

/// At the wrong place, without a device tree where it should be, and so without a console but its own.
#[test]
fn what_is_wrong_is_told_all_at_once() {
    let run = run(El2, |boot| {
        boot.stand_in = Some(Guest::read("careless-purgatory").unwrap_or_else(|e| panic!("{e}")));
        // It hands over an address 8 bytes on: there the tree is.
        let tree = boot.segment("dtb").bytes.clone();
        boot.segment("dtb").bytes = [&[0; 8], &*tree].concat();
    });
    let expected = ["x1=0", "x2=0", "x3=0", "DAIF masked", "SCTLR_EL2.C=0"];
    run.equal("what is not kept", &expected.as_slice(), &run.broken());
    run.says(&[
        "probe:   5 of 11 not kept",
        "probe:   nothing: this purgatory",
        END,
    ]);
}
