//! The table.

use purgatory_test_support::trace::phases::{Accesses, Phase, Phases};
use std::fmt;

/// What one variant costs.
pub struct Table<'a> {
    name: &'a str,
    phases: &'a Phases,
    block: &'a Phase,
}

impl<'a> Table<'a> {
    /// Of a variant of this name, whose phases cost that, and a block of its hash that.
    pub const fn new(name: &'a str, phases: &'a Phases, block: &'a Phase) -> Self {
        Self {
            name,
            phases,
            block,
        }
    }
}

/// A line: a name, and what it costs.
fn line(f: &mut fmt::Formatter<'_>, name: &str, phase: &Phase) -> fmt::Result {
    write!(f, "{name:<8}{:>13} |", phase.instructions)?;
    accesses(f, &phase.device)?;
    write!(f, " |")?;
    accesses(f, &phase.normal)?;
    writeln!(f)
}

fn accesses(f: &mut fmt::Formatter<'_>, accesses: &Accesses) -> fmt::Result {
    accesses.by_size().iter().try_for_each(|count| match count {
        0 => write!(f, "{:>8}", "-"),
        count => write!(f, "{count:>8}"),
    })
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes = format!("{:>8}{:>8}{:>8}{:>8}{:>8}", 1, 2, 4, 8, 16);
        writeln!(f, "{}", self.name)?;
        writeln!(f, "{:<8}{:>13} | {:<39} | Normal", "", "", "Device")?;
        writeln!(f, "{:<8}{:>13} |{sizes} |{sizes}", "phase", "instructions")?;
        for phase in self.phases.iter().filter(|phase| phase.instructions != 0) {
            line(f, &phase.name.to_string(), phase)?;
        }
        line(f, "all", &self.phases.total())?;
        line(f, "a block", self.block)
    }
}
