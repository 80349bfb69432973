// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is to be mapped: the image part by part, and the regions.

use super::descriptor::Access;
use super::pool;
use crate::region::{PaRange, Region, RegionError};
use crate::translation::Granule;

/// The image's own parts, physical addresses at 4 KiB boundaries in ascending order (`link.ld`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageParts {
    /// Code, up to `rodata`.
    pub text: u64,
    /// Constants and the loader's symbols, up to `guard`.
    pub rodata: u64,
    /// The page below the stack that is never mapped, up to `stack`.
    pub guard: u64,
    /// The stack and all else that compiled code writes inside the window, up to `pool`.
    pub stack: u64,
    /// Table frames, up to the image's end. Only the MMU reads them, and it does not translate for
    /// itself: they need no mapping.
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
    /// What may be done there.
    pub access: Access,
}

/// Everything that instructions access while the MMU is on.
#[derive(Clone, Debug)]
pub struct Layout<R> {
    image: ImageParts,
    regions: R,
    granule: Granule,
}

impl Granule {
    /// Returns the pages that have a byte from `start` up to `end` (at most 2^52).
    const fn pages(self, start: u64, end: u64, access: Access) -> Mapping {
        let offset = self.page() - 1;
        Mapping {
            start: start & !offset,
            end: (end + offset) & !offset,
            access,
        }
    }
}

impl<R: Iterator<Item = Region> + Clone> Layout<R> {
    /// Describes the image and what is hashed. The regions may come in any order and may overlap
    /// one another, but not the image.
    pub const fn new(granule: Granule, image: ImageParts, regions: R) -> Self {
        Self {
            image,
            regions,
            granule,
        }
    }

    /// Returns the granule of the tables, which cuts memory into pages.
    #[must_use]
    pub const fn granule(&self) -> Granule {
        self.granule
    }

    /// Returns the image that is to be mapped.
    #[must_use]
    pub const fn image(&self) -> ImageParts {
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
    /// without a sorted copy of the list and whatever the regions overlap.
    pub fn next(&self, from: u64) -> Option<Mapping> {
        let mut lowest: Option<Mapping> = None;
        let mut consider = |mapping: Mapping| {
            let start = mapping.start.max(from);
            if start < mapping.end && lowest.is_none_or(|l| start < l.start) {
                lowest = Some(Mapping { start, ..mapping });
            }
        };
        let image = &self.image;
        let whole = self.granule.pages(image.text, image.pool, Access::All);
        if self.granule == Granule::Size4K {
            let part = |start, end, access| Mapping { start, end, access };
            consider(part(image.text, image.rodata, Access::ReadExecute));
            consider(part(image.rodata, image.guard, Access::Read));
            consider(part(image.stack, image.pool, Access::ReadWrite));
        } else {
            // The parts share pages.
            consider(whole);
        }
        self.regions.clone().for_each(|region| {
            let mut mapping = self
                .granule
                .pages(region.start(), region.end(), Access::Read);
            // A page that is shared with the image is the image's.
            if mapping.start < whole.start {
                mapping.end = mapping.end.min(whole.start);
            }
            consider(mapping);
        });
        lowest
    }
}
