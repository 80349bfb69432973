// SPDX-License-Identifier: MIT OR Apache-2.0

//! Who calls whom: the vector registers are cleared on every path that has used them.
//!
//! A walk through the linked code, from the entry on, with both ways of each conditional branch. It
//! knows one thing: whether `sha256_instructions` was called, and not yet `clear_vectors`. That
//! must not be so where the code leaves the image, or calls what the walk cannot see.
//!
//! One kind of branch is taken for granted: that which goes around `clear_vectors`, and around
//! nothing else that decides. It asks whether the instructions were used; that it asks right is
//! tested by running it (`tests/hash`).

use std::collections::{BTreeMap, BTreeSet};

use purgatory_test_a64::Flow;

use crate::image::Image;

/// What the walk has come by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// Where `sha256_instructions` is called.
    pub uses: BTreeSet<u64>,
    /// Where `clear_vectors` is.
    pub clears: BTreeSet<u64>,
    /// The branches around that.
    pub guards: BTreeSet<u64>,
    /// Where the code leaves the image.
    pub exits: BTreeSet<u64>,
}

/// Instructions between a branch around `clear_vectors` and the call.
const BEFORE_CLEAR: usize = 8;

/// Walks through the image from its entry.
///
/// # Errors
/// When the vector registers may be left as the instructions leave them.
pub fn vectors_are_cleared(image: &Image) -> Result<Walk, String> {
    let start = |name| image.symbol(name).map(|range| range.start);
    let mut walker = Walker {
        image,
        instructions: start("sha256_instructions")?,
        clear: start("clear_vectors")?,
        ends: BTreeMap::new(),
        walk: Walk::default(),
    };
    walker.call(start("purgatory_start")?, false)?;
    Ok(walker.walk)
}

struct Walker<'a> {
    image: &'a Image,
    instructions: u64,
    clear: u64,
    /// How functions return: where they begin, and what holds then. None of one that is being walked.
    ends: BTreeMap<(u64, bool), Option<BTreeSet<bool>>>,
    walk: Walk,
}

impl Walker<'_> {
    /// Returns how a function can return: with the vector registers used or not.
    fn call(&mut self, start: u64, used: bool) -> Result<BTreeSet<bool>, String> {
        if start == self.instructions {
            return Ok([true].into());
        }
        if start == self.clear {
            return Ok([false].into());
        }
        match self.ends.insert((start, used), None) {
            None => {}
            Some(None) => return Err(format!("{}: recursion", self.image.place(start))),
            Some(known) => {
                self.ends.insert((start, used), known.clone());
                return Ok(known.unwrap_or_default());
            }
        }
        let mut ends = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut ahead = vec![(start, used)];
        while let Some((at, used)) = ahead.pop() {
            if seen.insert((at, used)) {
                self.step(at, used, &mut ahead, &mut ends)?;
            }
        }
        self.ends.insert((start, used), Some(ends.clone()));
        Ok(ends)
    }

    fn step(
        &mut self,
        at: u64,
        used: bool,
        ahead: &mut Vec<(u64, bool)>,
        ends: &mut BTreeSet<bool>,
    ) -> Result<(), String> {
        let next = at + 4;
        match self.flow(at)? {
            Flow::Next => ahead.push((next, used)),
            Flow::Return | Flow::End => {
                ends.insert(used);
            }
            Flow::To(to) if [self.instructions, self.clear].contains(&to) => {
                ends.extend(self.enter(at, to, used)?);
            }
            Flow::To(to) => ahead.push((to, used)),
            Flow::Call(to) => {
                let after = self.enter(at, to, used)?;
                ahead.extend(after.into_iter().map(|used| (next, used)));
            }
            Flow::Perhaps(to) => {
                let around = [(to, next), (next, to)];
                let around = around.into_iter().find(|&(clears, _)| self.clears(clears));
                match around.filter(|_| used) {
                    Some((clears, other)) => {
                        self.walk.guards.insert(at);
                        ahead.extend([(clears, true), (other, false)]);
                    }
                    None => ahead.extend([(to, used), (next, used)]),
                }
            }
            Flow::Away | Flow::CallAway if used => {
                let place = self.image.place(at);
                return Err(format!("{place}: the vector registers are not cleared"));
            }
            Flow::CallAway => ahead.push((next, used)),
            Flow::Away => {
                self.walk.exits.insert(at);
            }
        }
        Ok(())
    }

    fn enter(&mut self, at: u64, to: u64, used: bool) -> Result<BTreeSet<bool>, String> {
        if to == self.instructions {
            self.walk.uses.insert(at);
        } else if to == self.clear {
            self.walk.clears.insert(at);
        }
        self.call(to, used)
    }

    /// Returns whether nothing but the call of `clear_vectors` can follow.
    fn clears(&self, from: u64) -> bool {
        let mut at = from;
        for _ in 0..BEFORE_CLEAR {
            at = match self.flow(at) {
                Ok(Flow::Next) => at + 4,
                Ok(Flow::To(to) | Flow::Call(to)) if to == self.clear => return true,
                Ok(Flow::To(to)) => to,
                _ => return false,
            };
        }
        false
    }

    fn flow(&self, at: u64) -> Result<Flow, String> {
        let word = self.image.word(at);
        let word = word.ok_or_else(|| format!("{at:#x} is outside of the code"))?;
        Ok(Flow::of(at, word))
    }
}
