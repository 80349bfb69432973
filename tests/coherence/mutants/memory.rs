// SPDX-License-Identifier: MIT OR Apache-2.0

//! Memory that must not be touched.

use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::{adr, load, store};
use rstest::rstest;

use super::run;

/// Before the hand-over `x0` is the kernel, and any other register is free.
const LEAVE: &str = "hand_over";

#[rstest]
fn a_region_is_written(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        let place = patch.first(LEAVE);
        patch.insert(place, |_| vec![load(9, 0), store(9, 0)]);
        Rule::StoreOutside
    });
}

#[rstest]
fn memory_behind_the_image_is_written(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        let (place, end) = (patch.first(LEAVE), patch.symbol("image_end"));
        patch.insert(place, |at| vec![adr(9, at, end), store(9, 9)]);
        Rule::StoreOutside
    });
}

#[rstest]
fn memory_behind_the_image_is_read(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        let (place, end) = (patch.first(LEAVE), patch.symbol("image_end"));
        patch.insert(place, |at| vec![adr(9, at, end), load(9, 9)]);
        Rule::LoadOutside
    });
}

#[rstest]
fn an_instruction_is_written(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        let (place, text) = (patch.first(LEAVE), patch.symbol("image_start"));
        patch.insert(place, |at| {
            vec![adr(9, at, text), load(10, 9), store(10, 9)]
        });
        Rule::StoreToCode
    });
}

#[rstest]
fn the_page_below_the_stack_is_touched(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, |patch| {
        let (place, guard) = (patch.first(LEAVE), patch.symbol("stack_guard"));
        patch.insert(place, |at| vec![adr(9, at, guard), load(9, 9)]);
        Rule::GuardTouched
    });
}
