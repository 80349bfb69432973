// SPDX-License-Identifier: MIT OR Apache-2.0

//! The test that is running: its name, and how to run it alone.

use std::env;
use std::io::{Write, stderr};
use std::thread;

/// Returns its name, as `--list` shows it: `input::a_dtb_of_0::regime_1_El1And0`.
///
/// # Panics
/// Outside of the thread that runs a test.
pub fn name() -> String {
    let thread = thread::current();
    let name = thread.name().filter(|name| *name != "main");
    name.expect("each test has a thread of its name").into()
}

/// Returns its name for a file. There is no dot in it, which an extension would begin with.
pub fn file_name() -> String {
    name().replace("::", "-")
}

/// Returns the line of a failure that says how to run it alone.
pub fn alone() -> String {
    let program = env::current_exe().unwrap_or_default();
    let stem = program.file_stem().unwrap_or_default().to_string_lossy();
    // cargo's output has a hash after its name.
    let binary = stem.rsplit_once('-').map_or(&*stem, |(binary, _)| binary);
    format!("alone:   cargo test --test {binary} -- --exact {}", name())
}

/// Returns whether `PURGATORY_WITHOUT` names this, which not everybody can have, such as a suite of
/// Debian's; the results say so then. Without that word a test fails where it is not here: what is
/// not tested must not look as if it were.
pub fn waived(what: &str) -> bool {
    let without = env::var("PURGATORY_WITHOUT").unwrap_or_default();
    let waived = without.split(',').any(|word| word == what);
    if waived {
        let name = name();
        // Not `eprintln!`: libtest would hide that from who reads the results.
        // And in one piece, as others write there too.
        let line = format!("{name}: NOT TESTED: PURGATORY_WITHOUT={without}\n");
        let _ = stderr().write_all(line.as_bytes());
    }
    waived
}

#[cfg(test)]
#[test]
fn a_test_knows_its_name() {
    assert_eq!(name(), "this_test::a_test_knows_its_name");
    assert_eq!(file_name(), "this_test-a_test_knows_its_name");
    let alone = alone();
    assert!(
        alone.ends_with(" -- --exact this_test::a_test_knows_its_name"),
        "{alone}"
    );
    assert!(alone.contains("--test purgatory_test_harness "), "{alone}");
}
