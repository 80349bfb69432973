// SPDX-License-Identifier: MIT OR Apache-2.0

use super::*;

const RET: u32 = 0xd65f_03c0;
const PUSH_16: u32 = 0xf81f_0ffe;
const POP_16: u32 = 0xf841_07fe;
const SUB_64: u32 = 0xd101_03ff;
const ADD_64: u32 = 0x9101_03ff;
const MOV_SP_X1: u32 = 0x9100_003f;
const BR_X16: u32 = 0xd61f_0200;
const BLR_X8: u32 = 0xd63f_0100;
const NOP: u32 = 0xd503_201f;

/// So many instructions on.
fn bl(words: i32) -> u32 {
    0x9400_0000 | words as u32 & 0x03ff_ffff
}

fn b(words: i32) -> u32 {
    bl(words) & !0x8000_0000
}

fn cbz(words: i32) -> u32 {
    0xb400_0000 | (words as u32 & 0x7_ffff) << 5
}

/// Returns the depth below the first of some functions, which lie one after the other.
fn below(functions: &[(&str, &[u32])]) -> Result<Depth, String> {
    let mut words = Vec::new();
    let mut named = Vec::new();
    for (name, body) in functions {
        let start = 4 * words.len() as u64;
        words.extend_from_slice(body);
        let range = start..4 * words.len() as u64;
        named.push(Function {
            name: (*name).into(),
            range,
        });
    }
    let calls = Calls::new(0, words, named)?;
    Depths::new(&calls).below(functions[0].0)
}

#[track_caller]
fn refused(functions: &[(&str, &[u32])], why: &str) {
    let error = below(functions).unwrap_err();
    assert!(error.contains(why), "{error}");
}

#[test]
fn the_deepest_of_several_calls_counts_where_it_is_made() {
    let depth = below(&[
        ("caller", &[PUSH_16, bl(4), bl(4), POP_16, RET]),
        ("leaf", &[RET]),
        ("framed", &[SUB_64, ADD_64, RET]),
    ]);
    let path = vec![("caller".to_string(), 0), ("framed".to_string(), 16)];
    assert_eq!(depth, Ok(Depth { bytes: 80, path }));
}

#[test]
fn a_function_that_another_one_ends_in_has_the_callers_stack() {
    let ends_in = below(&[
        ("ends in it", &[PUSH_16, POP_16, b(1)]),
        ("framed", &[SUB_64, ADD_64, RET]),
    ]);
    assert_eq!(ends_in.unwrap().bytes, 64);
    let perhaps = below(&[
        ("perhaps", &[cbz(2), RET]),
        ("framed", &[SUB_64, ADD_64, RET]),
    ]);
    assert_eq!(perhaps.unwrap().bytes, 64);
}

#[test]
fn what_was_outlined_may_leave_its_callers_more_or_less_stack() {
    let body: &[u32] = &[bl(3), bl(4), RET];
    let outlined: [(&str, &[u32]); 3] = [
        ("caller", body),
        ("OUTLINED_FUNCTION_0", &[SUB_64, RET]),
        ("OUTLINED_FUNCTION_1", &[PUSH_16, POP_16, ADD_64, RET]),
    ];
    assert_eq!(below(&outlined).unwrap().bytes, 80);
    refused(
        &[("caller", body), ("compiled", &[SUB_64, RET])],
        "compiled returns with 64 bytes",
    );
}

#[test]
fn behind_what_never_returns_nothing_is_walked() {
    let depth = below(&[("caller", &[PUSH_16, bl(1)]), ("forever", &[NOP, b(-1)])]);
    assert_eq!(depth.unwrap().bytes, 16);
    refused(&[("caller", &[PUSH_16, NOP])], "caller has no end");
}

#[test]
fn recursion_is_refused_at_however_many_removes() {
    refused(
        &[("itself", &[PUSH_16, bl(-1), POP_16, RET])],
        "recursion: itself+0x0 calls itself+0x0",
    );
    refused(
        &[
            ("one", &[PUSH_16, bl(3), POP_16, RET]),
            ("other", &[PUSH_16, bl(-5), POP_16, RET]),
        ],
        "recursion: one+0x0 calls other+0x0 calls one+0x0",
    );
    // A loop is none.
    assert_eq!(below(&[("loop", &[NOP, cbz(-1), RET])]).unwrap().bytes, 0);
}

#[test]
fn calls_and_branches_by_a_register_are_refused_but_for_the_one_to_the_kernel() {
    refused(&[("f", &[BLR_X8, RET])], "where a register says");
    refused(&[("f", &[BR_X16])], "where a register says");
    assert_eq!(below(&[(LEAVES, &[BR_X16])]).unwrap().bytes, 0);
}

#[test]
fn a_stack_pointer_that_is_not_known_is_refused() {
    refused(&[("f", &[0xcb28_63ff, RET])], "Unknown");
    refused(&[("f", &[0xf81f_03e0, RET])], "Below");
    refused(&[("f", &[MOV_SP_X1, RET])], "Set");
    refused(&[("f", &[cbz(2), SUB_64, RET])], "a stack of");
    refused(&[("f", &[cbz(3), SUB_64, RET, RET])], "returns with");
    refused(
        &[("f", &[b(3), RET]), ("g", &[NOP, RET])],
        "no function begins at g+0x4",
    );
}

#[test]
fn the_entry_uses_no_stack_before_it_has_set_its_own() {
    let entry = |body: &[u32]| {
        below(&[
            ("purgatory_start", body),
            ("leaf", &[RET]),
            ("framed", &[SUB_64, ADD_64, RET]),
        ])
    };
    let depth = entry(&[bl(4), MOV_SP_X1, bl(3), b(0)]);
    assert_eq!(depth.unwrap().bytes, 64);
    for body in [
        [PUSH_16, MOV_SP_X1, bl(2), b(0)],
        [bl(5), MOV_SP_X1, NOP, b(0)],
    ] {
        assert!(entry(&body).is_err());
    }
}
