// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a machine that knows nothing but these registers makes of an instruction without a meaning.

use std::num::Wrapping;

use purgatory_test_proof::Image;
use purgatory_test_proof::encoding::Encoded;
use purgatory_test_proof::machine::{Base, Bound, Cell, Machine, SP, Value};

use crate::{OWN, image};

type Known = Machine<Wrapping<u32>>;

fn machine() -> Known {
    let zero = Wrapping(0);
    let memory = [(Base::State, 0), (Base::Blocks, 64), (Base::Stack, -32)];
    Machine {
        x: std::array::from_fn(|n| match n {
            0 => Value::Address(Base::State, 0),
            1 => Value::Address(Base::Blocks, 64),
            2 => Value::Address(Base::End, 0),
            3 => Value::Address(Base::Image, 0),
            4 => Value::Address(Base::State, 4),
            5 => Value::Address(Base::Ahead, 0),
            SP => Value::Address(Base::Stack, -24),
            _ => Value::narrow(zero),
        }),
        v: [[zero; 4]; 32],
        compared: None,
        memory: memory
            .into_iter()
            .flat_map(|(base, at)| (at..at + 32).step_by(4).map(move |at| (base, at)))
            .map(|place| (place, Cell::Word(zero)))
            .collect(),
        end: Bound::Above(64),
        ahead: Bound::NotAbove(96),
        pc: 0x800,
        computed: vec![],
    }
}

fn step(image: &Image, machine: &Known, word: u32) -> Result<Known, &'static str> {
    let mut machine = machine.clone();
    let code = Encoded::new(word).ok_or("no instruction")?;
    machine.step(code, image).map(|()| machine)
}

#[test]
fn what_has_no_meaning_is_a_fault() {
    let image = image(OWN);
    let (outside, loads) = ("stores to what is neither", "loads what is neither");
    for (word, what, fault) in [
        (0xa900_1c26, "stp x6, x7, [x1]", outside),
        (0xa900_1c66, "stp x6, x7, [x3]", outside),
        (0xa902_1c06, "stp x6, x7, [x0, #32]", outside),
        (0x4c00_a820, "st1 {v0.4s, v1.4s}, [x1]", outside),
        (0xa940_1c66, "ldp x6, x7, [x3]", loads),
        (0xa940_1c46, "ldp x6, x7, [x2]", loads),
        (0xa942_1c06, "ldp x6, x7, [x0, #32]", loads),
        (0xa97f_1c06, "ldp x6, x7, [x0, #-16]", loads),
        (0x4c40_2800, "ld1 {v0.4s-v3.4s}, [x0]", loads),
        (0xa940_1c86, "ldp x6, x7, [x4]", "is not aligned"),
        (0xa940_1fe6, "ldp x6, x7, [sp]", "is not defined"),
        (0xf940_03e6, "ldr x6, [sp]", "is not defined"),
        (0xa940_1806, "ldp x6, x6, [x0]", "is not defined"),
        (0xa9c0_1800, "ldp x0, x6, [x0, #0]!", "is not defined"),
        (0xa800_1c06, "stnp x6, x7, [x0]", "has a form"),
        (0xa940_1cc6, "ldp x6, x7, [x6]", "uses data"),
        (0x2900_0406, "stp w6, w1, [x0]", "computes with an address"),
        (0x0b01_0006, "add w6, w0, w1", "computes with an address"),
        (0x8b07_80c6, "add x6, x6, x7, lsl #32", ""),
        (0x8bc7_80c6, "add x6, x6, x7, ror #32", "is not defined"),
        (0x0b07_80c6, "add w6, w6, w7, lsl #32", "is not defined"),
        (0x0b87_04c6, "add w6, w6, w7, asr #1", "has a form"),
        (0x1387_04c6, "extr w6, w6, w7, #1", "has a form"),
        (0x9a87_30c6, "csel x6, x6, x7, lo", "asks for the order"),
        (0xf980_0041, "prfm pldl1strm, [x2]", "asks the cache"),
        (0xf980_0061, "prfm pldl1strm, [x3]", "asks the cache"),
        (0xf980_03c1, "prfm pldl1strm, [x30]", "uses data"),
        (0xf980_1021, "prfm pldl1strm, [x1, #32]", "asks the cache"),
        (0xf980_0c21, "prfm pldl1strm, [x1, #24]", ""),
        (0xf980_0001, "prfm pldl1strm, [x0]", ""),
    ] {
        let found = step(&image, &machine(), word).err().unwrap_or_default();
        assert!(
            found.starts_with(fault) && found.is_empty() == fault.is_empty(),
            "{what}: {found}"
        );
    }
}

/// `x1` may be the last block or not, by what is known of the end; one more may follow it.
#[test]
fn what_may_come_in_either_order_has_none() {
    let image = image(OWN);
    let (b_lo, cmp_x1_x2, cmp_x1_x5) = (0x5400_0043, 0xeb02_003f, 0xeb05_003f);
    let order = |machine: &Known, compare| {
        let machine = step(&image, machine, compare)?;
        step(&image, &machine, b_lo).map(|machine| machine.pc == 0x80c)
    };
    let mut machine = machine();
    assert_eq!(order(&machine, cmp_x1_x2), Ok(true));
    assert!(order(&machine, cmp_x1_x5).is_err());
    machine.x[1] = Value::Address(Base::Blocks, 128);
    assert!(order(&machine, cmp_x1_x2).is_err());
    assert_eq!(order(&machine, cmp_x1_x5), Ok(false));
    machine.end = Bound::At(128);
    assert_eq!(order(&machine, cmp_x1_x2), Ok(false));
}

/// Half an address with half of another, or with a word.
#[test]
fn addresses_in_memory_are_whole() {
    let image = image(OWN);
    let mut machine = machine();
    machine.x[SP] = Value::Address(Base::Stack, -32);
    let stored = step(&image, &machine, 0xa900_07e0).expect("stp x0, x1, [sp]");
    let loaded = step(&image, &stored, 0xa940_1fe6).expect("ldp x6, x7, [sp]");
    assert_eq!(loaded.x[6..8], machine.x[..2]);
    let half = step(&image, &stored, 0x2940_1fe6).err();
    assert_eq!(half, Some("loads parts of addresses"), "ldp w6, w7, [sp]");
    let mixed = step(&image, &stored, 0x2900_9be6).expect("stp w6, w6, [sp, #4]");
    let mixed = step(&image, &mixed, 0xa940_1fe6).err();
    assert_eq!(mixed, Some("loads parts of addresses"));
}
