// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where the MMU may go off, an ISB stands right before and right after: nothing older is still
//! being fetched or translated then, and nothing newer is with the old setting. Without the one
//! before, Falkor's erratum 1041 has the CPU fetch from anywhere.
//!
//! `tests/coherence` judges the same when it runs; here it is of all that are linked.

use purgatory_test_harness::a64::Flow;
use purgatory_test_harness::a64::calls::Calls;
use purgatory_test_harness::a64::{ISB, MSR_SCTLR};
use rstest::rstest;

use crate::built;

/// The two writes that find the MMU off and set I: the entry has cleared M right before.
const SETS_I: (&str, usize) = ("purgatory_start", 2);

/// What is written of `SCTLR`: how often in all.
const WRITES: usize = 12;

#[rstest]
fn is_written_between_two_isbs(#[values("purgatory.elf", "purgatory-sha2.elf")] image: &str) {
    let calls = Calls::read(&built(image)).unwrap();
    let mut writes = 0;
    let mut without = Vec::new();
    for function in calls.functions() {
        for at in function.range.clone().step_by(4) {
            if MSR_SCTLR.is(calls.word(at).unwrap()) {
                writes += 1;
                without.extend((!is_between_isbs(&calls, at)).then_some(&*function.name));
            }
        }
    }
    let (entry, times) = SETS_I;
    assert_eq!(without, vec![entry; times], "have not two ISBs");
    assert_eq!(writes, WRITES);
}

/// Returns whether an ISB is executed right before and right after, on every branch to it.
fn is_between_isbs(calls: &Calls, at: u64) -> bool {
    let is_isb = |at| calls.word(at).is_ok_and(|word| ISB.is(word));
    let mut next = at + 4;
    while let Ok(Flow::To(to)) = calls.word(next).map(|word| Flow::of(next, word)) {
        next = to;
    }
    is_isb(at - 4) && is_isb(next)
}

#[cfg(test)]
mod tests {
    use purgatory_test_harness::a64::calls::Function;

    use super::*;

    #[test]
    fn an_isb_that_is_missing_or_elsewhere_is_seen() {
        let (isb, msr, nop) = (0xd503_3fdf, 0xd518_1004, 0xd503_201f);
        let (to_next_but_one, to_next) = (0x1400_0002, 0x1400_0001);
        let is_between = |words: [u32; 5]| {
            let all = vec![Function {
                name: "f".into(),
                range: 0..20,
            }];
            is_between_isbs(&Calls::new(0, words.into(), all).unwrap(), 4)
        };
        assert!(is_between([isb, msr, isb, nop, nop]));
        assert!(is_between([isb, msr, to_next_but_one, nop, isb]));
        assert!(is_between([isb, msr, to_next, isb, nop]));
        assert!(!is_between([nop, msr, isb, nop, nop]));
        assert!(!is_between([isb, msr, nop, isb, nop]));
        assert!(!is_between([isb, msr, to_next_but_one, isb, nop]));
    }
}
