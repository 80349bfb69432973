// SPDX-License-Identifier: MIT OR Apache-2.0

//! Paths that a user may have cloned into.

use std::fs;

use purgatory_test_harness::boot::REACHED;
use purgatory_test_harness::{Regime, root, this_test};

use crate::harness::usual_boot;

/// QEMU takes a comma for the end of a value, and a shell a space for the end of a word.
#[test]
fn a_directory_with_a_comma_and_a_space_in_its_name() {
    let folder = root().join("target/qemu/a comma, and a space");
    let memory = folder.join("memory");
    let mut boot = usual_boot(Regime::El1And0);
    boot.memory_file = Some(memory.clone());
    let outcome = boot.run(&folder.join("boot.elf"));
    let outcome = outcome.unwrap_or_else(|error| panic!("{error}\n{}", this_test::alone()));
    let reached = outcome.console.contains(REACHED);
    assert!(reached, "{}\n{outcome}", this_test::alone());
    let len = fs::metadata(&memory).map_or(0, |memory| memory.len());
    assert_eq!(len, boot.memory << 20, "{}\n{outcome}", this_test::alone());
    let _ = fs::remove_dir_all(&folder);
}
