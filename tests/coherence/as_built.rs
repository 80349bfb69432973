// SPDX-License-Identifier: MIT OR Apache-2.0

//! The image as it is breaks no rule, wherever and on whatever it runs.

use purgatory_test_cache_model::smallest_line;
use purgatory_test_harness::IdRegister;
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::boot::{Boot, Place, usual_cpu};
use purgatory_test_harness::each_regime;
use purgatory_test_harness::patch::{Lie, Patch};
use rstest::rstest;

use crate::harness::{Judged, TCRX, boot};

/// A boot, and what the console shows if it is the one that was meant.
struct Case(Boot, &'static str);

const VERIFIED: &str = "D-cache on";

fn run(regime: Regime, case: fn(Boot) -> Case) {
    let Case(boot, says) = case(boot(usual_cpu(regime), regime, Place::Low));
    let judged = Judged::new(&boot);
    if !judged.recording.outcome.console.contains(says) {
        judged.fail(&format!("the console does not say \"{says}\""));
    }
    judged.clean();
    if boot.cpu == "a64fx" {
        // The one CPU of QEMU's with other lines than all others.
        let line = judged.recording.trace.cache_type().map(smallest_line);
        assert_eq!(line, Some(256), "{}", judged.recording.outcome);
    }
}

/// Returns the same boot on another CPU or elsewhere.
fn other(was: &Boot, cpu: &str, place: Place) -> Case {
    Case(boot(cpu, was.regime, place), VERIFIED)
}

/// Returns the same boot of an image that believes the CPU to be another.
fn told(mut boot: Boot, lie: Lie, says: &'static str) -> Case {
    let mut patch = Patch::new(&boot).unwrap_or_else(|error| panic!("{error}"));
    patch.lie(lie);
    boot.load.image = patch.finish();
    Case(boot, says)
}

each_regime! {
    run;
    on_the_usual_cpu: |boot| Case(boot, "D-cache on, SHA2 instructions");
    on_the_cpu_with_all_features: |boot| other(&boot, "max", Place::Low);
    with_lines_of_256_bytes: |boot| other(&boot, "a64fx", Place::Low);
    above_4_gib: |boot| other(&boot, usual_cpu(boot.regime), Place::Above4GiB);
    above_512_gib: |boot| other(&boot, usual_cpu(boot.regime), Place::Above512GiB);
    without_sha2_instructions: |boot| told(boot, Lie::NoSha2, "software SHA-256");
    without_a_window: |boot| told(boot, Lie::NoGranule, "D-cache off");
    with_the_loaders_tables: |mut boot| {
        boot.make_tables(|_| ());
        Case(boot, "D-cache on, loader's page tables")
    };
}

/// QEMU's CPUs have no `TCR2_EL1`, so a shim below has it for them, at EL1 alone.
#[rstest]
fn with_tcr2_as_the_old_kernel_left_it() {
    run(El1And0, |boot| {
        let Case(mut boot, says) = other(&boot, "max", Place::Low);
        boot.override_id(IdRegister::Mmfr3, TCRX, 1);
        Case(boot, says)
    });
}

each_regime! {
    run;
    without_a_console: |mut boot| {
        boot.load.sink = 0;
        Case(boot, "")
    };
    without_checks: |mut boot| {
        boot.load.skip_checks = true;
        Case(boot, "skip_checks=1")
    };
}
