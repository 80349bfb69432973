// SPDX-License-Identifier: MIT OR Apache-2.0

//! The two routines, and what is so whenever their loops begin.

use std::ops::RangeInclusive;

use super::fact::{Fact, Place};
use crate::fips::constants;
use crate::image::Image;
use crate::machine::{Base, Bound, SP, Value};
use crate::word::Word;

/// What a routine has to give back as it was (AAPCS64, 6.1.1), and where to return to.
const SAVED: RangeInclusive<usize> = 19..=30;

/// A call's inputs, except the blocks.
#[derive(Clone, Debug)]
pub struct Call<W> {
    /// The state.
    pub hash: [W; 8],
    /// What is in the general registers before.
    pub registers: [[W; 2]; 31],
    /// What is in the vector registers before.
    pub vectors: [[W; 4]; 32],
}

/// A routine with a loop over the blocks.
pub trait Routine {
    /// Its symbol.
    const NAME: &'static str;
    /// Bytes of its frame.
    const FRAME: i64;
    /// Whether it leaves the vector registers alone.
    const KEEPS_VECTORS: bool;
    /// Where `ahead` may lie, counted from any block: together that is anywhere.
    const AHEAD: &'static [Bound];

    /// What is so whenever the loop begins, with a hash value, for the block that lies `at`.
    fn invariant<W: Word>(
        image: &Image,
        call: &Call<W>,
        hash: [W; 8],
        block: [W; 16],
        at: i64,
    ) -> Vec<Fact<W>>;
}

/// `sha256_software`.
#[derive(Clone, Copy, Debug)]
pub struct Software;

/// `sha256_instructions`.
#[derive(Clone, Copy, Debug)]
pub struct Instructions;

impl<W: Word> Call<W> {
    /// Returns what holds at the start, by the routine's contract.
    pub fn facts<R: Routine>(&self) -> Vec<Fact<W>> {
        let argument = |n, base| address(n, base, 0);
        let mut facts = vec![
            argument(0, Base::State),
            argument(1, Base::Blocks),
            argument(2, Base::End),
            argument(3, Base::Ahead),
        ];
        facts.extend(self.result::<R>(self.hash));
        facts
    }

    /// What is so in the end, if that is the hash value then.
    pub fn result<R: Routine>(&self, hash: [W; 8]) -> Vec<Fact<W>> {
        let mut facts = vec![state(hash)];
        facts.extend(self.kept::<R>(0));
        facts.extend(self.saved());
        facts
    }

    /// Returns the caller's registers.
    fn saved(&self) -> impl Iterator<Item = Fact<W>> {
        SAVED.map(|n| {
            let value = Value::Data(self.registers[n]);
            Fact::new("what the caller had in it", Place::X(n, value))
        })
    }

    /// Returns the stack pointer, this many bytes lower, and the vector registers.
    fn kept<R: Routine>(&self, lower: i64) -> Vec<Fact<W>> {
        let mut facts = vec![address(SP, Base::Stack, -lower)];
        if R::KEEPS_VECTORS {
            let vectors = self.vectors.iter().enumerate();
            facts.extend(vectors.map(|(n, v)| Fact::new("what it held", Place::V(n, *v))));
        }
        facts
    }
}

impl Routine for Software {
    const NAME: &'static str = "sha256_software";
    const FRAME: i64 = 128;
    const KEEPS_VECTORS: bool = true;
    // It is not told.
    const AHEAD: &'static [Bound] = &[Bound::NotAbove(i64::MIN)];

    fn invariant<W: Word>(
        image: &Image,
        call: &Call<W>,
        hash: [W; 8],
        _: [W; 16],
        at: i64,
    ) -> Vec<Fact<W>> {
        let saved = [29, 30, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28];
        let saved = saved.map(|n| Value::Data(call.registers[n]).cells());
        let arguments = [Value::Address(Base::End, 0), Value::Address(Base::State, 0)];
        let arguments = arguments.map(Value::cells);
        let frame = |what, at, cells| {
            let cells = Place::Memory(Base::Stack, at - Self::FRAME, cells);
            Fact::new(what, cells)
        };
        let mut facts = vec![
            address(1, Base::Blocks, at),
            address(2, Base::Image, image.constants.start as i64),
            address(20, Base::End, 0),
            address(22, Base::State, 0),
            frame("what the caller had in its registers", 0, saved.concat()),
            frame("the arguments", 112, arguments.concat()),
            state(hash),
        ];
        facts.extend(call.kept::<Self>(Self::FRAME));
        let hash = hash.into_iter().zip(3..);
        facts.extend(hash.map(|(word, n)| {
            let value = Value::narrow(word);
            Fact::new("its word of the hash value", Place::X(n, value))
        }));
        facts
    }
}

impl Routine for Instructions {
    const NAME: &'static str = "sha256_instructions";
    const FRAME: i64 = 0;
    const KEEPS_VECTORS: bool = false;
    // It prefetches 4 blocks ahead of the one that it compresses.
    const AHEAD: &'static [Bound] = &[Bound::Above(256), Bound::NotAbove(256)];

    fn invariant<W: Word>(
        _: &Image,
        call: &Call<W>,
        hash: [W; 8],
        block: [W; 16],
        at: i64,
    ) -> Vec<Fact<W>> {
        let mut facts = vec![
            address(0, Base::State, 0),
            address(1, Base::Blocks, at),
            address(2, Base::End, 0),
            address(3, Base::Ahead, 0),
            address(4, Base::Blocks, at),
            // It is written in the end.
            state(call.hash),
        ];
        facts.extend(call.kept::<Self>(0));
        facts.extend(call.saved());
        let constants = constants().map(W::of);
        for (what, first, words) in [
            ("its words of the hash value", 0, &hash[..]),
            ("its words of the block", 10, &block),
            ("its constants", 16, &constants),
        ] {
            let registers = words.chunks_exact(4).zip(first..);
            facts.extend(registers.map(|(four, n)| {
                let lanes = std::array::from_fn(|lane| four[lane]);
                Fact::new(what, Place::V(n, lanes))
            }));
        }
        facts
    }
}

fn address<W: Word>(n: usize, base: Base, at: i64) -> Fact<W> {
    let what = match base {
        Base::State => "where the state is",
        Base::Blocks => "where the block is",
        Base::End => "where the blocks end",
        Base::Ahead => "up to where the cache may be asked",
        Base::Stack => "the stack pointer",
        Base::Image => "where the constants are",
    };
    Fact::new(what, Place::X(n, Value::Address(base, at)))
}

fn state<W: Word>(hash: [W; 8]) -> Fact<W> {
    Fact::new("the hash value", Place::words(Base::State, 0, &hash))
}
