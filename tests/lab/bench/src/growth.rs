// SPDX-License-Identifier: MIT OR Apache-2.0

//! How it grows: with what is hashed, the number of regions, how they lie, windows, and cache
//! lines.

use purgatory_test_harness::boot::Place;
use purgatory_test_tracer::phases::Name;

use crate::cost::{Case, Counts, Lab, Layout, MIB, Measured, Shape, Window};

/// What is hashed where not the size is what differs: a usual kernel with its initramfs.
pub const USUAL: u64 = 43 * MIB;

/// The sizes, 1 MiB to 4 GiB.
pub const SIZES: [u64; 7] = [
    MIB,
    4 * MIB,
    16 * MIB,
    64 * MIB,
    256 * MIB,
    1024 * MIB,
    4096 * MIB,
];

/// Instructions of a loop over cache lines outside of the window, for each of them.
const EACH_LINE: u64 = 4;

impl Measured {
    /// Returns what of the fixed part is neither that of building tables nor of maintaining lines:
    /// where there is one window, nothing but the regions' number and borders may add to it.
    pub fn rest(&self) -> Counts {
        let tables = self.of(Name::Tables);
        let lines = self
            .sum(&[Name::Before, Name::Open, Name::Close])
            .dc_outside;
        self.fixed()
            - Counts {
                instructions: tables.instructions + EACH_LINE * lines,
                dc_outside: tables.dc_outside + lines,
                ..tables
            }
    }
}

/// Returns all layouts, those that differ from this one in one thing, and some in two.
pub fn layouts(ordinary: Layout) -> Vec<Layout> {
    let mut all = Vec::new();
    for shape in [Shape::Packed, Shape::Scattered, Shape::Ragged] {
        for regions in [1, 2, 3, 5, 8, 15] {
            all.push(Layout {
                regions,
                shape,
                ..ordinary
            });
        }
    }
    for regions in [5, 15] {
        all.push(Layout {
            regions,
            shape: Shape::Far,
            ..ordinary
        });
    }
    for place in [Place::Low, Place::Above4GiB, Place::Above512GiB] {
        all.push(Layout { place, ..ordinary });
    }
    for line in [32, 64, 128, 256] {
        all.push(Layout { line, ..ordinary });
    }
    // In order, and each once.
    let mut once: Vec<Layout> = Vec::new();
    for layout in all {
        if layout != ordinary && !once.contains(&layout) {
            once.push(layout);
        }
    }
    once
}

/// Measures our image through its window, with SHA2 instructions: the ordinary layout in all sizes,
/// then each other.
///
/// # Errors
/// When one cannot be measured.
pub fn all(lab: &Lab, ordinary: Layout) -> Result<Vec<Measured>, String> {
    let case = Case::ours(Window::Own, true);
    let sizes = SIZES.iter().map(|&size| (ordinary, size));
    let layouts = layouts(ordinary);
    let layouts = layouts.iter().map(|&layout| (layout, USUAL));
    sizes
        .chain(layouts)
        .map(|(layout, size)| lab.measure(case, layout, size))
        .collect()
}
