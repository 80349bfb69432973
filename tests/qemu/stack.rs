// SPDX-License-Identifier: MIT OR Apache-2.0

//! How deep the stack becomes: at most half of it is ever used, whichever way the boot ends, and
//! never more than the bound that `tests/image` computes.

use std::fs;
use std::os::unix::fs::FileExt;

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::calls::{Calls, Depths, STARTS};
use purgatory_test_harness::boot::{Boot, Place, RAM};
use purgatory_test_harness::each_regime;
use purgatory_test_harness::loader::Segment;
use purgatory_test_harness::patch::{Lie, Patch};
use purgatory_test_harness::symbols::Symbols;
use purgatory_test_harness::{artifact, root, this_test};
use rstest::rstest;

use crate::harness::usual_boot;
use crate::run::Run;

/// Runs it, and looks how much of the paint is left.
fn half_is_enough(regime: Regime, change: impl FnOnce(&mut Boot) -> &'static str) {
    let boot = &mut usual_boot(regime);
    let words = change(boot);
    let stack = boot.paint_stack().unwrap_or_else(|error| panic!("{error}"));

    let memory = format!("target/qemu/{}.ram", this_test::file_name());
    boot.memory_file = Some(root().join(memory));
    let run = Run::new(boot);
    if !run.outcome.console.contains(words) {
        run.fail("the console shows", words, "others");
    }

    let mut bytes = vec![0; (stack.end - stack.start) as usize];
    let file = boot.memory_file.take().expect("it has just been set");
    let opened = fs::File::open(&file).unwrap_or_else(|error| panic!("{error}"));
    let offset = boot.load.purgatory_at + stack.start - RAM;
    opened
        .read_exact_at(&mut bytes, offset)
        .unwrap_or_else(|error| panic!("{error}"));
    let _ = fs::remove_file(&file);
    let unused = bytes
        .iter()
        .take_while(|&&byte| byte == Boot::PAINT)
        .count();
    let used = bytes.len() - unused;
    let bound = bound().unwrap_or_else(|error| panic!("{error}"));
    println!("{used} of {} bytes, of {bound} that could be", bytes.len());
    run.equal("some of the stack is used", &true, &(used > 64));
    if used > bytes.len() / 2 {
        run.fail(
            "bytes of stack",
            format!("{} at most", bytes.len() / 2),
            used,
        );
    }
    if used > bound {
        run.fail(
            "bytes of stack",
            format!("{bound} at most, by the code"),
            used,
        );
    }
    run.passed();
}

/// Returns the depth that the linked code cannot exceed.
fn bound() -> Result<usize, String> {
    let elf = fs::read(artifact("purgatory.elf")?).map_err(|error| error.to_string())?;
    let calls = Calls::read(&elf)?;
    let mut depths = Depths::new(&calls);
    let bytes = STARTS.map(|start| depths.below(start).map(|depth| depth.bytes as usize));
    let [boot, exception] = bytes;
    Ok(boot?.max(exception?))
}

const BOOTS: &str = "purgatory: booting kernel now";
const HALTS: &str = "purgatory: halted";

each_regime! {
    half_is_enough;
    verified: |_| BOOTS;
    verified_by_the_loaders_tables: |boot| {
        boot.make_tables(|_| ());
        BOOTS
    };
    verified_by_own_tables_as_the_loaders_are_bad: |boot| {
        boot.make_tables(|tables| tables.entries().fill(0));
        BOOTS
    };
    verified_above_512_gib: |boot| {
        let other = Boot::new(&boot.cpu, boot.regime, Place::Above512GiB, 5000);
        *boot = other.unwrap_or_else(|error| panic!("{error}"));
        BOOTS
    };
    sixteen_ragged_regions: |boot| {
        boot.load.unlike_kexec = true;
        for index in boot.load.segments.len()..16 {
            let at = boot.load.purgatory_at + 7;
            let bytes = vec![1; 100 * index + 1];
            let segment = Segment::ragged("ragged", at, bytes);
            boot.load.segments.push(segment);
            boot.load.purgatory_at += 0x20_0000;
        }
        BOOTS
    };
    not_checked: |boot| {
        boot.load.skip_checks = true;
        BOOTS
    };
    digests_differ: |boot| {
        boot.load.digest_flips = vec![7];
        HALTS
    };
    refused: |boot| {
        boot.load.region_pokes.push((3, u64::MAX, u64::MAX));
        HALTS
    };
    an_exception_inside_the_window: |boot| {
        let symbols = Symbols::read(&boot.load.image).unwrap_or_else(|error| panic!("{error}"));
        let routine = symbols
            .get("sha256_instructions")
            .unwrap_or_else(|error| panic!("{error}"));
        boot.load.image.bytes[routine.start as usize..][..4].fill(0);
        HALTS
    };
    software_without_a_window: |boot| {
        let mut patch = Patch::new(boot).unwrap_or_else(|error| panic!("{error}"));
        patch.lie(Lie::NoSha2);
        patch.lie(Lie::NoGranule);
        boot.load.image = patch.finish();
        "D-cache off, software SHA-256"
    };
}
