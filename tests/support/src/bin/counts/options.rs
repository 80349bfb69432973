//! What may be chosen on the command line.

use lexopt::prelude::*;
use purgatory_test_support::Regime;

/// The answer to `--help`.
pub const HELP: &str = "\
Counts, phase by phase, what the purgatory costs in instructions and accesses to memory.

  --mib N            how much is hashed, beside the kernel and the device tree (default 8)
  --el LEVEL         el1, el2, or vhe (EL2 with E2H = 1; default)
  --cpu MODEL        a CPU of QEMU's (default neoverse-n1)
  --help             this
";

/// What is wanted.
pub enum Asked {
    /// The help.
    Help,
    /// Counts.
    Count(Options),
}

/// What to count.
pub struct Options {
    /// `--mib`.
    pub mib: u64,
    /// `--el`.
    pub regime: Regime,
    /// `--cpu`.
    pub cpu: String,
}

impl Options {
    /// Reads them.
    pub fn read(mut parser: lexopt::Parser) -> Result<Asked, lexopt::Error> {
        let mut options = Self {
            mib: 8,
            regime: Regime::El2And0,
            cpu: "neoverse-n1".into(),
        };
        while let Some(argument) = parser.next()? {
            match argument {
                Long("mib") => options.mib = parser.value()?.parse()?,
                Long("el") => options.regime = parser.value()?.parse_with(regime)?,
                Long("cpu") => options.cpu = parser.value()?.string()?,
                Long("help") | Short('h') => return Ok(Asked::Help),
                _ => return Err(argument.unexpected()),
            }
        }
        Ok(Asked::Count(options))
    }
}

fn regime(text: &str) -> Result<Regime, &'static str> {
    match text {
        "el1" => Ok(Regime::El1And0),
        "el2" => Ok(Regime::El2),
        "vhe" => Ok(Regime::El2And0),
        _ => Err("el1, el2 or vhe"),
    }
}
