// SPDX-License-Identifier: MIT OR Apache-2.0

//! A range of physical memory that has been checked.
//!
//! A loader's (start, len) pair is only a claim until [`Region::new`] has checked that it neither
//! wraps nor leaves the physical address range. That is the only way to a [`Region`], so code that
//! holds one may compute with it freely.

use core::num::NonZeroU64;

/// The physical address range of a CPU: all addresses below 2^32 to 2^52.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaRange {
    bits: u32,
}

impl PaRange {
    /// Decodes `ID_AA64MMFR0_EL1.PARange` (Arm ARM, ID_AA64MMFR0_EL1). Values not defined yet count
    /// as 52 bits, the most that this layout of the ID register can express.
    #[must_use]
    pub const fn new(parange: u64) -> Self {
        let bits = match parange {
            0 => 32,
            1 => 36,
            2 => 40,
            3 => 42,
            4 => 44,
            5 => 48,
            _ => 52,
        };
        Self { bits }
    }

    /// Returns the width of an address in bits, 32 to 52.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.bits
    }
}

/// A non-empty range of physical memory; `start + len` fits, and ends inside the physical address
/// range that it was checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    start: u64,
    len: NonZeroU64,
}

/// Why a (start, len) pair is not a [`Region`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionError {
    /// `len` is 0.
    Empty,
    /// `start + len` does not fit 64 bits.
    Wraps,
    /// The last byte lies at or above the end of the physical address range.
    BeyondPhysicalRange,
}

impl Region {
    /// Checks `start` (physical address) and `len` (bytes) against the physical address range.
    ///
    /// # Errors
    ///
    /// A [`RegionError`] for each thing that can be wrong, the first one found.
    pub fn new(start: u64, len: u64, pa_range: PaRange) -> Result<Self, RegionError> {
        let len = NonZeroU64::new(len).ok_or(RegionError::Empty)?;
        let last = start.checked_add(len.get() - 1).ok_or(RegionError::Wraps)?;
        if last >> pa_range.bits != 0 {
            return Err(RegionError::BeyondPhysicalRange);
        }
        Ok(Self { start, len })
    }

    /// Returns the first byte, a physical address.
    #[must_use]
    pub const fn start(&self) -> u64 {
        self.start
    }

    /// Returns the length in bytes, never 0.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.len.get()
    }

    /// Returns false: an empty range is not a region. (Clippy requires it beside `len`.)
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        false
    }

    /// Returns one past the last byte, a physical address; at most 2^52.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.start + self.len.get()
    }

    /// Returns whether `address` lies inside.
    #[must_use]
    pub const fn contains(&self, address: u64) -> bool {
        address >= self.start && address - self.start < self.len.get()
    }

    /// Returns whether all of `other` lies inside.
    #[must_use]
    pub const fn encloses(&self, other: &Self) -> bool {
        self.start <= other.start && other.end() <= self.end()
    }

    /// Returns the part of it that lies from `start` up to `end` (physical addresses), if any.
    #[must_use]
    pub fn between(&self, start: u64, end: u64) -> Option<Self> {
        let start = start.max(self.start);
        let len = end.min(self.end()).checked_sub(start)?;
        NonZeroU64::new(len).map(|len| Self { start, len })
    }

    /// Returns whether the two have a byte in common.
    #[must_use]
    pub const fn overlaps(&self, other: &Self) -> bool {
        self.start < other.end() && other.start < self.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BITS_40: PaRange = PaRange::new(2);
    const BITS_48: PaRange = PaRange::new(5);
    const BITS_52: PaRange = PaRange::new(6);

    #[test]
    fn every_parange_has_its_width() {
        let bits = [
            32, 36, 40, 42, 44, 48, 52, 52, 52, 52, 52, 52, 52, 52, 52, 52,
        ];
        for (value, bits) in (0..).zip(bits) {
            assert_eq!(PaRange::new(value).bits(), bits, "PARange = {value}");
        }
    }

    #[test]
    fn a_region_may_end_at_the_last_byte_of_the_physical_range() {
        let r = Region::new((1 << 40) - 16, 16, BITS_40).unwrap();
        assert_eq!((r.start(), r.len(), r.end()), ((1 << 40) - 16, 16, 1 << 40));
    }

    #[test]
    fn one_byte_more_lies_beyond() {
        let beyond = Err(RegionError::BeyondPhysicalRange);
        assert_eq!(Region::new((1 << 40) - 16, 17, BITS_40), beyond);
        assert_eq!(Region::new(1 << 40, 1, BITS_40), beyond);
        assert_eq!(Region::new(1 << 52, 1, BITS_52), beyond);
    }

    #[test]
    fn a_sum_that_wraps_is_no_region() {
        assert_eq!(Region::new(u64::MAX, 2, BITS_48), Err(RegionError::Wraps));
        assert_eq!(Region::new(2, u64::MAX, BITS_48), Err(RegionError::Wraps));
        // The largest sum that fits is then checked against the range.
        assert_eq!(
            Region::new(u64::MAX, 1, BITS_48),
            Err(RegionError::BeyondPhysicalRange)
        );
    }

    #[test]
    fn an_empty_range_is_no_region() {
        assert_eq!(Region::new(0x1000, 0, BITS_48), Err(RegionError::Empty));
    }

    #[test]
    fn neighbours_do_not_overlap() {
        let r = |start, len| Region::new(start, len, BITS_48).unwrap();
        assert!(!r(0x1000, 0x1000).overlaps(&r(0x2000, 1)));
        assert!(!r(0x2000, 1).overlaps(&r(0x1000, 0x1000)));
        assert!(r(0x1000, 0x1001).overlaps(&r(0x2000, 1)));
        assert!(r(0x2000, 1).overlaps(&r(0x1000, 0x1001)));
        assert!(r(0x1000, 0x9000).overlaps(&r(0x2000, 1)));
        assert!(r(0x1000, 0x1000).contains(0x1fff));
        assert!(!r(0x1000, 0x1000).contains(0x2000));
        assert!(!r(0x1000, 0x1000).contains(0xfff));
    }
}
