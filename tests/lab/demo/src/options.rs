// SPDX-License-Identifier: MIT OR Apache-2.0

//! What may be chosen on the command line.

use std::path::PathBuf;

use lexopt::prelude::*;
use purgatory_test_harness::Regime;
use purgatory_test_harness::boot::Place;

/// The answer to `--help`.
pub const HELP: &str = "\
Boots a small guest through the purgatory in QEMU, as kexec would, and says what that has shown.

  --cpu MODEL        a CPU of QEMU's: cortex-a53, cortex-a72, neoverse-n1 (default), max …
  --el LEVEL         where the old kernel runs: el1, el2, or vhe (EL2 with E2H = 1; default)
  --at PLACE         where the segments go: low (default), 4g or 512g, which is above that
  --size MIB         how much is hashed, beside the kernel and the device tree (default 8)
  --memory MIB       the machine's memory (default: what the others need)
  --regions NUMBER   in how many regions, 3 (default) to 15
  --far              those beyond three lie over borders of 1 GiB: tables for each region
                     in turn
  --map FILE         draws memory and translation into this SVG file
  --corrupt REGION[:OFFSET]
                     changes one bit after the digest was made, in kernel, initrd or dtb;
                     without an offset in the middle
  --skip-checks      what kexec --no-checks asks for: nothing is verified
  --silent           no console for the purgatory
  --help             this
";

const MIB: u64 = 1 << 20;

/// What is wanted.
pub enum Asked {
    /// The help.
    Help,
    /// A boot.
    Boot(Options),
}

/// What to boot.
#[derive(Debug)]
pub struct Options {
    /// `--cpu`.
    pub cpu: String,
    /// `--el`.
    pub regime: Regime,
    /// `--at`.
    pub place: Place,
    /// `--size`, in bytes.
    pub size: u64,
    /// `--memory`, in MiB.
    pub memory: Option<u64>,
    /// `--regions`.
    pub regions: usize,
    /// `--far`.
    pub far: bool,
    /// `--map`.
    pub map: Option<PathBuf>,
    /// `--corrupt`.
    pub corrupt: Option<(String, Option<u64>)>,
    /// `--skip-checks`.
    pub skip_checks: bool,
    /// `--silent`.
    pub silent: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cpu: "neoverse-n1".into(),
            regime: Regime::El2And0,
            place: Place::Low,
            size: 8 * MIB,
            memory: None,
            regions: 3,
            far: false,
            map: None,
            corrupt: None,
            skip_checks: false,
            silent: false,
        }
    }
}

impl Options {
    /// Reads the command line.
    ///
    /// # Errors
    /// With what is wrong about it.
    pub fn read(mut parser: lexopt::Parser) -> Result<Asked, lexopt::Error> {
        let mut options = Self::default();
        while let Some(argument) = parser.next()? {
            match argument {
                Long("cpu") => options.cpu = parser.value()?.string()?,
                Long("el") => options.regime = parser.value()?.parse_with(regime)?,
                Long("at") => options.place = parser.value()?.parse()?,
                Long("size") => options.size = parser.value()?.parse_with(size)?,
                Long("memory") => options.memory = Some(parser.value()?.parse()?),
                Long("regions") => options.regions = parser.value()?.parse_with(regions)?,
                Long("far") => options.far = true,
                Long("map") => options.map = Some(parser.value()?.into()),
                Long("corrupt") => options.corrupt = Some(parser.value()?.parse_with(corrupt)?),
                Long("skip-checks") => options.skip_checks = true,
                Long("silent") => options.silent = true,
                Long("help") | Short('h') => return Ok(Asked::Help),
                other => return Err(other.unexpected()),
            }
        }
        if options.regime == Regime::El2And0
            && ["cortex-a53", "cortex-a72"].contains(&&*options.cpu)
        {
            return Err(format!("{} has no VHE: try --el el2", options.cpu).into());
        }
        let untold = options.corrupt.is_some() || options.skip_checks || options.silent;
        if options.map.is_some() && untold {
            return Err("--map wants a boot that says how it has verified: \
                        no --corrupt, --skip-checks or --silent"
                .into());
        }
        Ok(Asked::Boot(options))
    }
}

fn regime(value: &str) -> Result<Regime, String> {
    match value {
        "el1" => Ok(Regime::El1And0),
        "el2" => Ok(Regime::El2),
        "vhe" => Ok(Regime::El2And0),
        _ => Err("el1, el2 or vhe is expected".into()),
    }
}

fn regions(value: &str) -> Result<usize, String> {
    match value.parse() {
        Ok(regions @ 3..=15) => Ok(regions),
        _ => Err("a number from 3 to 15 is expected".into()),
    }
}

/// The file for QEMU holds all of it, so that there is an end.
fn size(value: &str) -> Result<u64, String> {
    match value.parse::<u64>() {
        Ok(size @ 1..=2048) => Ok(size * MIB),
        _ => Err("a number of MiB from 1 to 2048 is expected".into()),
    }
}

fn corrupt(value: &str) -> Result<(String, Option<u64>), String> {
    let (region, offset) = match value.split_once(':') {
        None => (value, None),
        Some((region, offset)) => (region, Some(number(offset)?)),
    };
    if ["kernel", "initrd", "dtb"].contains(&region) {
        Ok((region.into(), offset))
    } else {
        Err("the regions are kernel, initrd and dtb".into())
    }
}

fn number(value: &str) -> Result<u64, String> {
    let parsed = match value.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => value.parse(),
    };
    parsed.map_err(|error| format!("offset {value}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(args: &[&str]) -> Result<Options, String> {
        match Options::read(lexopt::Parser::from_args(args)) {
            Ok(Asked::Boot(options)) => Ok(options),
            Ok(Asked::Help) => panic!("help was not asked for"),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn all_that_may_be_chosen_is_read() {
        let args = "--cpu max --el el1 --at 512g --size 3 --memory 7 --corrupt dtb:0x10 --silent \
                    --skip-checks --regions 5 --far";
        let args: Vec<_> = args.split_whitespace().collect();
        let options = read(&args).unwrap();
        assert_eq!(options.cpu, "max");
        assert_eq!(options.regime, Regime::El1And0);
        assert_eq!(options.place, Place::Above512GiB);
        assert_eq!(options.size, 3 * MIB);
        assert_eq!(options.memory, Some(7));
        assert_eq!(options.regions, 5);
        assert_eq!(read(&["--map", "a.svg"]).unwrap().map, Some("a.svg".into()));
        assert_eq!(options.corrupt, Some(("dtb".into(), Some(16))));
        assert!(options.skip_checks && options.silent && options.far);
    }

    #[test]
    fn what_cannot_be_is_named() {
        for (args, words) in [
            (&["--el", "el3"][..], "el1, el2 or vhe is expected"),
            (&["--at", "1t"], "low, 4g or 512g is expected"),
            (
                &["--size", "0"],
                "a number of MiB from 1 to 2048 is expected",
            ),
            (
                &["--corrupt", "purgatory"],
                "the regions are kernel, initrd and dtb",
            ),
            (
                &["--corrupt", "dtb:x"],
                "offset x: invalid digit found in string",
            ),
            (
                &["--cpu", "cortex-a53"],
                "cortex-a53 has no VHE: try --el el2",
            ),
            (&["--regions", "2"], "a number from 3 to 15 is expected"),
            (
                &["--map", "a.svg", "--silent"],
                "--map wants a boot that says",
            ),
            (&["--fast"], "invalid option '--fast'"),
            (&["fast"], "unexpected argument \"fast\""),
            (&["--cpu"], "missing argument for option '--cpu'"),
        ] {
            let error = read(args).unwrap_err();
            assert!(error.contains(words), "{args:?}: {error}");
        }
    }
}
