// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is hashed at once: as much of the regions as one window maps, and as takes a second.
//!
//! The console is not mapped in the window, so it can speak between two parts only; and the page
//! tables of one part are all that the pool has to hold.

use crate::abi::MAX_REGIONS;
use crate::digest::PIECE;
use crate::region::Region;
use crate::request::Regions;

/// Bytes that a slow core hashes in about a second: with SHA2 instructions some 1.2 ns a byte (an
/// in-order core of 2 GHz), in software some 7.5 ns, and past the cache, where each load is an access
/// to memory, some 6 to 130 ns.
const WITH_SHA2: u64 = 1 << 30;
const IN_SOFTWARE: u64 = 128 << 20;
const UNCACHED: u64 = 16 << 20;

/// Returns how many bytes a part may have, on a CPU with SHA2 instructions or without, that reads
/// through its D-cache or past it.
#[must_use]
pub const fn most(has_sha2: bool, cached: bool) -> u64 {
    match (cached, has_sha2) {
        (true, true) => WITH_SHA2,
        (true, false) => IN_SOFTWARE,
        (false, _) => UNCACHED,
    }
}

/// Room for the regions of a part.
pub type Room = [Option<Region>; MAX_REGIONS];

/// A part of the regions, in the loader's order. A region may be divided, at a multiple of [`PIECE`].
#[derive(Debug)]
pub struct Part<'a> {
    /// What it has of them, up to the first `None`.
    regions: &'a mut Room,
}

impl<'a> Part<'a> {
    /// Returns all of `regions`. Where they are kept is the caller's: a part that had them itself would
    /// be copied.
    pub fn whole(regions: Regions<'_>, room: &'a mut Room) -> Self {
        let mut part = Self { regions: room };
        part.follow(regions, 0, u64::MAX, false);
        part
    }

    /// Makes it what follows the first `hashed` bytes of `regions`: at most `most` bytes (a multiple of
    /// [`PIECE`]), and only of one region if it is to be `alone`.
    pub fn follow(&mut self, regions: Regions<'_>, mut hashed: u64, mut most: u64, alone: bool) {
        let mut places = self.regions.iter_mut();
        for region in regions {
            if hashed >= region.len() {
                hashed -= region.len();
                continue;
            }
            let start = region.start() + hashed;
            hashed = 0;
            let len = region.end() - start;
            let end = if len <= most {
                region.end()
            } else {
                start.max((start + most) & !(PIECE - 1))
            };
            if let Some(place) = places.next() {
                *place = region.between(start, end);
            }
            if alone || len >= most {
                break;
            }
            most -= len;
        }
        places.for_each(|place| *place = None);
    }

    /// Returns what it has of the regions, one after the other.
    pub fn regions(&self) -> impl Iterator<Item = Region> + Clone {
        self.regions.iter().map_while(|&region| region)
    }
}

#[cfg(test)]
mod tests;
