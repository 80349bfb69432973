// SPDX-License-Identifier: MIT OR Apache-2.0

//! The time in the line `verified in`: from the image's first instructions on, but not what the
//! console waits for its UART.

use std::fs;
use std::time::Duration;

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::{RET, movz_16};
use purgatory_test_harness::boot::Boot;
use purgatory_test_harness::{root, this_test};
use rstest::rstest;

use crate::exceptions::patch;
use crate::harness::{symbol, usual_boot};

/// `SUBS X4, X4, #1`; `B.NE` to it.
const COUNT_DOWN: [u32; 2] = [0xf100_0484, 0x54ff_ffe1];

/// What is printed, in milliseconds, on a machine that does an instruction in a nanosecond.
fn printed(boot: &Boot) -> u64 {
    let file = root().join(format!("target/qemu/{}.elf", this_test::file_name()));
    let run = boot.build_at(&file).and_then(|()| {
        let qemu = boot.qemu(&file);
        let qemu = qemu.args(["-icount", "shift=0,sleep=off"]);
        let outcome = qemu.run(&[], Duration::from_secs(60));
        outcome.map_err(|error| error.to_string())
    });
    let outcome = run.unwrap_or_else(|error| panic!("{error}\n{}", this_test::alone()));
    let _ = fs::remove_file(&file);
    let time = outcome.console.split(" verified in ").nth(1);
    let time = time.and_then(|rest| rest.split_once(" ms"));
    let time = time.and_then(|(time, _)| time.parse().ok());
    time.unwrap_or_else(|| panic!("no time\n{outcome}\n{}", this_test::alone()))
}

/// A hundred bytes take more than 7 ms at 115200 baud, and hashing next to nothing less than one.
#[rstest]
fn the_consoles_pauses_do_not_count(#[values(El1And0, El2, El2And0)] regime: Regime) {
    assert_eq!(printed(&usual_boot(regime)), 0);
}

/// The first routine that is called takes 2^23 turns of two instructions: 16.8 ms.
#[rstest]
fn all_else_does(#[values(El1And0, El2, El2And0)] regime: Regime) {
    let mut boot = usual_boot(regime);
    let [subtract, back] = COUNT_DOWN;
    let start = symbol(&boot, "clean_and_invalidate_image");
    patch(
        &mut boot,
        start,
        &[movz_16(4, 1 << 7), subtract, back, RET.word()],
    );
    let time = printed(&boot);
    assert!((16..=18).contains(&time), "{time} ms");
}
