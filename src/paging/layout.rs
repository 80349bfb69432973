//! What is to be mapped: the image part by part, and the regions.

use super::{Granule, descriptor::Access};
use crate::region::Region;

/// The image's own parts, physical addresses at 4 KiB boundaries in ascending order (`link.ld`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// Code, up to `rodata`.
    pub text: u64,
    /// Constants and the loader's symbols, up to `bss`.
    pub rodata: u64,
    /// Variables, up to `guard`.
    pub bss: u64,
    /// The page below the stack that is never mapped, up to `stack`.
    pub guard: u64,
    /// Stack and table frames, up to `end`.
    pub stack: u64,
    /// One past the image.
    pub end: u64,
}

impl Image {
    /// The parts that are mapped, with what may be done there.
    fn parts(&self) -> [Mapping; 4] {
        let part = |start, end, access| Mapping { start, end, access };
        [
            part(self.text, self.rodata, Access::ReadExecute),
            part(self.rodata, self.bss, Access::Read),
            part(self.bss, self.guard, Access::ReadWrite),
            part(self.stack, self.end, Access::ReadWrite),
        ]
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

/// Everything that is accessed while the MMU is on.
#[derive(Clone, Debug)]
pub struct Layout<R> {
    image: Image,
    regions: R,
    granule: Granule,
}

impl<R: Iterator<Item = Region> + Clone> Layout<R> {
    /// The image and what is hashed. The regions may come in any order and may overlap one another,
    /// but not the image.
    pub const fn new(granule: Granule, image: Image, regions: R) -> Self {
        Self {
            image,
            regions,
            granule,
        }
    }

    /// The pages that `granule` of the tables cuts memory into.
    #[must_use]
    pub const fn granule(&self) -> Granule {
        self.granule
    }

    /// The lowest mapping with pages at or above `from` (a page boundary), without those below.
    ///
    /// Going from each mapping's end to the next visits every page once and in ascending order,
    /// without a sorted copy of the list and whatever the regions overlap.
    pub fn next(&self, from: u64) -> Option<Mapping> {
        let page = self.granule.page();
        let regions = self.regions.clone().map(|r| Mapping {
            start: r.start() & !(page - 1),
            // The page size is a power of two, and no region ends above 2^52.
            end: (r.end() + (page - 1)) & !(page - 1),
            access: Access::Read,
        });
        regions
            .chain(self.image.parts())
            .map(|m| Mapping {
                start: m.start.max(from),
                ..m
            })
            .filter(|m| m.start < m.end)
            .min_by_key(|m| m.start)
    }
}
