// SPDX-License-Identifier: MIT OR Apache-2.0

//! Changes by chance. What is accepted must be right: then known words come out as with `sha2`.

use std::fmt;

use purgatory_test_proof::claim::{self, Instructions, Routine, Software};
use purgatory_test_proof::{Image, Term};

use crate::concrete::call;
use crate::random::Random;
use crate::{OWN, image};

/// Each of the two kinds, for each routine.
const TRIED: usize = 250;

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

/// A routine, of which mutants are made.
struct Original {
    image: Image,
    /// Its instructions, and the constants.
    places: Vec<u64>,
    random: Random,
    count: Count,
}

impl Original {
    fn new<R: Routine>(seed: u64) -> Self {
        let image = image(OWN);
        let routine = image.symbol(R::NAME).expect("the routine");
        let places = routine.chain(image.constants.clone());
        Self {
            places: places.step_by(4).collect(),
            image,
            random: Random::new(seed),
            count: Count::default(),
        }
    }

    /// Tries a mutant, unless nothing is changed.
    fn try_one<R: Routine>(&mut self, mutant: &Image, what: &str) {
        let is_changed = |&&at: &&u64| mutant.word(at) != self.image.word(at);
        let Some(&at) = self.places.iter().find(is_changed) else {
            return;
        };
        self.count.tried += 1;
        Term::forget_all();
        let proven = claim::prove::<R>(mutant);
        let mut calls = [1, 2, 3].into_iter();
        let wrong =
            calls.find_map(|blocks| call::<R>(mutant, &mut self.random, blocks, false).err());
        match (proven, wrong) {
            (Ok(_), None) => self.count.equivalent += 1,
            (Ok(_), Some(wrong)) => {
                panic!("{what}: {} is accepted, and {wrong}", mutant.place(at))
            }
            (Err(_), wrong) => {
                self.count.refused += 1;
                self.count.wrong += usize::from(wrong.is_some());
            }
        }
    }

    fn check<R: Routine>(self) {
        let Self { count, .. } = self;
        println!("{}: {count}", R::NAME);
        assert!(count.wrong > count.tried / 2, "{count}: few are wrong");
    }
}

fn some<R: Routine>(mutate: Mutate, seed: u64) {
    let mut original = Original::new::<R>(seed);
    while original.count.tried < TRIED {
        let mut mutant = original.image.clone();
        let what = mutate(&mut mutant, &original.places, &mut original.random);
        original.try_one::<R>(&mutant, &what);
    }
    original.check::<R>();
}

fn every_bit<R: Routine>() {
    let mut original = Original::new::<R>(15);
    for at in original.places.clone() {
        for bit in 0..32 {
            let mut mutant = original.image.clone();
            mutant.patch(at, mutant.word(at).expect("a word") ^ 1 << bit);
            original.try_one::<R>(&mutant, &format!("bit {bit}"));
        }
    }
    original.check::<R>();
}

#[test]
fn bits_of_the_software() {
    some::<Software>(one_bit, 11);
}

#[test]
fn instructions_of_the_software() {
    some::<Software>(one_instruction, 12);
}

#[test]
fn bits_of_the_instructions() {
    some::<Instructions>(one_bit, 13);
}

#[test]
fn instructions_of_the_instructions() {
    some::<Instructions>(one_instruction, 14);
}

#[test]
#[ignore = "takes minutes"]
fn every_bit_of_the_software() {
    every_bit::<Software>();
}

#[test]
#[ignore = "takes minutes"]
fn every_bit_of_the_instructions() {
    every_bit::<Instructions>();
}
