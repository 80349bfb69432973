// SPDX-License-Identifier: MIT OR Apache-2.0

//! The runs that mutants go through, the cheapest first.

mod boots;
mod many_calls;
mod timed;
mod ways;

use std::ops::RangeInclusive;
use std::path::Path;

use purgatory_test_harness::Regime::{El1And0, El2, El2And0};
use purgatory_test_harness::boot::Boot;
use purgatory_test_harness::flips::{Case, Flips};
use purgatory_test_harness::sweep::Sweep;

use crate::mutant::{Mutant, Of};
use crate::seen::Seen;

/// A run.
pub struct Trial {
    /// What is unusual about it.
    pub name: &'static str,
    /// What runs.
    pub kind: Kind,
    /// What the console must show of the image itself.
    pub says: &'static str,
    /// Which mutants it may show.
    pub shows: Shows,
}

/// Which mutants a trial may show: others would only take their time.
#[derive(Clone, Copy, Debug)]
pub enum Shows {
    /// All.
    All,
    /// Those of registers, of all else is done as in the usual boot; and of code.
    Registers,
    /// Those of code.
    Code,
    /// Those with one of these words in their line.
    Words(&'static [&'static str]),
}

impl Shows {
    /// Whether this mutant is among them.
    pub fn has(self, mutant: &Mutant) -> bool {
        match self {
            Self::All => true,
            Self::Registers => mutant.writes() || mutant.of == Of::Code,
            Self::Code => mutant.of == Of::Code,
            Self::Words(words) => {
                let line = mutant.to_string();
                words.iter().any(|word| line.contains(word))
            }
        }
    }
}

/// What runs.
pub enum Kind {
    /// One boot; under the tracer it must break no more rules than the image itself.
    Boot(Box<Boot>),
    /// One boot that would take the tracer too long.
    Untraced(Box<Boot>),
    /// One boot on a clock of a nanosecond for each instruction.
    Timed(Box<Boot>, Timing),
    /// Calls with one register set to this and that, and all compared.
    Sweep(Box<Sweep>),
    /// Calls with this and that in memory.
    Flips(Box<Flips>, Vec<Case>),
}

/// What is looked at.
#[derive(Clone, Debug)]
pub enum Timing {
    /// How long it took to verify, by its own words: milliseconds.
    Printed(RangeInclusive<u64>),
    /// How long it waits for a reset before it says that there is none.
    Wait,
    /// When each byte was sent, on a clock that ticks so much faster: a power of two.
    Pace(u32),
}

impl Trial {
    /// Makes all of them.
    pub fn all() -> Result<Vec<Self>, String> {
        let regimes = [El1And0, El2, El2And0];
        let mut all = Vec::new();
        for regime in regimes {
            boots::usual_ones(&mut all, regime)?;
        }
        boots::shims(&mut all)?;
        for regime in regimes {
            many_calls::sweeps(&mut all, regime)?;
        }
        for regime in regimes {
            ways::all(&mut all, regime)?;
            timed::all(&mut all, regime)?;
        }
        for regime in regimes {
            many_calls::flips(&mut all, regime)?;
        }
        Ok(all)
    }

    /// Returns the boot, where it is one.
    pub fn boot(&self) -> Option<&Boot> {
        match &self.kind {
            Kind::Boot(boot) | Kind::Untraced(boot) | Kind::Timed(boot, _) => Some(boot),
            Kind::Sweep(_) | Kind::Flips(..) => None,
        }
    }

    /// Runs it for so many instructions, with a mutant if there is one.
    pub fn run(&self, mutant: Option<&Mutant>, path: &Path, patience: u64) -> Result<Seen, String> {
        let change = |image: &mut [u8]| {
            if let Some(mutant) = mutant {
                mutant.apply(image);
            }
        };
        match &self.kind {
            Kind::Boot(boot) | Kind::Untraced(boot) => {
                let mut boot = boot.clone();
                change(&mut boot.load.image.bytes);
                boot.build_at(path)?;
                Seen::run(boot.qemu(path), patience)
            }
            Kind::Timed(boot, timing) => {
                let mut boot = boot.clone();
                change(&mut boot.load.image.bytes);
                timed::run(&boot, timing, path)
            }
            Kind::Sweep(sweep) => {
                let mut sweep = sweep.clone();
                change(&mut sweep.image.bytes);
                Seen::run(sweep.qemu(path)?, patience)
            }
            Kind::Flips(flips, cases) => {
                let mut flips = flips.clone();
                change(flips.image_bytes());
                Seen::run(flips.qemu(cases, path)?, patience)
            }
        }
    }
}
