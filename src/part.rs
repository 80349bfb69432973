// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is hashed at once: as much of the regions as one window maps, and as takes a second.
//!
//! The console is not mapped in the window, so it can speak between two parts only; and the page
//! tables of one part are all that the pool has to hold.

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

/// A part of the regions, in the loader's order: an iterator that leaves the rest of them for the next
/// part. A region may be divided, at a multiple of [`PIECE`].
#[derive(Clone, Debug)]
pub struct Part<'a> {
    /// The region that comes next, and those after it.
    rest: Regions<'a>,
    /// Bytes of the first of them that are done.
    done: u64,
    /// Bytes that may still be taken.
    bytes: u64,
    /// Each part has bytes of one region only.
    alone: bool,
}

impl<'a> Part<'a> {
    /// Takes all of `regions`.
    #[must_use]
    pub const fn whole(regions: Regions<'a>) -> Self {
        Self {
            rest: regions,
            done: 0,
            bytes: u64::MAX,
            alone: false,
        }
    }

    /// Begins the next part, of at most `most` bytes (a multiple of [`PIECE`]); returns false where
    /// all is done.
    pub fn begin(&mut self, most: u64) -> bool {
        self.bytes = most;
        !self.is_last()
    }

    /// Returns whether nothing is left for another part.
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.rest.clone().next().is_none()
    }

    /// Makes do with one region, or some of it, in this part and in those that follow; returns false
    /// where that is so already.
    pub const fn separate(&mut self) -> bool {
        !core::mem::replace(&mut self.alone, true)
    }
}

impl Iterator for Part<'_> {
    type Item = Region;

    #[inline(never)]
    fn next(&mut self) -> Option<Region> {
        let mut after = self.rest.clone();
        let region = after.next()?;
        let start = region.start() + self.done;
        let mut end = region.end();
        if end - start <= self.bytes {
            self.rest = after;
            self.done = 0;
            self.bytes -= end - start;
        } else {
            end = start.max((start + self.bytes) & !(PIECE - 1));
            self.done = end - region.start();
            self.bytes = 0;
        }
        if self.alone {
            self.bytes = 0;
        }
        region.between(start, end)
    }
}

#[cfg(test)]
mod tests;
