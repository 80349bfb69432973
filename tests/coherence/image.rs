//! The image as it is breaks no rule, wherever and on whatever it runs.

use crate::harness::{Judged, boot, in_each_regime, usual_cpu};
use purgatory_test_support::Regime;
use purgatory_test_support::boot::{Boot, Place};
use purgatory_test_support::cache_model::smallest_line;

fn run(name: &str, regime: Regime, change: fn(Boot) -> Boot) {
    let boot = change(boot(usual_cpu(regime), regime, Place::Low));
    let judged = Judged::new(name, &boot);
    judged.clean();
    if boot.cpu == "a64fx" {
        // The one CPU of QEMU's with other lines than all others.
        let line = judged.recording.trace.cache_type().map(smallest_line);
        assert_eq!(line, Some(256), "{}", judged.recording.outcome);
    }
}

/// The same boot on another CPU or elsewhere.
fn other(was: &Boot, cpu: &str, place: Place) -> Boot {
    boot(cpu, was.regime, place)
}

in_each_regime! {
    on_the_usual_cpu: |boot| boot;
    on_the_cpu_with_all_features: |boot| other(&boot, "max", Place::Low);
    with_lines_of_256_bytes: |boot| match boot.regime {
        Regime::El1And0 | Regime::El2 | Regime::El2And0 => other(&boot, "a64fx", Place::Low),
    };
    above_4_gib: |boot| other(&boot, usual_cpu(boot.regime), Place::Above4GiB);
    above_512_gib: |boot| other(&boot, usual_cpu(boot.regime), Place::Above512GiB);
    without_a_console: |mut boot| {
        boot.load.sink = 0;
        boot
    };
    without_checks: |mut boot| {
        boot.load.skip_checks = true;
        boot
    };
    with_regions_that_share_lines: |mut boot| {
        // Neither starts nor ends with a line, and one begins in the line where the other ends.
        boot.load.unlike_kexec = true;
        let at = boot.segment("initrd").at;
        let segment = purgatory_test_support::loader::Segment::ragged;
        *boot.segment("initrd") = segment("initrd", at + 0x107, vec![7; 0x1234]);
        let next = boot.segment("initrd").end() + 9;
        boot.load.segments.push(segment("more", next, vec![9; 777]));
        boot
    };
}
