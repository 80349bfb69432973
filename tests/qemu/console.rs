// SPDX-License-Identifier: MIT OR Apache-2.0

//! The console: silent without a sink, silent where the sink is nonsense, and then as good as ever.

use std::fs;

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::boot::{Boot, Place, REACHED, UART, usual_cpu};
use purgatory_test_harness::each_regime;
use purgatory_test_harness::flips::{self, Case, Flips};
use purgatory_test_harness::loader::Segment;
use purgatory_test_harness::pace::{self, Pace};
use purgatory_test_harness::patch::{Lie, Patch};
use purgatory_test_harness::{Piece, root, this_test};
use rstest::rstest;

use crate::expect::Expect;
use crate::harness::{usual, usual_boot};
use crate::run::Run;

/// The sink is here, and the purgatory must not write there: the new kernel would see it.
fn ignored(boot: &mut Boot, sink: u64) -> Expect {
    boot.load.sink = sink;
    Expect::BootsSilently
}

each_regime! {
    usual;
    without_a_sink_it_boots_silently: |boot| ignored(boot, 0);
    without_a_sink_what_is_corrupt_is_found: |boot| {
        boot.load.sink = 0;
        boot.load.corrupt.push(("kernel".into(), 0));
        Expect::HaltsSilently
    };
    without_a_sink_bad_input_is_found: |boot| {
        boot.load.sink = 0;
        boot.load.dtb = 0;
        Expect::HaltsSilently
    };
    a_sink_at_the_start_of_a_region_is_ignored: |boot| {
        let sink = boot.segment("kernel").at;
        ignored(boot, sink)
    };
    a_sink_within_a_region_is_ignored: |boot| {
        let sink = boot.segment("initrd").at + 0x4000;
        ignored(boot, sink)
    };
    a_sink_at_the_end_of_a_region_is_ignored: |boot| {
        let sink = boot.segment("dtb").end() - 4;
        ignored(boot, sink)
    };
    a_sink_in_the_code_of_the_image_is_ignored: |boot| {
        let sink = boot.load.purgatory_at;
        ignored(boot, sink)
    };
    a_sink_in_the_symbols_of_the_image_is_ignored: |boot| {
        let sink = boot.load.purgatory_at + boot.load.image.offset("sha256_digest").unwrap();
        ignored(boot, sink)
    };
    a_sink_at_the_end_of_the_image_is_ignored: |boot| {
        // The last frame for tables, which will not be needed.
        let sink = boot.load.purgatory_at + boot.load.image.memsz - 4;
        boot.pieces
            .push(Piece::new("end of purgatory", sink, &[], 4));
        ignored(boot, sink)
    };
    a_sink_beyond_the_physical_range_is_ignored: |boot| ignored(boot, UART | 1 << 52);
    a_region_over_the_sink_is_not_spoken_about: |boot| {
        boot.load.region_pokes.push((1, UART & !0xfff, 0x1000));
        Expect::HaltsSilently
    };
    a_region_of_all_there_can_be_has_the_sink_in_it: |boot| {
        boot.load.region_pokes.push((1, 0, u64::MAX));
        Expect::HaltsSilently
    };
}

/// All is said. How much of waiting there is, `coherence::counts` holds.
#[rstest]
fn a_counter_that_is_no_clock_is_not_waited_for(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(Lie::CounterStopped, Lie::FrequencyOfAllOnes)] lie: Lie,
) {
    usual(regime, |boot| {
        let mut patch = Patch::new(boot).unwrap_or_else(|error| panic!("{error}"));
        patch.lie(lie);
        boot.load.image = patch.finish();
        Expect::Boots
    });
}

/// Runs a boot on a clock on which an instruction takes 2 to this power nanoseconds, and looks when
/// each byte is sent.
fn keeps_the_pace(boot: &mut Boot, shift: u32) -> Pace {
    pace::watch(boot).unwrap_or_else(|error| panic!("{error}"));
    let file = root().join(format!("target/qemu/{}.elf", this_test::file_name()));
    let pace = Pace::new(boot, &file, shift);
    let pace = pace.unwrap_or_else(|error| panic!("{error}\n{}", this_test::alone()));
    if let Err(why) = pace.judge() {
        panic!("{why}\n{}\n{}", pace.outcome, this_test::alone());
    }
    let _ = fs::remove_file(&file);
    pace
}

/// At 115200 baud a byte takes 87 us, and a FIFO holds 16.
#[rstest]
fn no_byte_is_lost_at_115200_baud(#[values(El1And0, El2, El2And0)] regime: Regime) {
    keeps_the_pace(&mut usual_boot(regime), 0);
}

/// The same where the FIFO is full before the counter has moved.
#[rstest]
fn no_byte_is_lost_where_the_counter_is_slow(#[values(El1And0, El2, El2And0)] regime: Regime) {
    let boot = &mut usual_boot(regime);
    boot.cpu += ",cntfrq=100000";
    keeps_the_pace(boot, 0);
}

/// As much as is ever said, where reading the counter takes 20 ns, of which a turn of the loop that
/// waits takes one more: the patience suffices.
#[rstest]
fn no_byte_of_all_that_can_be_said_is_lost(#[values(El1And0, El2, El2And0)] regime: Regime) {
    let boot = &mut usual_boot(regime);
    boot.load.unlike_kexec = true;
    for index in boot.load.segments.len()..16 {
        let segment = Segment::ragged("one more", boot.load.purgatory_at, vec![1; 100 * index]);
        boot.load.segments.push(segment);
        boot.load.purgatory_at += 0x20_0000;
    }
    let nowhere = 0_u64.to_le_bytes().into();
    boot.load.pokes.push(("arm64_dtb_addr".into(), nowhere));
    let said = keeps_the_pace(boot, 1).sent.len();
    assert!(said > 900, "{said} bytes");
}

/// A kernel that begins between two double words, of which no double word may be loaded with the
/// MMU off.
#[rstest]
fn without_checks_a_kernel_may_begin_at_any_instruction(
    #[values(El1And0, El2, El2And0)] regime: Regime,
) {
    let flips = Flips::new(usual_cpu(regime), regime).unwrap_or_else(|error| panic!("{error}"));
    let mut case = Case {
        number: 1,
        ..flips.good
    };
    case.symbols[flips::ENTRY] += 4;
    case.symbols[flips::SKIP_CHECKS] = 1;
    let file = root().join(format!("target/qemu/{}.elf", this_test::file_name()));
    let outcome = flips.run(&[case], &file);
    let outcome = outcome.unwrap_or_else(|error| panic!("{error}\n{}", this_test::alone()));
    let says = |line: &str| outcome.console.lines().any(|said| said.starts_with(line));
    let right = says("purgatory: booting kernel now") && says("end 1: started");
    assert!(right, "{outcome}\n{}", this_test::alone());
    let _ = fs::remove_file(&file);
}

#[test]
fn lines_end_with_carriage_return_and_line_feed() {
    let regime = Regime::El1And0;
    let boot = Boot::new(usual_cpu(regime), regime, Place::Low, 4096).unwrap();
    let run = Run::new(&boot);
    let text = String::from_utf8(run.outcome.raw.clone()).unwrap();
    let (ours, _) = text.split_once(REACHED).expect("the new kernel is reached");
    let bare = |(at, _): &(usize, _)| !ours[..*at].ends_with('\r');
    let bare = ours.match_indices('\n').filter(bare).count();
    run.equal("line feeds without a carriage return", &0, &bare);
    run.passed();
}
