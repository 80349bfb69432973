// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is loaded where: the regions and the image.

use std::fmt;

use purgatory_test_harness::boot::Place;
use purgatory_test_harness::purgatory_ro::PAGE;

/// Kexec's list has 16 places, of which it leaves one empty.
pub const MOST_REGIONS: usize = 15;

/// Bytes of each region but the first two: a device tree or the like.
const SMALL: u64 = 16 << 10;
/// What kernels, and regions of a scattered layout, begin at a boundary of: a block of the tables.
const BLOCK: u64 = 2 << 20;
/// What kexec-tools begins a device tree at (`kexec/arch/arm64/kexec-arm64.c`).
const DEVICE_TREE: u64 = 128 << 10;
const GIB: u64 = 1 << 30;

/// How the regions lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// As kexec-tools packs them: the kernel at 2 MiB, the others one after the other, each at the
    /// next page and the device tree at 128 KiB, then the image.
    Packed,
    /// Each, and the image, begins within 2 MiB of its own, at no boundary but a page's.
    Scattered,
    /// The same, but all except the kernel begin and end within a page, at odd addresses. Kexec
    /// makes none such.
    Ragged,
    /// Each but the kernel, and the image, begins a page before a border of 1 GiB.
    Far,
}

/// Where regions, image and tables lie, and on what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// How many regions, up to [`MOST_REGIONS`]. Tables of the loader's are one more.
    pub regions: usize,
    /// How they lie.
    pub shape: Shape,
    /// Where.
    pub place: Place,
    /// Bytes in a cache line, as the image reads it in `CTR_EL0`.
    pub line: u32,
}

/// Where all of it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The regions: address, length.
    pub regions: Vec<(u64, u64)>,
    /// The image.
    pub image: u64,
}

impl Default for Layout {
    /// Returns the ordinary layout: five regions above 4 GiB, packed, with lines of 64 bytes.
    fn default() -> Self {
        Self {
            regions: 5,
            shape: Shape::Packed,
            place: Place::Above4GiB,
            line: 64,
        }
    }
}

impl Layout {
    /// Returns where `size` bytes of regions lie, and the image above them.
    pub fn place(&self, size: u64) -> Placed {
        let mut regions = Vec::new();
        let mut at = self.place.base();
        for (index, len) in self.lengths(size).into_iter().enumerate() {
            at = match (self.shape, index) {
                (_, 0) => at.next_multiple_of(BLOCK),
                (Shape::Packed, 2) => at.next_multiple_of(DEVICE_TREE),
                (Shape::Packed, _) => at.next_multiple_of(PAGE),
                (Shape::Scattered, _) => at.next_multiple_of(BLOCK) + 5 * PAGE,
                (Shape::Ragged, _) => at.next_multiple_of(BLOCK) + 5 * PAGE + 0x107,
                (Shape::Far, _) => before_border(at),
            };
            regions.push((at, len));
            at += len;
        }
        let image = match self.shape {
            Shape::Packed => at.next_multiple_of(PAGE),
            Shape::Scattered | Shape::Ragged => at.next_multiple_of(BLOCK) + 5 * PAGE,
            Shape::Far => before_border(at),
        };
        Placed { regions, image }
    }

    /// Returns how many pages of `size` bytes of regions lie in no 2 MiB that a region has alone, and
    /// are mapped as pages.
    pub fn pages(&self, size: u64) -> u64 {
        let pages = |(at, len): (u64, u64)| {
            let (start, end) = (at / PAGE, (at + len).div_ceil(PAGE));
            let (first, last) = (at.next_multiple_of(BLOCK), (at + len) / BLOCK * BLOCK);
            end - start - last.saturating_sub(first) / PAGE
        };
        self.place(size).regions.into_iter().map(pages).sum()
    }

    /// Cuts `size` bytes into regions: small ones, and the kernel and the initrd each half of the
    /// rest.
    fn lengths(&self, size: u64) -> Vec<u64> {
        let large = self.regions.clamp(1, 2);
        // A ragged region lacks the bytes that it begins and ends within a page with.
        let short = |index: usize| 0x155 + 2 * index as u64;
        let small: Vec<u64> = (large..self.regions)
            .map(|index| match self.shape {
                Shape::Ragged => SMALL - short(index),
                _ => SMALL,
            })
            .collect();
        let rest = size - small.iter().sum::<u64>();
        let kernel = match (large, self.shape) {
            (1, _) => rest,
            (_, Shape::Ragged) => (rest / 2).next_multiple_of(PAGE) - short(0),
            _ => (rest / 2).next_multiple_of(PAGE),
        };
        let initrd = (large == 2).then_some(rest - kernel);
        [kernel].into_iter().chain(initrd).chain(small).collect()
    }
}

/// Returns the next address from `at` on that lies a page before a border of 1 GiB.
const fn before_border(at: u64) -> u64 {
    (at + PAGE).next_multiple_of(GIB) - PAGE
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Packed => "packed",
            Self::Scattered => "scattered",
            Self::Ragged => "ragged",
            Self::Far => "far",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = (Layout, u64)> {
        let shapes = [Shape::Packed, Shape::Scattered, Shape::Ragged, Shape::Far];
        let sizes = [1 << 20, 3 << 20, 4 << 30];
        shapes
            .into_iter()
            .flat_map(|shape| (1..=MOST_REGIONS).map(move |regions| (shape, regions)))
            .flat_map(move |(shape, regions)| {
                let layout = Layout {
                    regions,
                    shape,
                    ..Layout::default()
                };
                sizes.map(|size| (layout, size))
            })
    }

    #[test]
    fn all_bytes_are_in_regions_that_follow_one_another() {
        for (layout, size) in all() {
            let placed = layout.place(size);
            assert_eq!(placed.regions.len(), layout.regions, "{layout:?}");
            let sum: u64 = placed.regions.iter().map(|(_, len)| len).sum();
            assert_eq!(sum, size, "{layout:?}");
            let ends = placed.regions.iter().map(|(at, len)| at + len);
            let starts = placed.regions.iter().skip(1).map(|(at, _)| *at);
            for (end, start) in ends.zip(starts.chain([placed.image])) {
                assert!(end <= start, "{layout:?}: {end:#x}, {start:#x}");
            }
        }
    }

    #[test]
    fn pages_are_what_blocks_leave() {
        let of = |shape, regions, size| {
            let layout = Layout {
                shape,
                regions,
                ..Layout::default()
            };
            layout.pages(size)
        };
        assert_eq!(of(Shape::Packed, 1, 4 << 20), 0);
        assert_eq!(of(Shape::Packed, 1, (4 << 20) + 1), 1);
        assert_eq!(of(Shape::Packed, 1, PAGE), 1);
        // 3 MiB each: of the kernel 1 MiB, of the initrd 1 MiB up to a border.
        assert_eq!(of(Shape::Packed, 2, 6 << 20), 512);
        // Begins five pages into its 2 MiB, and ends there.
        assert_eq!(of(Shape::Scattered, 2, 8 << 20), 512);
    }

    #[test]
    fn only_ragged_ones_are_ragged() {
        for (layout, size) in all() {
            let placed = layout.place(size);
            let odd = |(at, len): &(u64, u64)| (at % PAGE != 0, (at + len) % PAGE != 0);
            let (starts, ends): (Vec<bool>, Vec<bool>) = placed.regions.iter().map(odd).unzip();
            let ragged = layout.shape == Shape::Ragged;
            assert!(!starts[0] && starts[1..].iter().all(|&odd| odd == ragged));
            // All bytes of one region alone are those of whole pages.
            let alone = layout.regions == 1;
            assert!(
                ends.iter().all(|&odd| odd == (ragged && !alone)),
                "{placed:x?}"
            );
            assert_eq!(placed.image % PAGE, 0);
        }
    }
}
