// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is claimed of the routines, for all inputs, and how it follows: by induction on the blocks.

mod fact;
mod refusal;
mod routine;

use std::ops::Range;

pub use self::fact::{Fact, Place};
pub use self::refusal::Refusal;
pub use self::routine::{Call, Instructions, Routine, Software};
use crate::fips::{compress, constants};
use crate::image::Image;
use crate::machine::{Base, Bound, Machine, Value};
use crate::term::Term;
use crate::word::Word;

/// Bytes in a block.
pub const BLOCK: i64 = 64;

/// How much was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Stretches of the routine that were followed.
    pub stretches: usize,
    /// Words that instructions computed in them.
    pub words: usize,
    /// Terms that these, and the specification, are made of.
    pub terms: usize,
}

/// The routine compresses all blocks, from the first to the last, into the state, with all that
/// [the crate](crate) claims.
///
/// # Errors
/// When that does not follow.
pub fn prove<R: Routine>(image: &Image) -> Result<Extent, Refusal> {
    let routine = image.symbol(R::NAME).map_err(Refusal::of_image)?;
    let proof = Proof {
        image,
        head: image
            .loop_head(&routine)
            .ok_or_else(|| Refusal::of_image(format!("{} has no loop", R::NAME)))?,
        routine,
        extent: Extent::default(),
    };
    proof.run::<R>()
}

/// Leaves zeros in all vector registers, and changes no other; accesses no memory.
///
/// # Errors
/// When that does not follow.
pub fn clears_vectors(image: &Image) -> Result<(), Refusal> {
    let routine = image.symbol("clear_vectors").map_err(Refusal::of_image)?;
    let place = |n| Place::X(n, Value::Data(Term::unknowns()));
    let kept: Vec<_> = (0..31)
        .map(|n| Fact::new("what it held", place(n)))
        .collect();
    let mut machine = machine(routine.start, [Bound::At(0); 2], kept.clone());
    run(&mut machine, image, None, "to the return")?;
    let zeros = (0..32).map(|n| Fact::new("zero", Place::V(n, [Term::of(0); 4])));
    let all = kept.into_iter().chain(zeros).collect::<Vec<_>>();
    check(&machine, image, &all, "at the return")
}

/// The constants are those of FIPS 180-4. That the routines are right says so, too.
///
/// # Errors
/// When one is not.
pub fn has_constants(image: &Image) -> Result<(), Refusal> {
    let places = image.constants.clone().step_by(4);
    for (number, (at, expected)) in places.zip(constants()).enumerate() {
        if image.word(at) != Some(expected) {
            let what = format!("constant {number} is {expected:#010x} in FIPS 180-4");
            return Err(Refusal::new(image, at, "in the table", what));
        }
    }
    Ok(())
}

struct Proof<'a> {
    image: &'a Image,
    routine: Range<u64>,
    head: u64,
    extent: Extent,
}

impl Proof<'_> {
    fn run<R: Routine>(mut self) -> Result<Extent, Refusal> {
        let before = Term::count();
        let call = Call {
            hash: Term::unknowns(),
            registers: std::array::from_fn(|_| Term::unknowns()),
            vectors: std::array::from_fn(|_| Term::unknowns()),
        };
        // Not the call's hash value: that is only the first block's.
        let (hash, block, next) = (Term::unknowns(), Term::unknowns(), Term::unknowns());
        let mut steps = vec![];
        let words = block.map(Term::swapped);
        let after = compress(hash, words, |name, word| steps.push((name(), word)));
        let blocks = |blocks: &[[Term; 16]]| {
            let words = blocks.concat();
            Fact::new("the blocks", Place::words(Base::Blocks, 0, &words))
        };
        let here = R::invariant(self.image, &call, hash, block, 0);

        for &ahead in R::AHEAD {
            let frame = || {
                let garbage = (0..R::FRAME).step_by(4).map(|_| Term::unknown());
                let garbage = Place::words(Base::Stack, -R::FRAME, &garbage.collect::<Vec<_>>());
                vec![Fact::new("its frame", garbage)]
            };
            let entry = [frame(), call.facts::<R>(), vec![blocks(&[block])]].concat();
            let first = R::invariant(self.image, &call, call.hash, block, 0);
            self.stretch(
                "from the entry to the loop",
                (self.routine.start, Some(self.head)),
                [Bound::Above(0), ahead],
                entry,
                &first,
                &[],
            )?;

            let facts = [frame(), here.clone(), vec![blocks(&[block, next])]].concat();
            let there = R::invariant(self.image, &call, after, next, BLOCK);
            self.stretch(
                "from one block to the next",
                (self.head, Some(self.head)),
                [Bound::Above(BLOCK), ahead],
                facts,
                &there,
                &steps,
            )?;

            let facts = [frame(), here.clone(), vec![blocks(&[block])]].concat();
            self.stretch(
                "from the last block to the return",
                (self.head, None),
                [Bound::At(BLOCK), ahead],
                facts,
                &call.result::<R>(after),
                &steps,
            )?;
        }
        self.extent.terms = Term::count() - before;
        Ok(self.extent)
    }

    /// From one place to another, or to the return: what is so before, and after.
    fn stretch(
        &mut self,
        name: &'static str,
        (from, to): (u64, Option<u64>),
        bounds: [Bound; 2],
        before: Vec<Fact<Term>>,
        after: &[Fact<Term>],
        steps: &[(String, Term)],
    ) -> Result<(), Refusal> {
        let mut machine = machine(from, bounds, before);
        run(&mut machine, self.image, to, name)?;
        self.extent.stretches += 1;
        self.extent.words += machine.computed.len();
        check(&machine, self.image, after, name)
            .map_err(|refusal| refusal.with_last_right(self.image, &machine.computed, steps))
    }
}

/// A machine of which these facts are known, and nothing else.
fn machine(
    pc: u64,
    [end, ahead]: [Bound; 2],
    facts: impl IntoIterator<Item = Fact<Term>>,
) -> Machine<Term> {
    let mut machine = Machine {
        x: std::array::from_fn(|_| Value::Data(Term::unknowns())),
        v: std::array::from_fn(|_| Term::unknowns()),
        compared: None,
        memory: Default::default(),
        end,
        ahead,
        pc,
        computed: vec![],
    };
    facts.into_iter().for_each(|fact| fact.put(&mut machine));
    machine
}

fn run(
    machine: &mut Machine<Term>,
    image: &Image,
    until: Option<u64>,
    name: &'static str,
) -> Result<(), Refusal> {
    let ended = machine.run(image, until);
    ended.map_err(|fault| Refusal::new(image, machine.pc, name, fault.into()))
}

fn check(
    machine: &Machine<Term>,
    image: &Image,
    facts: &[Fact<Term>],
    name: &'static str,
) -> Result<(), Refusal> {
    match facts.iter().find_map(|fact| fact.wrong(machine)) {
        None => Ok(()),
        Some(wrong) => Err(Refusal::new(image, machine.pc, name, wrong)),
    }
}
