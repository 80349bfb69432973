// SPDX-License-Identifier: MIT OR Apache-2.0

//! What was measured, and what that means.

/// How often everything is measured.
pub const RUNS: usize = 5;

/// One thing that was measured several times, in ticks of the generic timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// How long each run took.
    pub ticks: [u64; RUNS],
    /// How much each was: bytes, or lines.
    pub units: u64,
}

/// What a sample says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// Picoseconds a unit, of the fastest run.
    pub picoseconds: u64,
    /// How much longer the slowest took, in tenths of a per cent.
    pub spread: u64,
}

impl Sample {
    /// Returns what it says with a timer of so many ticks a second; `None` where that does not count.
    #[must_use]
    pub fn figure(&self, frequency: u64) -> Option<Figure> {
        let least = *self.ticks.iter().min()?;
        let most = *self.ticks.iter().max()?;
        if least == 0 || frequency == 0 || self.units == 0 {
            return None;
        }
        Some(Figure {
            picoseconds: nanoseconds(least, frequency).saturating_mul(1000) / self.units,
            spread: (most - least).saturating_mul(1000) / least,
        })
    }
}

/// Returns how long so many ticks of a timer with this frequency take. 128 bits would be divided by a routine that
/// `core` alone does not have.
const fn nanoseconds(ticks: u64, frequency: u64) -> u64 {
    const A_SECOND: u64 = 1_000_000_000;
    let seconds = (ticks / frequency).saturating_mul(A_SECOND);
    seconds.saturating_add((ticks % frequency).saturating_mul(A_SECOND) / frequency)
}

impl Figure {
    /// Returns how many milliseconds so many units take.
    #[must_use]
    pub fn milliseconds(&self, units: u64) -> u64 {
        self.picoseconds.saturating_mul(units) / 1_000_000_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_run_counts_and_the_slowest_tells_the_spread() {
        let sample = Sample {
            ticks: [1100, 1000, 1003, 1050, 1000],
            units: 4000,
        };
        // 1000 ticks of 20 ns for 4000 bytes.
        let figure = sample.figure(50_000_000).unwrap();
        assert_eq!((figure.picoseconds, figure.spread), (5000, 100));
        assert_eq!(figure.milliseconds(1 << 30), 5368);
    }

    #[test]
    fn no_timer_is_too_fast_and_no_run_too_long() {
        // An hour and half a second, by 4 GHz.
        let sample = Sample {
            ticks: [3_600_500 * 4_000_000; RUNS],
            units: 1_000_000,
        };
        let figure = sample.figure(4_000_000_000).unwrap();
        assert_eq!(figure.picoseconds, 3_600_500_000);
        assert_eq!(figure.milliseconds(1_000_000_000), 3_600_500_000);
    }

    #[test]
    fn without_a_timer_there_is_no_figure() {
        let still = Sample {
            ticks: [0, 0, 5, 0, 0],
            units: 1,
        };
        assert_eq!(still.figure(1), None);
        assert_eq!(
            Sample {
                ticks: [1; RUNS],
                units: 1
            }
            .figure(0),
            None
        );
    }
}
