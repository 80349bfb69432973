// SPDX-License-Identifier: MIT OR Apache-2.0

//! Memory that must not be touched.

use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::{adr, load, store};
use purgatory_test_harness::patch::Patch;
use rstest::rstest;

use super::run;

/// Before the hand-over `x0` is the kernel, and any other register is free.
const LEAVE: &str = "hand_over";

/// Puts these instructions there, after one that has a symbol's address in `x9`.
fn touch(patch: &mut Patch, symbol: &str, words: &[u32]) {
    let target = patch.symbol(symbol);
    patch.insert(patch.first(LEAVE), |at| {
        [&[adr(9, at, target)], words].concat()
    });
}

mutants! {
    a_region_is_written => StoreOutside:
        |patch| patch.insert(patch.first(LEAVE), |_| vec![load(9, 0), store(9, 0)]);
    memory_behind_the_image_is_written => StoreOutside:
        |patch| touch(patch, "image_end", &[store(9, 9)]);
    memory_behind_the_image_is_read => LoadOutside:
        |patch| touch(patch, "image_end", &[load(9, 9)]);
    an_instruction_is_written => StoreToCode:
        |patch| touch(patch, "image_start", &[load(10, 9), store(10, 9)]);
    the_page_below_the_stack_is_touched => GuardTouched:
        |patch| touch(patch, "stack_guard", &[load(9, 9)]);
}
