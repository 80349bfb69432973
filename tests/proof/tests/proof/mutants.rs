// SPDX-License-Identifier: MIT OR Apache-2.0

//! Changes by chance. What is accepted must be right: then known words come out as with `sha2`.

use std::fmt;

use purgatory_test_proof::claim::{self, Instructions, Routine, Software};
use purgatory_test_proof::{Image, Term};

use crate::concrete::call;
use crate::random::Random;
use crate::{OWN, image};

/// Each of the two kinds, for each routine.
const TRIED: usize = 400;

#[derive(Default)]
struct Count {
    tried: usize,
    refused: usize,
    /// Of the refused, those that go wrong with a few random blocks.
    wrong: usize,
    /// Accepted, and right.
    equivalent: usize,
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} tried, {} refused, of which {} go wrong with random blocks; {} accepted and right",
            self.tried, self.refused, self.wrong, self.equivalent
        )
    }
}

/// One bit of an instruction or a constant.
fn one_bit(image: &mut Image, places: &[u64], random: &mut Random) -> String {
    let at = places[random.below(places.len())];
    let bit = random.below(32);
    image.patch(at, image.word(at).expect("a word") ^ 1 << bit);
    format!("bit {bit}")
}

/// An instruction less, twice, in the place of another, exchanged with the next, or with a register
/// of another's.
fn one_instruction(image: &mut Image, places: &[u64], random: &mut Random) -> String {
    const NOP: u32 = 0xd503_201f;
    let at = places[random.below(places.len() - 1)];
    let other = places[random.below(places.len())];
    let [word, next, other] = [at, at + 4, other].map(|at| image.word(at).expect("a word"));
    let field = 0x1f << [0, 5, 16][random.below(3)];
    match random.below(5) {
        0 => image.patch(at, NOP),
        1 => image.patch(at + 4, word),
        2 => image.patch(at, other),
        3 => {
            image.patch(at, next);
            image.patch(at + 4, word);
        }
        _ => image.patch(at, word & !field | other & field),
    }
    "an instruction".into()
}

type Mutate = fn(&mut Image, &[u64], &mut Random) -> String;

fn try_some<R: Routine>(mutate: Mutate, seed: u64) -> Count {
    let image = image(OWN);
    let mut random = Random::new(seed);
    let routine = image.symbol(R::NAME).expect("the routine");
    // As far as it goes, and the constants.
    let places: Vec<_> = routine.chain(image.constants.clone()).step_by(4).collect();
    let mut count = Count::default();
    while count.tried < TRIED {
        let mut mutant = image.clone();
        let what = mutate(&mut mutant, &places, &mut random);
        let Some(&at) = places.iter().find(|&&at| mutant.word(at) != image.word(at)) else {
            continue;
        };
        count.tried += 1;
        Term::forget_all();
        let proven = claim::prove::<R>(&mutant);
        let mut calls = [1, 2, 3, 6].into_iter();
        let wrong = calls.find_map(|blocks| call::<R>(&mutant, &mut random, blocks, false).err());
        match (proven, wrong) {
            (Ok(_), None) => count.equivalent += 1,
            (Ok(_), Some(wrong)) => {
                panic!("{what}: {} is accepted, and {wrong}", mutant.place(at))
            }
            (Err(_), wrong) => {
                count.refused += 1;
                count.wrong += usize::from(wrong.is_some());
            }
        }
    }
    println!("{}: {count}", R::NAME);
    count
}

fn check<R: Routine>(mutate: Mutate, seed: u64) {
    let count = try_some::<R>(mutate, seed);
    assert!(count.wrong > TRIED / 2, "{count}: few of them are any");
}

#[test]
fn bits_of_the_software() {
    check::<Software>(one_bit, 11);
}

#[test]
fn instructions_of_the_software() {
    check::<Software>(one_instruction, 12);
}

#[test]
fn bits_of_the_instructions() {
    check::<Instructions>(one_bit, 13);
}

#[test]
fn instructions_of_the_instructions() {
    check::<Instructions>(one_instruction, 14);
}
