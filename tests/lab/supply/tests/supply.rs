// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the image is made of: no crate that the bill of materials does not list, no more of
//! `unsafe` than is known, and nothing that `.cargo/deny.toml` has against it. `make supply` shows what
//! there is.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;

use purgatory_test_harness::{artifact, root, this_test};
use purgatory_test_supply::policy::{Policy, crates};
use purgatory_test_supply::shares::Shares;

/// How many lines in `unsafe` are linked of each crate, at most: the larger number of rustc 1.85's
/// and 1.95's, which differ in `core` itself, and a little in what they merge.
const UNSAFE_LINES: [(&str, usize); 6] = [
    ("aarch64-cpu", 2),
    ("core", 41),
    ("linked_list_allocator", 14),
    ("purgatory", 45),
    ("spin", 0),
    ("tock-registers", 0),
];

fn shares(program: &str) -> Shares {
    let elf = artifact(&format!("{program}.elf")).unwrap();
    Shares::of(&fs::read(elf).unwrap()).unwrap()
}

/// Returns a crate of `Shares` without its version.
fn name(krate: &str) -> &str {
    krate.rsplit_once('-').map_or(krate, |(name, version)| {
        let is_version = version.starts_with(|c: char| c.is_ascii_digit());
        if is_version { name } else { krate }
    })
}

#[test]
fn no_crate_has_more_unsafe_lines_in_the_image_than_are_known() {
    let shares = shares("purgatory");
    let without = std::env::var("PURGATORY_WITHOUT").unwrap_or_default();
    let without_core = without.split(',').any(|word| word == "rust-src");
    for (krate, share) in &shares.crates {
        let mut known = UNSAFE_LINES.iter();
        let bound = known.find(|(known, _)| *known == name(krate));
        let &(_, most) = bound.unwrap_or_else(|| panic!("{krate} is new in the image"));
        if krate == "core" && without_core {
            // Not `eprintln!`: libtest would hide that from who reads the results.
            let note = "lines in unsafe of core: NOT TESTED: PURGATORY_WITHOUT=rust-src";
            let _ = writeln!(std::io::stderr(), "{note}");
            continue;
        }
        assert!(
            share.unread.is_empty(),
            "{krate}: no source: {:?}",
            share.unread
        );
        let is = share.unsafe_lines();
        assert!(
            is <= most,
            "lines of {krate} in unsafe\n  expected: at most {most}\n  got:      {is}\n{}{}",
            shares.places(),
            this_test::alone()
        );
    }
}

/// Where the debug information was not understood, there would be few.
#[test]
fn what_is_known_to_be_there_is_found() {
    let shares = shares("purgatory");
    let in_file = |krate: &str, file: &str| {
        let share = &shares.crates[krate];
        share.in_unsafe.get(file).map_or(0, BTreeSet::len)
    };
    // The store to the UART, and the calls of the assembly around the hash.
    assert!(in_file("purgatory", "src/arch/console.rs") > 0);
    assert!(in_file("purgatory", "src/arch/window.rs") >= 4);
    let ours = shares.crates["purgatory"].in_unsafe.keys();
    let elsewhere: Vec<&String> = ours.filter(|file| !file.starts_with("src/arch/")).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
    assert!(shares.crates["purgatory"].lines > 300);
}

#[test]
fn the_bill_lists_each_crate_that_is_linked() {
    for program in ["purgatory", "purgatory-sha2"] {
        let bill = fs::read_to_string(artifact(&format!("{program}.spdx")).unwrap()).unwrap();
        let values = |key: &str| -> Vec<String> {
            let values = bill.lines().filter_map(|line| line.strip_prefix(key));
            values.map(String::from).collect()
        };
        let names = values("PackageName: ");
        let versions = values("PackageVersion: ");
        assert_eq!(names.len(), versions.len());
        let packages = names.iter().zip(&versions);
        let listed: BTreeSet<String> = packages.map(|(name, v)| format!("{name}-{v}")).collect();
        for krate in shares(program).crates.keys() {
            let is_listed = listed.contains(krate) || names.contains(krate);
            assert!(is_listed, "{program}: {krate} is not in\n{bill}");
        }
    }
}

#[test]
fn every_crate_keeps_to_the_rules() {
    let read = |name: &str| fs::read_to_string(root().join(name)).unwrap();
    let policy = Policy::read(&read(".cargo/deny.toml")).unwrap();
    let crates = crates().unwrap();
    let offences = policy.offences(&crates, &read("Cargo.lock")).unwrap();
    assert!(offences.is_empty(), "against deny.toml: {offences:#?}");
    for (krate, _) in UNSAFE_LINES.iter().filter(|(krate, _)| *krate != "core") {
        assert!(
            crates.iter().any(|c| c.name == *krate),
            "{krate} was not looked at"
        );
    }
}
