// SPDX-License-Identifier: MIT OR Apache-2.0

//! Behind the purgatory, in each regime on each CPU that has it.

use std::fs;

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::boot::Place::{Above4GiB, Low};
use purgatory_test_harness::root;
use rstest::rstest;

use crate::run::{END, Run, boot};
use crate::tree::Tree;

#[rstest]
fn without_vhe(
    #[values(El1And0, El2)] regime: Regime,
    #[values("cortex-a53", "cortex-a72", "neoverse-n1", "max")] cpu: &str,
) {
    told_whole(cpu, regime);
}

/// FEAT_VHE came with Armv8.1.
#[rstest]
fn with_vhe(#[values("neoverse-n1", "max")] cpu: &str) {
    told_whole(cpu, El2And0);
}

/// All of it, and how it ends.
#[track_caller]
fn told_whole(cpu: &str, regime: Regime) {
    let name = match cpu {
        "cortex-a53" => "Arm Cortex-A53 r0p4",
        "cortex-a72" => "Arm Cortex-A72 r0p3",
        "neoverse-n1" => "Arm Neoverse N1 r4p1",
        _ => "QEMU max ",
    };
    let by = if regime == El1And0 { "HVC" } else { "SMC" };
    let run = Run::new(&boot(cpu, regime, Low, &Tree::new("quiet")));
    run.says(&[
        "probe: report of purgatory ",
        "probe:   all 11 kept",
        &format!("probe:   CPU      {name}"),
        &format!("probe:   level    {}", regime.name()),
        "probe:   has      SHA2 yes",
        &format!("probe:   PSCI     1.1 by {by}"),
        "probe:   RAM      0x0000000040000000, 512 MiB",
        "probe: speed",
        "probe:   SHA2 instructions, window",
        "probe: verified",
        "probe:   the purgatory has started this",
        END,
        "probe: stopped",
    ]);
    run.never_says("not on this CPU");
    run.never_says("does not count");
    run.never_says("WRONG");
    let before = run.0.console.split("probe: ").next().unwrap_or_default();
    let verified =
        before.contains(" verified in ") && before.contains("purgatory: booting kernel now");
    run.equal("what the purgatory has said before", &true, &verified);
}

#[test]
fn from_above_4_gib() {
    let run = Run::new(&boot("neoverse-n1", El2And0, Above4GiB, &Tree::new("")));
    run.says(&[
        "probe:   ok  pc=n x 2 MiB      0x0000000140000000",
        "probe:   all 11 kept",
        END,
    ]);
}

/// docs/hardware.md shows a report of this boot. What differs from one to the other is masked: the commit,
/// and the figures.
#[test]
fn the_format_is_that_of_the_document() {
    let run = Run::by_instructions(&boot("neoverse-n1", El2And0, Low, &Tree::new("")));
    let document = fs::read_to_string(root().join("docs/hardware.md")).expect("docs/hardware.md");
    let documented: Vec<_> = document
        .lines()
        .filter(|line| line.starts_with("probe: "))
        .collect();
    run.equal("the report", &masked(&documented), &masked(&run.lines()));
}

fn masked(lines: &[&str]) -> Vec<String> {
    let mut is_figure = false;
    let mask = |line: &&str| {
        is_figure = match *line {
            "probe: verified" => false,
            line => is_figure || line.starts_with("probe: speed"),
        };
        if let Some((before, _)) = line.split_once(": commit ") {
            return format!("{before}: commit #");
        }
        if !is_figure {
            return (*line).to_string();
        }
        let is_number = |word: &str| word.trim_start_matches('+').parse::<f64>().is_ok();
        let words = line.split(' ').filter(|word| !word.is_empty());
        let words = words.map(|word| if is_number(word) { "#" } else { word });
        words.collect::<Vec<_>>().join(" ")
    };
    lines.iter().map(mask).collect()
}
