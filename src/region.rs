//! A range of physical memory that has been checked.
//!
//! The loader's (start, len) pairs are allegations until [`Region::new`] has seen that they do not
//! wrap and end inside the CPU's physical address range. There is no other way to a [`Region`], so
//! code that holds one may compute with it freely.

use core::num::NonZeroU64;

/// A non-empty range of physical memory; `start + len` fits, and ends inside the physical address
/// range that it was checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    start: u64,
    len: NonZeroU64,
}

/// Why a (start, len) pair is no [`Region`].
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
    /// Checks `start` (physical address) and `len` (bytes) against a physical address range of
    /// `pa_bits` bits (32 to 52, `ID_AA64MMFR0_EL1.PARange`).
    ///
    /// # Errors
    ///
    /// A [`RegionError`] for each thing that can be wrong, the first one found.
    pub fn new(start: u64, len: u64, pa_bits: u32) -> Result<Self, RegionError> {
        let len = NonZeroU64::new(len).ok_or(RegionError::Empty)?;
        let last = start.checked_add(len.get() - 1).ok_or(RegionError::Wraps)?;
        if last.checked_shr(pa_bits).unwrap_or(0) != 0 {
            return Err(RegionError::BeyondPhysicalRange);
        }
        Ok(Self { start, len })
    }

    /// First byte, a physical address.
    #[must_use]
    pub const fn start(&self) -> u64 {
        self.start
    }

    /// Length in bytes, never 0.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.len.get()
    }

    /// Never: an empty range is no region. (Clippy wants it beside `len`.)
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        false
    }

    /// One past the last byte, a physical address; at most 2^52.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.start + self.len.get()
    }

    /// Whether `address` lies inside.
    #[must_use]
    pub const fn contains(&self, address: u64) -> bool {
        address >= self.start && address - self.start < self.len.get()
    }

    /// Whether all of `other` lies inside.
    #[must_use]
    pub const fn encloses(&self, other: &Self) -> bool {
        self.start <= other.start && other.end() <= self.end()
    }

    /// Whether the two have a byte in common.
    #[must_use]
    pub const fn overlaps(&self, other: &Self) -> bool {
        self.start < other.end() && other.start < self.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_may_end_at_the_last_byte_of_the_physical_range() {
        let r = Region::new((1 << 40) - 16, 16, 40).unwrap();
        assert_eq!((r.start(), r.len(), r.end()), ((1 << 40) - 16, 16, 1 << 40));
    }

    #[test]
    fn one_byte_more_lies_beyond() {
        let beyond = Err(RegionError::BeyondPhysicalRange);
        assert_eq!(Region::new((1 << 40) - 16, 17, 40), beyond);
        assert_eq!(Region::new(1 << 40, 1, 40), beyond);
        assert_eq!(Region::new(1 << 52, 1, 52), beyond);
    }

    #[test]
    fn a_sum_that_wraps_is_no_region() {
        assert_eq!(Region::new(u64::MAX, 2, 48), Err(RegionError::Wraps));
        assert_eq!(Region::new(2, u64::MAX, 48), Err(RegionError::Wraps));
        // The sum that just fits is judged by the range.
        assert_eq!(
            Region::new(u64::MAX, 1, 48),
            Err(RegionError::BeyondPhysicalRange)
        );
    }

    #[test]
    fn an_empty_range_is_no_region() {
        assert_eq!(Region::new(0x1000, 0, 48), Err(RegionError::Empty));
    }

    #[test]
    fn neighbours_do_not_overlap() {
        let r = |start, len| Region::new(start, len, 48).unwrap();
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
