// SPDX-License-Identifier: MIT OR Apache-2.0

//! docs/boot.md says line by line what a kernel finds; it must say what the guest asserts.

use std::fs;

use purgatory_test_harness::rule::{NAMES, Rule, rule};
use purgatory_test_harness::{Encoding, Regime, root};

const SECTION: &str = "## The state handed over, line by line";
const SET: &str = "set by us";
const LEFT: &str = "left as found";
const NOT_OURS: &str = "not ours";

/// What QEMU 10.0 has not. One that has it looks at it as at all others.
const NOT_IN_QEMU_10_0: &[&str] = &[
    "AMCNTENSET0_EL0",
    "AMCNTENSET1_EL0",
    "GCSCR_EL1",
    "GCSCRE0_EL1",
    "GCSCR_EL2",
];

/// A line of the table.
struct Row {
    class: String,
    /// The registers that it names as such. One that is not known here stands there as plain text.
    registers: Vec<(&'static str, Encoding)>,
    text: String,
}

fn rows() -> Vec<Row> {
    let path = root().join("docs/boot.md");
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let section = text
        .split_once(SECTION)
        .unwrap_or_else(|| panic!("no section {SECTION}"))
        .1;
    let section = section.split("\n## ").next().unwrap_or(section);
    let lines = section
        .lines()
        .filter(|line| line.starts_with("| "))
        .skip(1);
    lines
        .map(|line| {
            let cells: Vec<_> = line.split('|').map(str::trim).collect();
            // `HCR_EL2.ATA` is a field of a register.
            let words = line.split('`').skip(1).step_by(2);
            let words = words.map(|word| word.split('.').next().unwrap_or(word));
            let known = |word: &str| {
                let found = NAMES.iter().copied().find(|known| known.0 == word);
                assert!(found.is_some() || !word.contains("_EL"), "{word}: {line}");
                found
            };
            Row {
                class: cells[2].into(),
                registers: words.filter_map(known).collect(),
                text: line.into(),
            }
        })
        .collect()
}

/// Returns the registers that are said to be left as found, and that the CPU `max` has at this
/// level.
pub fn to_be_found(regime: Regime) -> Vec<String> {
    let left = rows().into_iter().filter(|row| row.class == LEFT);
    let names = left
        .flat_map(|row| row.registers)
        .map(|register| register.0);
    let here = |name: &&str| match regime {
        Regime::El1And0 => !name.ends_with("_EL2"),
        Regime::El2 => *name != "TTBR1_EL2",
        // With E2H = 1 names of EL1 are those of EL2, and some are looked at by one name only.
        Regime::El2And0 => name.ends_with("_EL2"),
    };
    let names = names.filter(|name| !NOT_IN_QEMU_10_0.contains(name));
    names.filter(here).map(String::from).collect()
}

#[test]
fn each_line_has_a_class() {
    let rows = rows();
    assert!(rows.len() > 30, "{} lines", rows.len());
    for row in rows {
        let known = [SET, LEFT, NOT_OURS].contains(&&*row.class);
        assert!(known, "`{}`: {}", row.class, row.text);
    }
}

#[test]
fn what_is_said_to_be_left_is_compared_and_nothing_else_is_allowed_to_change() {
    for row in rows() {
        for (name, register) in row.registers {
            let rule = rule(register);
            let left = matches!(
                rule,
                Rule::AsFound | Rule::AsFoundBut(_) | Rule::TrapOfStreaming
            );
            match &*row.class {
                LEFT => assert!(left, "{name} is {rule:?}: {}", row.text),
                // SCTLR_ELx is given back, and its M and C are looked at by themselves.
                SET => assert!(
                    !left || name.starts_with("SCTLR_"),
                    "{name} is {rule:?}: {}",
                    row.text
                ),
                _ => (),
            }
        }
    }
}

#[test]
fn whatever_is_set_is_told() {
    let rows = rows();
    let set = NAMES
        .iter()
        .filter(|known| matches!(rule(known.1), Rule::Set { .. } | Rule::EndOfStreaming(_)));
    for known in set {
        let told = rows
            .iter()
            .any(|row| row.class == SET && row.registers.contains(known));
        assert!(told, "no line of docs/boot.md says that {} is set", known.0);
    }
}
