// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where the report goes: to the UART of the device tree, or to that of the command line.

use purgatory_test_harness::Regime::El2;
use purgatory_test_harness::boot::Place;
use purgatory_test_harness::qemu::Stopped;

use crate::run::{END, Run, boot};
use crate::tree::Tree;

fn run(tree: &Tree) -> Run {
    Run::new(&boot("cortex-a72", El2, Place::Low, tree))
}

/// As kexec makes a tree on a machine that is described by ACPI.
#[test]
fn a_tree_of_chosen_alone_and_an_address() {
    let run = run(&Tree {
        machine: false,
        ..Tree::new("probe=0x9000000")
    });
    run.says(&[
        "probe:   all 11 kept",
        "probe:   RAM      the device tree has none",
        END,
    ]);
}

#[test]
fn a_tree_of_chosen_alone_is_silent_and_resets_all_the_same() {
    let run = run(&Tree {
        machine: false,
        ..Tree::new("probe-wait=1")
    });
    run.equal("its lines", &[""; 0].as_slice(), &run.lines());
    let reset = matches!(run.0.stopped_by, Stopped::Exit(status) if status.success());
    run.equal("the machine is reset", &true, &reset);
}

/// The address that the user gives goes before the tree's.
#[test]
fn the_command_line_goes_before_the_tree() {
    let run = run(&Tree {
        uart: 0x0a00_0000,
        ..Tree::new("probe=0x9000000")
    });
    run.says(&["probe:   all 11 kept", END]);
}

#[test]
fn a_reset_comes_after_the_seconds_that_were_asked_for() {
    let run = run(&Tree::new("probe-wait=2"));
    run.says(&[END, "probe: reset in 2 seconds"]);
    run.never_says("PSCI has not reset");
    let reset = matches!(run.0.stopped_by, Stopped::Exit(status) if status.success());
    run.equal("the machine is reset", &true, &reset);
}
