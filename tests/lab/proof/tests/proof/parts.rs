// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the proof stands on, each part against something else.

use std::num::Wrapping;

use purgatory_test_proof::fips::{compress, constants, initial};
use purgatory_test_proof::{Term, Values, Word};

use crate::random::Random;

#[test]
fn the_specification_is_sha256() {
    assert_eq!(constants()[..2], [0x428a_2f98, 0x7137_4491]);
    assert_eq!(constants()[63], 0xc671_78f2);
    assert_eq!(initial()[0], 0x6a09_e667);
    assert_eq!(initial()[7], 0x5be0_cd19);
    let mut random = Random::new(1);
    for _ in 0..1000 {
        let mut state: [u32; 8] = random.words().map(|word| word.0);
        let words = random.words();
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.0.to_be_bytes()).collect();
        let bytes: [u8; 64] = bytes.try_into().expect("16 words");
        let ours = compress(state.map(Wrapping), words, |_, _| {});
        sha2::compress256(&mut state, &[bytes.into()]);
        assert_eq!(ours, state.map(Wrapping));
    }
}

/// What is done to terms, and to their values. Those are often close to 0 and all ones, so that
/// terms become simpler.
#[test]
fn terms_have_the_values_of_what_they_are_made_of() {
    let mut random = Random::new(2);
    let mut equal = 0;
    for round in 0..3000 {
        let known: [(Term, u32); 3] = std::array::from_fn(|_| {
            let word = random.word();
            (Term::unknown(), [word, word & 1, !(word & 1)][round % 3])
        });
        let mut pool = known.to_vec();
        for _ in 0..25 {
            let [(a, of_a), (b, of_b)] = [(); 2].map(|()| pool[random.below(pool.len())]);
            let by = random.word() % 32;
            let constant = [0, 1, u32::MAX, 0xffff, 1 << by, random.word()][random.below(6)];
            let (wrapping, other) = (Wrapping(of_a), Wrapping(of_b));
            let (term, value) = match random.below(10) {
                0 | 1 => (a + b, wrapping + other),
                2 => (a ^ b, wrapping ^ other),
                3 => (a & b, wrapping & other),
                4 => (a.or(b), wrapping.or(other)),
                5 => (a.ror(by), wrapping.ror(by)),
                6 => (a.lsr(by), wrapping.lsr(by)),
                7 => (a.lsl(by), wrapping.lsl(by)),
                8 => (a.swapped(), wrapping.swapped()),
                _ => (Term::of(constant), Wrapping(constant)),
            };
            equal += usize::from(pool.iter().any(|&(other, _)| other == term));
            if !term.is_too_large() {
                pool.push((term, value.0));
            }
        }
        let value = |term| known.iter().find(|(unknown, _)| *unknown == term);
        let mut values = Values::new(|term| value(term).expect("an unknown of this round").1);
        for (term, value) in pool {
            assert_eq!(values.of(term), value, "{term:?}");
            assert!(term.known().is_none_or(|known| known == value), "{term:?}");
        }
    }
    assert!(equal > 1000, "{equal} times a term came out that there was");
}

/// What the values of words are compared with: the processor that this runs on.
#[test]
fn words_do_as_numbers_do() {
    let mut random = Random::new(4);
    for _ in 0..1000 {
        let [a, b] = [(); 2].map(|()| random.word());
        let [low, high] = [a, b].map(u64::from);
        let by = random.word() % 32;
        assert_eq!(Wrapping(a).ror(by).0, a.rotate_right(by));
        assert_eq!(Wrapping(a).lsr(by).0, a >> by);
        assert_eq!(Wrapping(a).lsl(by).0, a << by);
        assert_eq!(Wrapping(a).or(Wrapping(b)).0, a | b);
        assert_eq!(Wrapping(a).swapped().0, a.swap_bytes());
        let [c, d] = [(); 2].map(|()| random.word());
        let (one, other) = (high << 32 | low, u64::from(d) << 32 | u64::from(c));
        let sum = Word::upper_of_sum([a, b].map(Wrapping), [c, d].map(Wrapping));
        assert_eq!(u64::from(sum.0), one.wrapping_add(other) >> 32);
    }
}

/// All ways to write them that occur, and some others.
#[test]
fn equal_functions_are_equal_terms() {
    let [a, b, c] = Term::unknowns();
    let not = |x: Term| x ^ Term::of(u32::MAX);
    let maj = (a & b) ^ (a & c) ^ (b & c);
    assert_eq!(((a ^ b) & (b ^ c)) ^ b, maj);
    assert_eq!((a & b).or(c & a.or(b)), maj);
    let ch = (a & b) ^ (not(a) & c);
    assert_eq!(((b ^ c) & a) ^ c, ch);
    assert_eq!((a & b).or(not(a) & c), ch);
    // What is equal since no bit carries is not found to be.
    assert_ne!((a & b) + (not(a) & c), ch);
    assert_eq!((a ^ b).ror(7) & c.ror(7), ((a & c) ^ (b & c)).ror(7));
    assert_eq!(a.swapped().swapped(), a);
    assert_eq!(a + b + c, c + b + a);
    assert_eq!(a.lsr(3), a.ror(3) & Term::of(u32::MAX >> 3));
}

/// Of the upper half of a sum nothing is known, not even that it is the same as that of another.
#[test]
fn carries_may_be_anything() {
    let words = Term::unknowns();
    let sums = [(); 2].map(|()| Term::upper_of_sum(words, [Term::of(0); 2]));
    assert_ne!(sums[0], sums[1]);
    assert_eq!(sums.map(Term::known), [None; 2]);
}
