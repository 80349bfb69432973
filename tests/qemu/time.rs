// SPDX-License-Identifier: MIT OR Apache-2.0

//! The time in the line `verified in`: from the image's first instructions on, but not what the
//! console waits for its UART. And the seconds before a reset.

use std::fs;

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::{RET, load_address, movz_16};
use purgatory_test_harness::boot::{Boot, RAM};
use purgatory_test_harness::qemu::Outcome;
use purgatory_test_harness::{root, this_test};
use rstest::rstest;

use crate::exceptions::patch;
use crate::harness::{symbol, usual_boot};

/// `SUBS X4, X4, #1`; `B.NE` to it.
const COUNT_DOWN: [u32; 2] = [0xf100_0484, 0x54ff_ffe1];

/// Runs a boot on a machine that does an instruction in a nanosecond.
fn run(boot: &Boot) -> Outcome {
    let file = root().join(format!("target/qemu/{}.elf", this_test::file_name()));
    let run = boot.build_at(&file).and_then(|()| {
        let qemu = boot.qemu(&file);
        let qemu = qemu.args(["-icount", "shift=0,sleep=off"]);
        let outcome = qemu.run(&[]);
        outcome.map_err(|error| error.to_string())
    });
    let outcome = run.unwrap_or_else(|error| panic!("{error}\n{}", this_test::alone()));
    let _ = fs::remove_file(&file);
    outcome
}

/// Returns what is printed, in milliseconds.
fn printed(boot: &Boot) -> u64 {
    let outcome = run(boot);
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

/// On a CPU that reads the counter every few nanoseconds, as the fastest do: what bounds the wait for a
/// counter that stands still must not end it.
#[test]
fn the_seconds_before_a_reset_are_those_that_are_announced() {
    const PLACE: u64 = RAM + 0x70_0000;
    let mut boot = usual_boot(El2);
    let memory = root().join(format!("target/qemu/{}.memory", this_test::file_name()));
    boot.memory_file = Some(memory.clone());
    boot.load.digest_flips.push(0);
    let pokes = &mut boot.load.pokes;
    pokes.push(("on_failure".into(), 1_u32.to_le_bytes().into()));
    // Instead of the call: MRS X0, CNTVCT_EL0; STR X0, [X1].
    let call = symbol(&boot, "psci_smc");
    let mut words = load_address(1, PLACE);
    words.extend([0xd53b_e040, 0xf900_0020, RET.word()]);
    patch(&mut boot, call, &words);
    let outcome = run(&boot);
    let bytes = fs::read(&memory).unwrap_or_else(|error| panic!("{error}"));
    let ticks = &bytes[(PLACE - RAM) as usize..][..8];
    let ticks = u64::from_le_bytes(ticks.try_into().expect("8 bytes"));
    let _ = fs::remove_file(memory);
    // QEMU's counter has 62.5 MHz. What comes before takes some hundredths of a second.
    let ms = ticks / 62_500;
    assert!((1000..1100).contains(&ms), "{ms} ms\n{outcome}");
}
