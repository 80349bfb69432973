// SPDX-License-Identifier: MIT OR Apache-2.0

//! Changes instructions of the built image, found by routine and kind, so that a change stays the
//! same when the code around it does not.
//!
//! A missing pattern is a panic: then the change has to be reconsidered.

mod lie;
mod place;

use std::ops::Range;

pub use self::lie::Lie;
pub use self::place::Place;
use crate::Regime;
use crate::a64::{ADD, CMP, NOP, Pattern, branch, is_relative};
use crate::boot::Boot;
use crate::purgatory_ro::PurgatoryRo;
use crate::symbols::Symbols;

/// An image that is being changed.
pub struct Patch {
    image: PurgatoryRo,
    symbols: Symbols,
    /// What it is going to run in.
    pub regime: Regime,
}

/// A loop over cache lines, by the numbers of its registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lines {
    /// Where it is.
    pub at: u32,
    /// Where it ends.
    pub end: u32,
    /// The length of a line.
    pub line: u32,
}

impl Patch {
    /// Begins with the image of a boot.
    ///
    /// # Errors
    /// When it is not the one that was built.
    pub fn new(boot: &Boot) -> Result<Self, String> {
        Self::of(&boot.load.image, boot.regime)
    }

    /// Begins with this image, which is going to run in this regime.
    ///
    /// # Errors
    /// When it is not the one that was built.
    pub fn of(image: &PurgatoryRo, regime: Regime) -> Result<Self, String> {
        let image = image.clone();
        Ok(Self {
            symbols: Symbols::read(&image)?,
            image,
            regime,
        })
    }

    /// Returns the image as it is by now.
    pub fn finish(self) -> PurgatoryRo {
        self.image
    }

    /// Finds a routine: that of this name, or of this name and the exception level.
    pub fn routine(&self, name: &str) -> Range<u64> {
        let of_the_level = format!("{name}_el{}", self.regime.el());
        let found = self
            .symbols
            .get(&of_the_level)
            .or_else(|_| self.symbols.get(name));
        found.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Returns where a symbol of the linker is.
    pub fn symbol(&self, name: &str) -> u64 {
        let found = self.symbols.get(name);
        found.unwrap_or_else(|error| panic!("{error}")).start
    }

    /// Returns the instruction of this kind, counted from 0, in a routine.
    pub fn find(&self, routine: &str, what: Pattern, number: usize) -> Place {
        let found = self
            .all(routine)
            .filter(|place| what.is(place.word))
            .nth(number);
        found.unwrap_or_else(|| panic!("{routine} has no {what:x?} number {number}"))
    }

    /// Returns the instruction right before that of this kind, of which there is one.
    pub fn before(&self, routine: &str, what: Pattern) -> Place {
        let at = self.find(routine, what, 0).at;
        let found = self.all(routine).find(|place| place.at + 4 == at);
        found.unwrap_or_else(|| panic!("{routine} begins with {what:x?}"))
    }

    /// Returns the instruction right after that of this kind, of which there is one.
    pub fn after(&self, routine: &str, what: Pattern) -> Place {
        let at = self.find(routine, what, 0).at;
        let found = self.all(routine).find(|place| place.at == at + 4);
        found.unwrap_or_else(|| panic!("{routine} ends with {what:x?}"))
    }

    /// Returns the first instruction of a routine.
    pub fn first(&self, routine: &str) -> Place {
        let first = self.all(routine).next();
        first.unwrap_or_else(|| panic!("{routine} is empty"))
    }

    /// Returns the loop around the maintenance of this kind: `DC`, then `ADD` and `CMP`.
    pub fn lines(&self, routine: &str, dc: Pattern) -> Lines {
        let dc = self.find(routine, dc, 0);
        let second = |what: Pattern| {
            let found = self
                .all(routine)
                .find(|place| place.at > dc.at && what.is(place.word));
            let found = found.unwrap_or_else(|| panic!("{routine}: no {what:x?} after DC"));
            found.word >> 16 & 0x1f
        };
        Lines {
            at: dc.register(),
            line: second(ADD),
            end: second(CMP),
        }
    }

    /// Returns all calls of a routine, wherever they are in the code.
    ///
    /// # Panics
    /// When there is none.
    pub fn calls(&self, routine: &str) -> Vec<Place> {
        let to = self.routine(routine).start;
        let code = self.places(0..self.symbol("rodata_start"));
        let calls: Vec<_> = code.filter(|place| place.calls() == Some(to)).collect();
        assert!(!calls.is_empty(), "nobody calls {routine}");
        calls
    }

    /// Returns the instruction of this kind that follows, if no jump comes before it.
    pub fn next(&self, place: Place, what: Pattern) -> Option<Place> {
        let end = self.symbol("rodata_start");
        self.places(place.at + 4..end)
            .take_while(|next| !is_relative(next.word))
            .find(|next| what.is(next.word))
    }

    /// Makes other instructions of all of this kind in a routine.
    pub fn replace_all(&mut self, routine: &str, what: Pattern, word: impl Fn(Place) -> u32) {
        let places: Vec<_> = self
            .all(routine)
            .filter(|place| what.is(place.word))
            .collect();
        assert!(!places.is_empty(), "{routine} has no {what:x?}");
        for place in places {
            self.replace(place, word(place));
        }
    }

    /// Makes another instruction of all of this kind, wherever they are in the code.
    pub fn replace_everywhere(&mut self, what: Pattern, word: u32) {
        let code = self.places(0..self.symbol("rodata_start"));
        let places: Vec<_> = code.filter(|place| what.is(place.word)).collect();
        assert!(!places.is_empty(), "the image has no {what:x?}");
        for place in places {
            self.replace(place, word);
        }
    }

    /// Makes another instruction of one.
    pub fn replace(&mut self, place: Place, word: u32) {
        self.set(place.at, word);
    }

    /// Makes a `NOP` of the instruction of this kind, counted from 0, in a routine.
    pub fn leave_out(&mut self, routine: &str, what: Pattern, number: usize) {
        self.replace(self.find(routine, what, number), NOP);
    }

    /// Puts instructions before one. They go where the image has room, and get told where.
    pub fn insert(&mut self, place: Place, words: impl FnOnce(u64) -> Vec<u32>) {
        self.detour(place, |cave| {
            let mut all = words(cave);
            all.push(place.moved(cave + all.len() as u64 * 4));
            all
        });
    }

    /// Puts instructions after one.
    pub fn insert_after(&mut self, place: Place, words: impl FnOnce(u64) -> Vec<u32>) {
        self.detour(place, |cave| {
            let mut all = vec![place.moved(cave)];
            all.extend(words(cave + 4));
            all
        });
    }

    /// Runs other instructions instead of one, which may be among them.
    fn detour(&mut self, place: Place, words: impl FnOnce(u64) -> Vec<u32>) {
        let at = place.at;
        let cave = self.cave();
        let mut words = words(cave.start);
        let back = cave.start + words.len() as u64 * 4;
        words.push(branch(back, at + 4));
        assert!(back + 4 <= cave.end, "no room for {} words", words.len());
        for (at, &word) in (cave.start..).step_by(4).zip(&words) {
            self.set(at, word);
        }
        self.set(at, branch(at, cave.start));
    }

    fn set(&mut self, at: u64, word: u32) {
        let bytes = &mut self.image.bytes[at as usize..][..4];
        bytes.copy_from_slice(&word.to_le_bytes());
    }

    fn word(&self, at: u64) -> u32 {
        let bytes = self.image.bytes[at as usize..].first_chunk();
        u32::from_le_bytes(*bytes.expect("inside the image"))
    }

    /// Returns the instructions of a routine.
    pub fn all(&self, routine: &str) -> impl Iterator<Item = Place> {
        self.places(self.routine(routine))
    }

    fn places(&self, range: Range<u64>) -> impl Iterator<Item = Place> {
        range.step_by(4).map(|at| Place {
            at,
            word: self.word(at),
        })
    }

    /// Room among the instructions where there are none: zeros, that no routine claims.
    fn cave(&self) -> Range<u64> {
        const WORDS: u64 = 8;
        let end = self.symbol("rodata_start");
        let mut free = 0;
        for at in (0..end).step_by(4) {
            free = if self.word(at) == 0 { free + 1 } else { 0 };
            // Behind the branch of a vector or a routine there is nothing else.
            if free == WORDS {
                return at + 4 - WORDS * 4..at + 4;
            }
        }
        panic!("no room for {WORDS} instructions");
    }
}
