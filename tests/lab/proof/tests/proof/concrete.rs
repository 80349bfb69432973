// SPDX-License-Identifier: MIT OR Apache-2.0

//! Calls with known words, beside `sha2`.

use std::num::Wrapping;

use purgatory_test_proof::Image;
use purgatory_test_proof::claim::{BLOCK, Call, Fact, Instructions, Place, Routine, Software};
use purgatory_test_proof::machine::{Base, Bound, Machine, Value};

use crate::random::Random;
use crate::{OWN, image};

/// Calls a routine with this many blocks. What is claimed of the loop has to be so whenever it
/// begins, if that is asked for; of the end in any case.
pub fn call<R: Routine>(
    image: &Image,
    random: &mut Random,
    count: usize,
    look_at_loop: bool,
) -> Result<(), String> {
    let call = Call {
        hash: random.words(),
        registers: std::array::from_fn(|_| random.words()),
        vectors: std::array::from_fn(|_| random.words()),
    };
    let blocks: Vec<[Wrapping<u32>; 16]> = (0..count).map(|_| random.words()).collect();
    let routine = image.symbol(R::NAME)?;
    let end = BLOCK * count as i64;
    let mut machine = Machine {
        x: std::array::from_fn(|_| Value::Data(random.words())),
        v: std::array::from_fn(|_| random.words()),
        compared: None,
        memory: Default::default(),
        end: Bound::At(end),
        // Before, within, at the end, and after it.
        ahead: Bound::At([0, BLOCK / 2, end, end + 17, end + 1024][random.below(5)]),
        pc: routine.start,
        computed: vec![],
    };
    let frame: Vec<_> = (0..R::FRAME)
        .step_by(4)
        .map(|_| random.words::<1>()[0])
        .collect();
    let frame = Place::words(Base::Stack, -R::FRAME, &frame);
    let memory = Place::words(Base::Blocks, 0, &blocks.concat());
    let memory = [frame, memory].map(|place| Fact::new("memory", place));
    for fact in call.facts::<R>().into_iter().chain(memory) {
        fact.put(&mut machine);
    }

    let head = image.loop_head(&routine).ok_or("there is no loop")?;
    let mut hash = call.hash.map(|word| word.0);
    for (at, block) in (0..).step_by(BLOCK as usize).zip(blocks) {
        machine.run(image, Some(head))?;
        if look_at_loop {
            let facts = R::invariant(image, &call, hash.map(Wrapping), block, at);
            wrong(&facts, &machine)?;
        }
        let bytes: Vec<u8> = block.iter().flat_map(|word| word.0.to_le_bytes()).collect();
        let bytes: [u8; 64] = bytes.try_into().expect("16 words");
        sha2::compress256(&mut hash, &[bytes.into()]);
    }
    machine.run(image, None)?;
    wrong(&call.result::<R>(hash.map(Wrapping)), &machine)
}

fn wrong(facts: &[Fact<Wrapping<u32>>], machine: &Machine<Wrapping<u32>>) -> Result<(), String> {
    let wrong = facts.iter().find_map(|fact| fact.wrong(machine));
    wrong.map_or(Ok(()), Err)
}

/// So the claims are about SHA-256, and none of them is so for lack of a case.
#[test]
fn what_is_claimed_is_so_in_calls() {
    let image = image(OWN);
    let mut random = Random::new(3);
    for count in (1..=8).chain([64, 1, 1, 2, 2, 3, 3]) {
        for look_at_loop in [true, false] {
            let software = call::<Software>(&image, &mut random, count, look_at_loop);
            assert_eq!(software, Ok(()), "{count} blocks");
            let instructions = call::<Instructions>(&image, &mut random, count, look_at_loop);
            assert_eq!(instructions, Ok(()), "{count} blocks");
        }
    }
}
