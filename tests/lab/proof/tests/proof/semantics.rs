// SPDX-License-Identifier: MIT OR Apache-2.0

//! What instructions do in the proof, and what they do in QEMU: each that the image has, and others
//! of the same encodings, with random registers and memory.

mod case;
mod guest;

use std::collections::{BTreeMap, BTreeSet};

use purgatory_test_harness::this_test;
use purgatory_test_proof::Image;
use purgatory_test_proof::encoding::{ENCODINGS, Encoded};

use self::case::Case;
use self::guest::{Block, CASES, CODE};
use crate::random::Random;
use crate::{OWN, image};

/// Cases of each encoding, spread over instructions.
const CASES_OF_EACH: usize = 2400;
const INSTRUCTIONS_OF_EACH: usize = 120;
/// Cases of each instruction of the image.
const CASES_OF_IMAGE: usize = 16;

/// Differences that are told one by one.
const TOLD: usize = 20;

/// Returns the instructions of the image.
fn of_image(image: &Image) -> BTreeSet<u32> {
    let routines = ["sha256_software", "sha256_instructions", "clear_vectors"];
    let range = |name| image.symbol(name).unwrap_or_else(|error| panic!("{error}"));
    let places = routines.map(range).into_iter().flatten().step_by(4);
    places.filter_map(|at| image.word(at)).collect()
}

/// Others of an encoding, those that have a meaning.
fn others(image: &Image, name: &str, encoding: &str, random: &mut Random) -> BTreeSet<u32> {
    // Offsets that stay within the memory of a case.
    let clear = match name {
        "ldr/str x" | "prfm" => 0xfc0 << 10,
        _ => 0,
    };
    let words = (0..4 * INSTRUCTIONS_OF_EACH).map(|_| {
        let bits = encoding.chars().map(|c| c.to_digit(2));
        let bits = bits.map(|bit| bit.unwrap_or_else(|| random.word() & 1));
        guest::over_one(bits.fold(0, |word, bit| word << 1 | bit) & !clear)
    });
    let has_meaning = |&word: &u32| Case::new(word, CODE, CASES, 1).after(image).is_ok();
    words
        .filter(has_meaning)
        .take(INSTRUCTIONS_OF_EACH)
        .collect()
}

/// Returns all except `RET`, which ends a run.
fn blocks(image: &Image) -> Vec<Block> {
    let mut random = Random::new(7);
    let mut blocks: Vec<Block> = vec![];
    let mut add = |word, count| {
        let block = Block::after(blocks.last(), word, count);
        blocks.push(block);
    };
    let is_ret = |word| Encoded::new(word).is_some_and(|code| code.name == "ret");
    for word in of_image(image).into_iter().filter(|&word| !is_ret(word)) {
        add(guest::over_one(word), CASES_OF_IMAGE);
    }
    for (name, encoding) in ENCODINGS.into_iter().filter(|(name, _)| *name != "ret") {
        let words = others(image, name, encoding, &mut random);
        assert!(!words.is_empty(), "{name} has no meaning");
        for &word in &words {
            add(word, CASES_OF_EACH.div_ceil(words.len()));
        }
    }
    blocks
}

#[test]
fn each_instruction_does_what_it_does_in_qemu() {
    let image = image(OWN);
    let blocks = blocks(&image);
    let memory = guest::run(&blocks).unwrap_or_else(|error| {
        panic!("{error}\n{}", this_test::alone());
    });
    let mut done = BTreeMap::<_, usize>::new();
    let mut wrong = vec![];
    for block in &blocks {
        for case in block.cases() {
            let after = case
                .after(&image)
                .unwrap_or_else(|fault| panic!("{case}: {fault}"));
            wrong.extend(case.differences(&after, &memory));
            *done.entry(case.code.name).or_default() += 1;
        }
    }
    let count: usize = done.values().sum();
    println!("{count} cases of {} instructions: {done:?}", blocks.len());
    assert!(
        wrong.is_empty(),
        "{} differences, of {count} cases:\n{}\n{}",
        wrong.len(),
        wrong[..wrong.len().min(TOLD)].join("\n"),
        this_test::alone()
    );
    let few: Vec<_> = done.iter().filter(|(_, count)| **count < 2000).collect();
    assert!(few.is_empty(), "there are but few cases of {few:?}");
    assert_eq!(done.len(), ENCODINGS.len() - 1);
}
