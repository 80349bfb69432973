// SPDX-License-Identifier: MIT OR Apache-2.0

//! What may be chosen on the command line.

use lexopt::prelude::*;

use crate::cost::{Layout, MIB, MOST_REGIONS, Shape};
use crate::recorded::POOL;

/// The answer to `--help`.
pub const HELP: &str = "\
Counts in QEMU what verifying costs, this image and the C purgatory, and models the time.

  --sizes MIB,…      how much is hashed (default 1,8,43,256,4096)
  --regions NUMBER   in how many regions, 1 to 15 (default 5)
  --shape SHAPE      how they lie: packed as by kexec-tools (default), scattered, or far, over borders of 1 GiB
  --at PLACE         where: low, 4g (default) or 512g, which is above that
  --line BYTES       a cache line, as the image reads it: 16 to 2048 (default 64)
  --pool KIB         of the image before, which maintained all of its pool (default 512); of this
                     one only what is used counts, which is printed
  --help             this

The bars, and what the image before has cost, are for the ordinary layout: the defaults.
";

/// What is wanted.
#[derive(Debug)]
pub enum Asked {
    /// The help.
    Help,
    /// A bench.
    Bench(Options),
}

/// What to measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// `--sizes`, in bytes.
    pub sizes: Vec<u64>,
    /// All that says where things lie.
    pub layout: Layout,
    /// `--pool`, in bytes.
    pub pool: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            sizes: [1, 8, 43, 256, 4096].map(|mib| mib * MIB).to_vec(),
            layout: Layout::default(),
            pool: POOL,
        }
    }
}

impl Options {
    /// Reads the command line.
    ///
    /// # Errors
    /// When it makes no sense.
    pub fn read(mut parser: lexopt::Parser) -> Result<Asked, lexopt::Error> {
        let mut options = Self::default();
        let layout = &mut options.layout;
        while let Some(argument) = parser.next()? {
            match argument {
                Long("sizes") => options.sizes = parser.value()?.parse_with(sizes)?,
                Long("regions") => layout.regions = parser.value()?.parse_with(regions)?,
                Long("shape") => layout.shape = parser.value()?.parse_with(shape)?,
                Long("at") => layout.place = parser.value()?.parse()?,
                Long("line") => layout.line = parser.value()?.parse_with(line)?,
                Long("pool") => options.pool = parser.value()?.parse_with(pool)?,
                Long("help") | Short('h') => return Ok(Asked::Help),
                other => return Err(other.unexpected()),
            }
        }
        Ok(Asked::Bench(options))
    }
}

/// Each has room for all regions, and ends below 48 bits of address.
fn sizes(value: &str) -> Result<Vec<u64>, String> {
    let size = |value: &str| match value.parse::<u64>() {
        Ok(size @ 1..=65536) => Ok(size * MIB),
        _ => Err("numbers of MiB from 1 to 65536 are expected"),
    };
    let sizes = value.split(',').map(size).collect::<Result<_, _>>();
    sizes.map_err(Into::into)
}

fn regions(value: &str) -> Result<usize, String> {
    match value.parse() {
        Ok(regions @ 1..=MOST_REGIONS) => Ok(regions),
        _ => Err(format!("a number from 1 to {MOST_REGIONS} is expected")),
    }
}

/// Ragged regions are seen in how it grows. C cannot read them: with the MMU off its wide accesses
/// must be aligned.
fn shape(value: &str) -> Result<Shape, String> {
    let all = [Shape::Packed, Shape::Scattered, Shape::Far];
    let found = all.into_iter().find(|shape| shape.to_string() == value);
    found.ok_or("packed, scattered or far is expected".into())
}

fn line(value: &str) -> Result<u32, String> {
    match value.parse::<u32>() {
        Ok(line @ 16..=2048) if line.is_power_of_two() => Ok(line),
        _ => Err("a power of two from 16 to 2048 is expected".into()),
    }
}

fn pool(value: &str) -> Result<u64, String> {
    match value.parse::<u64>() {
        Ok(pool @ 4..=4096) if pool % 4 == 0 => Ok(pool << 10),
        _ => Err("a multiple of 4 KiB from 4 to 4096 is expected".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Option<Options> {
        match Options::read(lexopt::Parser::from_args(arguments)) {
            Ok(Asked::Bench(options)) => Some(options),
            Ok(Asked::Help) | Err(_) => None,
        }
    }

    #[test]
    fn what_is_not_said_is_usual() {
        assert_eq!(read(&[]), Some(Options::default()));
        let options = read(&["--regions", "15", "--line=128", "--sizes", "1,43"]);
        let layout = Layout {
            regions: 15,
            line: 128,
            ..Layout::default()
        };
        let expected = Options {
            sizes: vec![MIB, 43 * MIB],
            layout,
            ..Options::default()
        };
        assert_eq!(options, Some(expected));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for arguments in [
            ["--regions", "0"],
            ["--regions", "16"],
            ["--line", "48"],
            ["--shape", "ragged"],
            ["--sizes", "1,"],
            ["--pool", "6"],
        ] {
            assert_eq!(read(&arguments), None, "{arguments:?}");
        }
    }
}
