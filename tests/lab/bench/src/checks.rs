// SPDX-License-Identifier: MIT OR Apache-2.0

//! The bars, for the ordinary layout.

use purgatory_test_tracer::phases::Name;

use crate::Results;
use crate::cost::{BLOCKS, Case, Layout, Measured, PIECE, Shape, Window};
use crate::model::{Core, Hash, seconds_outside_at_most};

/// What a bar is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// No more.
    Most(f64),
    /// No less.
    Least(f64),
}

/// A bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Check {
    /// What is compared.
    pub what: &'static str,
    /// With what.
    pub bound: Bound,
    /// What it is.
    pub is: f64,
}

impl Check {
    /// Returns whether it is met.
    pub fn met(&self) -> bool {
        match self.bound {
            Bound::Most(most) => self.is <= most,
            Bound::Least(least) => self.is >= least,
        }
    }
}

/// Compares what was measured with each bar.
pub fn all(results: &Results) -> Vec<Check> {
    [loops(results), usual(results), growth(results)].concat()
}

fn most(what: &'static str, most: f64, is: f64) -> Check {
    Check {
        what,
        bound: Bound::Most(most),
        is,
    }
}

/// Returns the loops alone.
fn loops(results: &Results) -> Vec<Check> {
    let loops = &results.loops;
    let (software, sha2) = (loops.of(Hash::Software), loops.of(Hash::Sha2));
    let cycles = |cpu| loops.cycles(Hash::Sha2, Core::Mca(cpu));
    vec![
        most(
            "SHA2 loop: cycles a byte, neoverse-n1",
            1.35,
            cycles("neoverse-n1"),
        ),
        most(
            "SHA2 loop: cycles a byte, cortex-a72",
            2.2,
            cycles("cortex-a72"),
        ),
        most("SHA2 loop: instructions", 104.0, sha2.instructions as f64),
        most("SHA2 loop: accesses", 4.0, sha2.accesses as f64),
        most(
            "software loop: instructions",
            1720.0,
            software.instructions as f64,
        ),
        most("software loop: accesses", 27.0, software.accesses as f64),
    ]
}

/// Returns what a usual size costs in the ordinary layout.
fn usual(results: &Results) -> Vec<Check> {
    let window = |sha2| results.usual(Case::ours(Window::Own, sha2));
    let none = |sha2| results.usual(Case::ours(Window::None, sha2));
    let ours = window(true);
    let a_block = |count: u64| count as f64 / BLOCKS as f64;
    let fixed = ours.fixed();
    let before = ours.sum(&[Name::Before, Name::Tables, Name::Open]);
    // On the way in, while tables are built, and on the way out.
    let lines = 3 * (ours.image + ours.pool).div_ceil(ours.layout.line.into());
    let slope = |measured: &Measured| results.parted(measured).0 * 1e9 / PIECE as f64;
    let total = |measured| {
        let work = results.loops.work(measured);
        results.loops.seconds(Core::InOrder, &work)
    };
    vec![
        most(
            "SHA2: instructions a block, flush and prefetch among them",
            112.0,
            a_block(ours.piece.instructions),
        ),
        most(
            "SHA2: dc in the window, a block",
            1.0,
            a_block(ours.piece.dc_inside),
        ),
        most(
            "in the window: Device accesses a block",
            0.0,
            a_block(ours.piece.device + window(false).piece.device),
        ),
        most(
            "no window, no SHA2: Device accesses a block",
            28.0,
            a_block(none(false).piece.device),
        ),
        most(
            "no window, SHA2: Device accesses a block",
            5.0,
            a_block(none(true).piece.device),
        ),
        most("fixed: instructions", 22_000.0, fixed.instructions as f64),
        most("fixed: Device accesses", 1_900.0, fixed.device as f64),
        most(
            "before the window: Device accesses",
            1_850.0,
            before.device as f64,
        ),
        most(
            "dc outside: those of the image and its tables, thrice",
            lines as f64,
            ours.total().dc_outside as f64,
        ),
        most("in-order, SHA2: ns a byte", 1.17, slope(&ours)),
        most("in-order, no SHA2: ns a byte", 8.5, slope(&window(false))),
        most("in-order: fixed, ms", 0.15, results.parted(&ours).1 * 1e3),
        most(
            "in-order: fixed, ms, upper bound",
            0.5,
            seconds_outside_at_most(&fixed) * 1e3,
        ),
        Check {
            what: "in-order, 43 MiB: C / this",
            bound: Bound::Least(127.0),
            is: total(&results.usual(Case::C)) / total(&ours),
        },
    ]
}

/// Returns how it grows.
fn growth(results: &Results) -> Vec<Check> {
    // Lines of another size are more or fewer of them.
    let line = Layout::default().line;
    let same = |measured: &&Measured| measured.layout.line == line;
    let slopes = results.growth.iter().filter(same);
    let slopes = slopes.map(|measured| results.parted(measured).0);
    let (least, largest) = slopes.fold((f64::MAX, f64::MIN), |(least, largest), slope| {
        (least.min(slope), largest.max(slope))
    });
    // What a window more costs is bounded in tests/counts.
    let one_window = || results.growth.iter().filter(|one| one.windows == 1);
    let rests = |ragged| {
        let all = one_window();
        all.filter(move |measured| (measured.layout.shape == Shape::Ragged) == ragged)
    };
    let device = one_window().map(|one| one.rest().device);
    let instructions = rests(false).map(|one| one.rest().instructions);
    let a_region = rests(true).map(|one| one.rest().instructions / one.layout.regions as u64);
    let full = results.in_full.total().instructions;
    let computed = results.computed.total().instructions;
    vec![
        most("growth: ns a byte, most / least", 1.02, largest / least),
        // Nine for each region: it is listed thrice.
        most(
            "growth: fixed Device accesses, tables' aside",
            400.0,
            device.max().unwrap_or(0) as f64,
        ),
        most(
            "growth: fixed instructions, tables' and lines' aside",
            4_000.0,
            instructions.max().unwrap_or(0) as f64,
        ),
        most(
            "growth, ragged: the same, a region",
            2_500.0,
            a_region.max().unwrap_or(0) as f64,
        ),
        most(
            "256 MiB run in full: instructions more or less than computed",
            0.0,
            full.abs_diff(computed) as f64,
        ),
    ]
}
