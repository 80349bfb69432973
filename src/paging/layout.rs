// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is to be mapped: the image part by part, and the regions.

use super::descriptor::Access;
use super::pool;
use crate::region::{PaRange, Region, RegionError};
use crate::translation::PAGE;

/// The image's own parts, physical addresses at 4 KiB boundaries in ascending order (`link.ld`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageParts {
    /// Code, up to `rodata`.
    pub text: u64,
    /// Constants and the loader's symbols, up to `guard`.
    pub rodata: u64,
    /// The page below the stack that is never mapped, up to `stack`.
    pub guard: u64,
    /// The stack and everything else that compiled code writes inside the window, up to `pool`.
    pub stack: u64,
    /// Table frames, up to the image's end. They need no mapping: only the MMU reads them, by
    /// physical address.
    pub pool: u64,
}

impl ImageParts {
    /// Returns one past the image.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.pool + pool::BYTES as u64
    }

    /// Returns the image as a whole.
    ///
    /// # Errors
    ///
    /// Cannot happen on a running CPU: our own code was fetched from there.
    pub fn region(&self, pa_range: PaRange) -> Result<Region, RegionError> {
        Region::new(self.text, self.end() - self.text, pa_range)
    }
}

/// An identity mapping of the physical addresses from `start` up to `end`, page boundaries both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// First byte.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
    /// The accesses that it permits.
    pub access: Access,
}

/// Bytes in a level 2 block of the 4 KiB granule.
pub const BLOCK: u64 = 2 << 20;

/// Everything that instructions access while the MMU is on.
#[derive(Clone, Debug)]
pub struct Layout<'a, R> {
    image: &'a ImageParts,
    regions: R,
}

impl<'a, R: Iterator<Item = Region> + Clone> Layout<'a, R> {
    /// Describes the image and what is hashed. The regions may come in any order and may overlap
    /// one another, but not the image.
    pub const fn new(image: &'a ImageParts, regions: R) -> Self {
        Self { image, regions }
    }

    /// Returns the image that is to be mapped.
    #[must_use]
    pub const fn image(&self) -> &'a ImageParts {
        self.image
    }

    /// Returns one past the last byte that is to be mapped.
    pub fn end(&self) -> u64 {
        let regions = self.regions.clone();
        regions.fold(self.image.pool, |end, region| end.max(region.end()))
    }

    /// Returns the lowest mapping with pages at or above `from` (a page boundary), without those
    /// below.
    ///
    /// Going from each mapping's end to the next visits every page once and in ascending order,
    /// without a sorted copy of the list, even if regions overlap.
    pub fn next(&self, from: u64) -> Option<Mapping> {
        let mut lowest: Option<Mapping> = None;
        let mut consider = |start: u64, end, access| {
            let start = start.max(from);
            if start < end && lowest.is_none_or(|lowest| start < lowest.start) {
                lowest = Some(Mapping { start, end, access });
            }
        };
        let image = self.image;
        consider(image.text, image.rodata, Access::ReadExecute);
        consider(image.rodata, image.guard, Access::Read);
        consider(image.stack, image.pool, Access::ReadWrite);
        self.regions.clone().for_each(|region| {
            let (start, end) = (region.start(), region.end());
            consider(
                start & !(PAGE - 1),
                (end + PAGE - 1) & !(PAGE - 1),
                Access::Read,
            );
        });
        lowest
    }

    /// Returns whether anything that a loader maps for all this, including the pool, lies from
    /// `start` up to `end` (page boundaries).
    pub fn touches(&self, start: u64, end: u64) -> bool {
        let pool = self.image.pool < end && start < self.image.end();
        pool || self.next(start).is_some_and(|next| next.start < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_where_the_image_begins_or_the_other_way_round_does_not_touch_it() {
        let image = ImageParts {
            text: 0x4000,
            rodata: 0x5000,
            guard: 0x6000,
            stack: 0x7000,
            pool: 0x9000,
        };
        let layout = Layout::new(&image, core::iter::empty());
        let end = image.end();
        for (start, end, touches) in [
            (0x3000, 0x4000, false),
            (0x3000, 0x5000, true),
            (0x6000, 0x7000, false),
            (0x6000, 0x8000, true),
            (end - PAGE, end, true),
            (end, end + PAGE, false),
        ] {
            assert_eq!(layout.touches(start, end), touches, "{start:#x}");
        }
    }
}
