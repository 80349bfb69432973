// SPDX-License-Identifier: MIT OR Apache-2.0

//! Puts mutants through the trials, as many at once as there are CPUs.

use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use purgatory_test_harness::boot::Boot;
use purgatory_test_harness::root;

use crate::mutant::Mutant;
use crate::seen::{Judged, Seen};
use crate::trial::{self, Kind, Trial};

/// What became of a mutant.
#[derive(Clone, Debug)]
pub enum Fate {
    /// The console or the end of this boot was another.
    Boot(&'static str, String),
    /// These rules were broken in this boot.
    Rules(&'static str, Vec<String>),
    /// This sweep went otherwise.
    Sweep(&'static str, String),
    /// All was as with the image itself, in so many trials.
    Survives(usize),
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boot(trial, why) => write!(f, "boot, {trial}: {why}"),
            Self::Rules(trial, rules) => write!(f, "rules, {trial}: {}", rules.join("; ")),
            Self::Sweep(trial, why) => write!(f, "{trial}: {why}"),
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
}

/// Where a worker has its files.
fn folder(worker: usize) -> PathBuf {
    root().join(format!("target/mutants/{worker}"))
}

/// Runs everything.
pub fn all<'a>(mutants: &'a [Mutant], trials: &[Trial]) -> Result<Vec<Line<'a>>, String> {
    let trials = each(trials, measure)?;
    let lines = each(mutants, |mutant, path| {
        let fate = fate(mutant, &trials, path)?;
        println!("{mutant}: {fate}");
        Ok(Line { mutant, fate })
    });
    for worker in 0..workers() {
        // What cannot be removed is overwritten by the next run.
        let _ = fs::remove_dir_all(folder(worker));
    }
    lines
}

/// As many as there are CPUs, or as `MUTANTS_JOBS` says.
fn workers() -> usize {
    let asked = env::var("MUTANTS_JOBS").ok();
    let asked = asked.and_then(|jobs| jobs.parse().ok());
    asked.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from))
}

/// Does the work for each, and returns what came of it in the same order.
fn each<'a, T: Sync, R: Send>(
    all: &'a [T],
    work: impl Fn(&'a T, &Path) -> Result<R, String> + Sync,
) -> Result<Vec<R>, String> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for worker in 0..workers() {
            let (next, done, work) = (&next, &done, &work);
            scope.spawn(move || {
                let path = folder(worker).join("boot.elf");
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(one) = all.get(index) else { break };
                    let result = work(one, &path);
                    done.lock()
                        .expect("nobody panics with it")
                        .push((index, result));
                }
            });
        }
    });
    let mut done = done.into_inner().map_err(|error| error.to_string())?;
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Runs the image itself.
fn measure<'a>(trial: &'a Trial, path: &Path) -> Result<Measured<'a>, String> {
    let (seen, judged, says) = match &trial.kind {
        Kind::Boot(boot, says) => (Seen::boot(boot, path)?, Judged::boot(boot, path)?, *says),
        Kind::Sweep(sweep) => {
            let seen = trial::sweep(sweep, path)?;
            (seen, Judged::default(), "sweep: passed")
        }
    };
    if !seen.says(says) {
        return Err(format!("{}: no `{says}`: {seen:?}", trial.name));
    }
    Ok(Measured {
        trial,
        seen,
        judged,
    })
}

/// Tries a mutant until it is caught.
fn fate(mutant: &Mutant, trials: &[Measured<'_>], path: &Path) -> Result<Fate, String> {
    let mut tried = 0;
    for one in trials.iter().filter(|one| one.trial.shows.has(mutant)) {
        let fate = match &one.trial.kind {
            Kind::Boot(boot, _) => {
                if !mutant.places().any(|at| one.judged.executed.contains(&at)) {
                    continue;
                }
                let mut boot: Boot = (**boot).clone();
                mutant.apply(&mut boot.load.image);
                in_boot(&boot, one, mutant, path)?
            }
            Kind::Sweep(sweep) => {
                let mut sweep = (**sweep).clone();
                mutant.apply(&mut sweep.image);
                let now = trial::sweep(&sweep, path)?;
                let name = one.trial.name;
                (now != one.seen).then(|| Fate::Sweep(name, one.seen.differs(&now)))
            }
        };
        if let Some(fate) = fate {
            return Ok(fate);
        }
        tried += 1;
    }
    Ok(Fate::Survives(tried))
}

/// Compares one boot with that of the image itself.
fn in_boot(
    boot: &Boot,
    one: &Measured<'_>,
    mutant: &Mutant,
    path: &Path,
) -> Result<Option<Fate>, String> {
    let name = one.trial.name;
    // What does not come to an end is not worth a trace; without a barrier all does, in QEMU.
    if mutant.writes {
        let now = Seen::boot(boot, path)?;
        if now != one.seen {
            return Ok(Some(Fate::Boot(name, one.seen.differs(&now))));
        }
    }
    let now = Judged::boot(boot, path)?;
    if let (Some(was), Some(is)) = (&one.judged.seen, &now.seen) {
        if was != is {
            return Ok(Some(Fate::Boot(name, was.differs(is))));
        }
    }
    Ok((now.rules != one.judged.rules).then_some(Fate::Rules(name, now.rules)))
}
