// SPDX-License-Identifier: MIT OR Apache-2.0

//! How deep the stack can become, from the linked code alone. `tests/qemu/stack.rs` measures how
//! deep it becomes.

use std::collections::BTreeSet;

use disarm64::decoder::decode;
use object::{Object, ObjectSymbol};
use purgatory_test_harness::a64::Flow;
use purgatory_test_harness::a64::calls::{Calls, Change, Depths, STARTS};
use rstest::rstest;

use crate::{built, parse};

/// Each start by itself: both begin at the top.
#[rstest]
fn at_most_half_of_it_can_be_used(#[values("purgatory.elf", "purgatory-sha2.elf")] image: &str) {
    let elf = built(image);
    let at = |name| {
        let elf = parse(&elf);
        let symbol = elf.symbols().find(|symbol| symbol.name() == Ok(name));
        symbol.unwrap().address()
    };
    let half = (at("stack_top") - at("stack_bottom")) / 2;
    let calls = Calls::read(&elf).unwrap();
    let mut depths = Depths::new(&calls);
    for start in STARTS {
        let depth = depths
            .below(start)
            .unwrap_or_else(|error| panic!("{error}"));
        println!("{depth}");
        assert!(depth.bytes <= half, "{half} at most, and it is {depth}");
    }
}

/// What nothing leads to was reached in a way that the walk does not see, or is of no use.
#[rstest]
fn every_function_is_reached_by_calls_and_branches(
    #[values("purgatory.elf", "purgatory-sha2.elf")] image: &str,
) {
    let calls = Calls::read(&built(image)).unwrap();
    let reached = calls.reached(&STARTS).unwrap();
    let all = calls.functions().iter();
    let others = all.filter(|function| !reached.contains(&function.range.start));
    let others: BTreeSet<_> = others.map(|function| &*function.name).collect();
    assert_eq!(others, BTreeSet::new());
}

/// The four vectors; every other instruction is in a function.
#[rstest]
fn what_is_in_no_function_leads_to_the_exceptions_entry_or_is_never_executed(
    #[values("purgatory.elf", "purgatory-sha2.elf")] image: &str,
) {
    let elf = built(image);
    let calls = Calls::read(&elf).unwrap();
    let entry = calls.function("exception_entry").unwrap().range.start;
    let vectors = calls
        .between()
        .filter(|(at, _)| (0x200..0x400).contains(at));
    let vectors: Vec<_> = vectors
        .map(|(at, word)| (at, Flow::of(at, word)))
        .filter(|&(_, flow)| flow != Flow::End && flow != Flow::Next)
        .collect();
    let expected = [0x200, 0x280, 0x300, 0x380].map(|at| (at, Flow::To(entry)));
    assert_eq!(vectors, expected);
}

/// A second opinion, of a disassembler: nothing that names the stack pointer as what is written is
/// taken for something that leaves it alone.
#[rstest]
fn each_change_of_the_stack_pointer_is_seen(
    #[values("purgatory.elf", "purgatory-sha2.elf")] image: &str,
) {
    let calls = Calls::read(&built(image)).unwrap();
    let mut changes = 0;
    for function in calls.functions() {
        for at in function.range.clone().step_by(4) {
            let word = calls.word(at).unwrap();
            let text = decode(word).map_or_else(String::new, |code| code.to_string());
            let (name, operands) = text.split_once([' ', '\t']).unwrap_or((&text, ""));
            let operands = operands.trim();
            let writes_back =
                operands.contains("[sp") && operands.ends_with('!') || operands.contains("[sp],");
            let is_first = operands.starts_with("sp,") || operands.starts_with("wsp,");
            let changes_it = writes_back || is_first && !["cmp", "cmn"].contains(&name);
            let seen = Change::of(word) != Change::None;
            assert_eq!(seen, changes_it, "{}: {text}", calls.place(at));
            changes += usize::from(seen);
        }
    }
    assert!(changes > 20, "{changes}");
}
