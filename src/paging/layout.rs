//! What is to be mapped: the image part by part, and the regions.

use super::{Granule, descriptor::Access};
use crate::region::Region;

/// The image's own parts, physical addresses at 4 KiB boundaries in ascending order (`link.ld`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// Code, up to `rodata`.
    pub text: u64,
    /// Constants and the loader's symbols, up to `guard`.
    pub rodata: u64,
    /// The page below the stack that is never mapped, up to `stack`.
    pub guard: u64,
    /// Stack, table frames and all else that we write, up to `end`.
    pub stack: u64,
    /// One past the image.
    pub end: u64,
}

impl Image {
    /// The parts that are mapped, with what may be done there.
    fn parts(&self) -> [Mapping; 3] {
        let part = |start, end, access| Mapping { start, end, access };
        [
            part(self.text, self.rodata, Access::ReadExecute),
            part(self.rodata, self.guard, Access::Read),
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
        let mut lowest: Option<Mapping> = None;
        let mut consider = |mapping: Mapping| {
            let start = mapping.start.max(from);
            if start < mapping.end && lowest.is_none_or(|l| start < l.start) {
                lowest = Some(Mapping { start, ..mapping });
            }
        };
        self.image.parts().into_iter().for_each(&mut consider);
        self.regions.clone().for_each(|region| {
            consider(Mapping {
                start: region.start() & !(page - 1),
                // The page size is a power of two, and no region ends above 2^52.
                end: (region.end() + (page - 1)) & !(page - 1),
                access: Access::Read,
            });
        });
        lowest
    }
}
