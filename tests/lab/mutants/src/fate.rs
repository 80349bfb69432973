// SPDX-License-Identifier: MIT OR Apache-2.0

//! Puts a mutant through the trials.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use purgatory_test_harness::purgatory_ro::PurgatoryRo;

use crate::coverage;
use crate::known::Known;
use crate::mutant::{Mutant, Of};
use crate::seen::{ENDLESS, Judged, Seen};
use crate::trial::{Kind, Trial};
use crate::work::each;

/// Instructions of a short boot.
const FEW: u64 = 1 << 20;

/// What became of a mutant.
#[derive(Clone, Debug)]
pub enum Fate {
    /// The console or the end of this boot was another.
    Boot(&'static str, String),
    /// These rules were broken in this boot.
    Rules(&'static str, Vec<String>),
    /// This run of many calls went otherwise.
    Calls(&'static str, String),
    /// All was as with the image itself, in so many trials.
    Survives(usize),
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boot(trial, why) => write!(f, "boot, {trial}: {why}"),
            Self::Rules(trial, rules) => write!(f, "rules, {trial}: {}", rules.join("; ")),
            Self::Calls(trial, why) => write!(f, "{trial}: {why}"),
            Self::Survives(trials) => write!(f, "SURVIVES {trials} trials"),
        }
    }
}

/// A mutant and what became of it.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// The mutant.
    pub mutant: &'a Mutant,
    /// What became of it.
    pub fate: Fate,
}

impl Line<'_> {
    /// Whether it was seen.
    pub const fn caught(&self) -> bool {
        !matches!(self.fate, Fate::Survives(_))
    }
}

/// A trial, and how the image itself comes out of it.
struct Measured<'a> {
    trial: &'a Trial,
    seen: Seen,
    judged: Judged,
    /// What takes more instructions goes otherwise than the image.
    patience: u64,
    /// The offsets of the instructions that it executes, where that is known.
    executed: Option<BTreeSet<u64>>,
}

/// Runs everything.
pub fn all<'a>(
    mutants: &'a [Mutant],
    trials: &[Trial],
    built: &PurgatoryRo,
    list: &[Known],
) -> Result<Vec<Line<'a>>, String> {
    let trials = each(trials, |trial, path| Measured::new(trial, built, path))?;
    each(mutants, |mutant, path| {
        let fate = fate(mutant, &trials, list, path)?;
        println!("{mutant}: {fate}");
        Ok(Line { mutant, fate })
    })
}

impl<'a> Measured<'a> {
    /// Runs the image itself.
    fn new(trial: &'a Trial, built: &PurgatoryRo, path: &Path) -> Result<Self, String> {
        let mut patience = FEW;
        let mut seen = trial.run(None, path, patience)?;
        while !seen.ends() && patience < ENDLESS {
            patience <<= 2;
            seen = trial.run(None, path, patience)?;
        }
        // What a mutant may take.
        patience <<= 2;
        if !seen.says(trial.says) {
            let last = seen.last();
            return Err(format!("{}: no `{}`, but `{last}`", trial.name, trial.says));
        }
        let judged = match &trial.kind {
            Kind::Boot(boot) => Judged::boot(boot, path)?,
            _ => Judged::default(),
        };
        let executed = trial.boot().map(|boot| {
            let all = coverage::of(boot, path);
            let mut all = all.map_err(|error| format!("{}: {error}", trial.name))?;
            // What the trial has changed itself is not there to be changed.
            let bytes = &boot.load.image.bytes;
            all.retain(|&at| bytes[at as usize..][..4] == built.bytes[at as usize..][..4]);
            Ok::<_, String>(all)
        });
        Ok(Self {
            trial,
            seen,
            judged,
            patience,
            executed: executed.transpose()?,
        })
    }

    /// Whether it may show a mutant.
    fn may_show(&self, mutant: &Mutant) -> bool {
        let executes = |all: &BTreeSet<u64>| mutant.places().any(|at| all.contains(&at));
        self.trial.shows.has(mutant)
            && match mutant.of {
                Of::System { .. } => {
                    let traced = matches!(self.trial.kind, Kind::Boot(_));
                    !traced || executes(&self.judged.executed)
                }
                Of::Code => self.executed.as_ref().is_none_or(executes),
            }
    }

    /// Compares what the machine shows.
    fn shown(&self, mutant: &Mutant, path: &Path) -> Result<Option<Fate>, String> {
        let now = self.trial.run(Some(mutant), path, self.patience)?;
        if now == self.seen {
            return Ok(None);
        }
        let (name, why) = (self.trial.name, self.seen.differs(&now));
        Ok(Some(match self.trial.kind {
            Kind::Boot(_) | Kind::Untraced(_) | Kind::Timed(..) => Fate::Boot(name, why),
            Kind::Sweep(_) | Kind::Flips(..) => Fate::Calls(name, why),
        }))
    }

    /// Compares what the tracer and the cache model see, if it is a boot.
    fn traced(&self, mutant: &Mutant, path: &Path) -> Result<Option<Fate>, String> {
        let Kind::Boot(boot) = &self.trial.kind else {
            return Ok(None);
        };
        let mut boot = boot.clone();
        mutant.apply(&mut boot.load.image.bytes);
        let (name, now) = (self.trial.name, Judged::boot(&boot, path)?);
        if let (Some(was), Some(is)) = (&self.judged.seen, &now.seen) {
            if was != is {
                return Ok(Some(Fate::Boot(name, was.differs(is))));
            }
        }
        Ok(self
            .judged
            .broken(&now, mutant.of)
            .map(|rules| Fate::Rules(name, rules)))
    }
}

/// Tries a mutant until it is caught.
fn fate(
    mutant: &Mutant,
    trials: &[Measured<'_>],
    list: &[Known],
    path: &Path,
) -> Result<Fate, String> {
    let trials: Vec<_> = trials.iter().filter(|one| one.may_show(mutant)).collect();
    match mutant.of {
        Of::System { .. } => of_system(mutant, &trials, path),
        Of::Code => {
            let known = list.iter().any(|known| known.is(mutant));
            of_code(mutant, &trials, known, path)
        }
    }
}

fn of_system(mutant: &Mutant, trials: &[&Measured<'_>], path: &Path) -> Result<Fate, String> {
    for one in trials {
        // What does not come to an end is not worth a trace; without a barrier all does, in QEMU.
        let untraced = !matches!(one.trial.kind, Kind::Boot(_));
        if untraced || mutant.writes() {
            if let Some(fate) = one.shown(mutant, path)? {
                return Ok(fate);
            }
        }
        if let Some(fate) = one.traced(mutant, path)? {
            return Ok(fate);
        }
    }
    Ok(Fate::Survives(trials.len()))
}

/// In each trial in one regime, and only where that does not show it and should in the others too: not
/// if it is known.
fn of_code(
    mutant: &Mutant,
    trials: &[&Measured<'_>],
    known: bool,
    path: &Path,
) -> Result<Fate, String> {
    let turn = mutant.at as usize / 4;
    let chosen = |index: usize| {
        let same = |other: &usize| trials[*other].trial.name == trials[index].trial.name;
        let all: Vec<_> = (0..trials.len()).filter(same).collect();
        all[turn % all.len()] == index
    };
    let (first, rest): (Vec<_>, Vec<_>) = (0..trials.len()).partition(|&index| chosen(index));
    for stage in [first, if known { Vec::new() } else { rest }] {
        for &index in &stage {
            if let Some(fate) = trials[index].shown(mutant, path)? {
                return Ok(fate);
            }
        }
        for &index in &stage {
            if let Some(fate) = trials[index].traced(mutant, path)? {
                return Ok(fate);
            }
        }
    }
    Ok(Fate::Survives(trials.len()))
}
