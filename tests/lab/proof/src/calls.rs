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

/// The branches (Arm ARM C4.1.66).
enum Branch {
    To(u64),
    Call(u64),
    /// Or to the next instruction.
    Perhaps(u64),
    Return,
    /// Where a register says, for good or with a return.
    Away,
    CallAway,
    /// An exception return: nothing is known of what follows.
    None,
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
        met: BTreeSet::new(),
        walk: Walk::default(),
    };
    let entry = start("purgatory_start")?;
    // Some functions call themselves: until nothing new is found.
    loop {
        let before = walker.ends.clone();
        walker.met.clear();
        walker.call(entry, false)?;
        if walker.ends == before {
            return Ok(walker.walk);
        }
    }
}

struct Walker<'a> {
    image: &'a Image,
    instructions: u64,
    clear: u64,
    /// How functions return, if known: where they begin, and what holds then.
    ends: BTreeMap<(u64, bool), BTreeSet<bool>>,
    /// Those that were met this time.
    met: BTreeSet<(u64, bool)>,
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
        if !self.met.insert((start, used)) {
            let known = self.ends.get(&(start, used));
            return Ok(known.cloned().unwrap_or_default());
        }
        let mut ends = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut ahead = vec![(start, used)];
        while let Some((at, used)) = ahead.pop() {
            if seen.insert((at, used)) {
                self.step(at, used, &mut ahead, &mut ends)?;
            }
        }
        self.ends.insert((start, used), ends.clone());
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
        match self.branch(at)? {
            Branch::None => ahead.push((next, used)),
            Branch::Return => {
                ends.insert(used);
            }
            Branch::To(to) if [self.instructions, self.clear].contains(&to) => {
                ends.extend(self.enter(at, to, used)?);
            }
            Branch::To(to) => ahead.push((to, used)),
            Branch::Call(to) => {
                let after = self.enter(at, to, used)?;
                ahead.extend(after.into_iter().map(|used| (next, used)));
            }
            Branch::Perhaps(to) => {
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
            Branch::Away | Branch::CallAway if used => {
                let place = self.image.place(at);
                return Err(format!("{place}: the vector registers are not cleared"));
            }
            Branch::CallAway => ahead.push((next, used)),
            Branch::Away => {
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
            at = match self.branch(at) {
                Ok(Branch::None) => at + 4,
                Ok(Branch::To(to) | Branch::Call(to)) if to == self.clear => return true,
                Ok(Branch::To(to)) => to,
                _ => return false,
            };
        }
        false
    }

    fn branch(&self, at: u64) -> Result<Branch, String> {
        let word = self.image.word(at);
        let word = word.ok_or_else(|| format!("{at:#x} is outside of the code"))?;
        // A signed field of this many bits, in instructions.
        let to = |low: u32, bits: u32| {
            let field = (word >> low << (32 - bits)) as i32 >> (32 - bits);
            at.wrapping_add_signed(i64::from(field) * 4)
        };
        Ok(match word {
            _ if word & 0xfc00_0000 == 0x1400_0000 => Branch::To(to(0, 26)),
            _ if word & 0xfc00_0000 == 0x9400_0000 => Branch::Call(to(0, 26)),
            // B.cond, CBZ and CBNZ; TBZ and TBNZ.
            _ if word & 0xff00_0010 == 0x5400_0000 => Branch::Perhaps(to(5, 19)),
            _ if word & 0x7e00_0000 == 0x3400_0000 => Branch::Perhaps(to(5, 19)),
            _ if word & 0x7e00_0000 == 0x3600_0000 => Branch::Perhaps(to(5, 14)),
            _ if word & 0xffff_fc1f == 0xd65f_0000 => Branch::Return,
            _ if word & 0xffff_fc1f == 0xd61f_0000 => Branch::Away,
            _ if word & 0xffff_fc1f == 0xd63f_0000 => Branch::CallAway,
            // ERET.
            0xd69f_03e0 => Branch::Away,
            // Nothing follows an undefined instruction.
            _ if word >> 16 == 0 => Branch::Return,
            _ => Branch::None,
        })
    }
}
