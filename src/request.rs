// SPDX-License-Identifier: MIT OR Apache-2.0

//! The request of `kexec`, checked.
//!
//! `kexec` writes numbers into the image before it is loaded. They are read once, as
//! [`RawSymbols`], and become a [`Request`] here. A bad one becomes a [`Refusal`] that names the
//! symbol and the value, and nothing is started. No other module sees an unchecked number.

use crate::abi::{RawRegion, RawSymbols};
use crate::digest::{Digest, Digests, kexec_tools_len};
use crate::region::{PaRange, Region, RegionError};

/// What to start, checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// Where the kernel starts: a physical address, 4-byte aligned, inside the physical address
    /// range, outside the image and, with a check, in one of the regions.
    pub kernel_entry: u64,
    /// The device tree: the same, 8-byte aligned.
    pub dtb: u64,
    /// What has to be verified, and against what; `None` if the user asked for no checks.
    pub check: Option<Check<'a>>,
    /// Page tables that the loader offers.
    pub tables: Option<TableOffer>,
}

/// Page tables made by the loader, not checked yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableOffer {
    /// `pgtble_base`, not 0.
    pub root: u64,
    /// Whether `purgatory_base` and `purgatory_len` match the image's real place.
    pub for_us: bool,
}

/// What has to be verified: the loader's regions, all of them checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check<'a> {
    raw: &'a RawSymbols,
    /// Number of entries up to the last one used.
    used: usize,
    pa_range: PaRange,
}

impl<'a> Check<'a> {
    /// Returns the regions, in the loader's order; none overlaps the image.
    #[must_use]
    pub fn regions(&self) -> Regions<'a> {
        Regions {
            raw: self
                .raw
                .sha256_regions
                .get(..self.used)
                .unwrap_or_default()
                .iter(),
            pa_range: self.pa_range,
        }
    }

    /// Returns the region that contains the `len` bytes from `start` on, if there is one.
    #[must_use]
    pub fn find(&self, start: u64, len: u64) -> Option<Region> {
        let wanted = Region::new(start, len, self.pa_range).ok()?;
        self.regions().find(|region| region.encloses(&wanted))
    }

    /// Returns the digest that the loader computed.
    #[must_use]
    pub const fn digest(&self) -> &'a [u8; 32] {
        &self.raw.sha256_digest
    }

    /// Returns the number of regions, at most 16, and their total length in bytes, at most 16 ×
    /// 2^52.
    #[must_use]
    pub fn count_and_bytes(&self) -> (u64, u64) {
        let add = |(count, bytes), region: Region| (count + 1, bytes + region.len());
        self.regions().fold((0, 0), add)
    }

    /// Returns the bytes of all regions as kexec-tools counts them.
    #[must_use]
    pub fn kexec_tools_bytes(&self) -> u64 {
        kexec_tools_len(self.regions().map(|region| region.len()))
    }

    /// Clears the kernel for its start if the digest is one of those computed.
    #[must_use]
    pub fn clear(&self, computed: &Digests) -> Option<Cleared> {
        let right = |computed: &Digest| computed.equals(self.digest());
        let miscounted = !right(&computed.sha256);
        (!miscounted || right(&computed.kexec_tools)).then_some(Cleared { miscounted })
    }
}

/// The permission to start the kernel. It comes only from a digest that was right, or from a user
/// who asked for no checks.
#[derive(Debug)]
pub struct Cleared {
    miscounted: bool,
}

impl Cleared {
    /// Returns whether the digest was right only for the length that kexec-tools counts.
    #[must_use]
    pub const fn miscounted(&self) -> bool {
        self.miscounted
    }
}

/// Iterator over the regions of a [`Check`].
#[derive(Clone, Debug)]
pub struct Regions<'a> {
    raw: core::slice::Iter<'a, RawRegion>,
    pa_range: PaRange,
}

impl Iterator for Regions<'_> {
    type Item = Region;

    // Many callers, none hot: one copy saves space.
    #[inline(never)]
    fn next(&mut self) -> Option<Region> {
        // Only empty entries fail here; `Request::new` has refused every other bad one.
        self.raw
            .find_map(|r| Region::new(r.start, r.len, self.pa_range).ok())
    }

    fn fold<B, F: FnMut(B, Region) -> B>(self, init: B, mut f: F) -> B {
        self.raw.fold(init, |b, r| {
            match Region::new(r.start, r.len, self.pa_range) {
                Ok(region) => f(b, region),
                Err(_) => b,
            }
        })
    }
}

/// A symbol's value that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The symbol.
    pub symbol: Symbol,
    /// Which entry, for `sha256_regions`.
    pub index: Option<usize>,
    /// What is wrong with it.
    pub problem: Problem,
    /// The value; for a region its start.
    pub value: u64,
    /// The length in bytes, for a region.
    pub len: Option<u64>,
}

worded! {
    /// The symbols whose values can be refused.
    pub enum Symbol, symbol_words! {
        /// The list of regions.
        Regions = "sha256_regions",
        /// The kernel's first instruction.
        KernelEntry = "arm64_kernel_entry",
        /// The device tree.
        Dtb = "arm64_dtb_addr",
        /// Whether the user asked for no checks.
        SkipChecks = "skip_checks",
    }
}

worded! {
    /// What can be wrong with a symbol's value.
    pub enum Problem, problem_words! {
        /// The address is not a multiple of 4.
        NotAlignedTo4 = "is not 4-byte aligned",
        /// The address is not a multiple of 8.
        NotAlignedTo8 = "is not 8-byte aligned",
        /// Start + length does not fit 64 bits.
        Wraps = "wraps around",
        /// It lies beyond what this CPU can address (`ID_AA64MMFR0_EL1.PARange`).
        BeyondPhysicalRange = "lies beyond the physical address range",
        /// A region touches the purgatory's own memory.
        OverlapsPurgatory = "overlaps the purgatory",
        /// An address points into the purgatory's own memory.
        InsidePurgatory = "lies inside the purgatory",
        /// It lies outside everything that is verified.
        NotInRegion = "lies outside every region",
        /// Neither 0 nor 1.
        NeitherZeroNorOne = "is neither 0 nor 1",
    }
}

impl<'a> Request<'a> {
    /// Checks what the loader wrote, for an image at `image` on a CPU with the physical addresses
    /// of `pa_range`.
    ///
    /// # Errors
    ///
    /// The first bad value found, as a [`Refusal`].
    // One caller: on its own it would return a copy.
    #[inline]
    pub fn new(raw: &'a RawSymbols, image: &Region, pa_range: PaRange) -> Result<Self, Refusal> {
        let check = match raw.skip_checks {
            0 => Some(Check::new(raw, image, pa_range)?),
            1 => None,
            other => {
                return Err(refuse(
                    Symbol::SkipChecks,
                    Problem::NeitherZeroNorOne,
                    other.into(),
                ));
            }
        };
        let kernel = Address {
            symbol: Symbol::KernelEntry,
            value: raw.arm64_kernel_entry,
        };
        let dtb = Address {
            symbol: Symbol::Dtb,
            value: raw.arm64_dtb_addr,
        };
        Ok(Self {
            // A64 instructions are 4-byte aligned (Arm ARM, PC alignment checking); booting.rst:
            // the device tree is placed on an 8-byte boundary.
            kernel_entry: kernel.check(
                4,
                Problem::NotAlignedTo4,
                image,
                pa_range,
                check.as_ref(),
            )?,
            dtb: dtb.check(8, Problem::NotAlignedTo8, image, pa_range, check.as_ref())?,
            check,
            tables: TableOffer::new(raw, image),
        })
    }

    /// Clears the kernel for its start without a check, if the user asked for no checks.
    #[must_use]
    pub fn waive(&self) -> Option<Cleared> {
        self.check
            .is_none()
            .then_some(Cleared { miscounted: false })
    }
}

impl TableOffer {
    fn new(raw: &RawSymbols, image: &Region) -> Option<Self> {
        let for_us = raw.purgatory_base == image.start() && raw.purgatory_len >= image.len();
        (raw.pgtble_base != 0).then_some(Self {
            root: raw.pgtble_base,
            for_us,
        })
    }
}

impl<'a> Check<'a> {
    /// Checks the regions, for an image at `image` on a CPU with the physical addresses of
    /// `pa_range`.
    ///
    /// # Errors
    ///
    /// The first bad region, as a [`Refusal`].
    pub fn new(raw: &'a RawSymbols, image: &Region, pa_range: PaRange) -> Result<Self, Refusal> {
        let mut used = 0;
        for (index, region) in raw.sha256_regions.iter().enumerate() {
            let problem = match Region::new(region.start, region.len, pa_range) {
                Ok(region) if region.overlaps(image) => Problem::OverlapsPurgatory,
                // Unused entries are {0, 0}. An empty one with a start adds nothing to the digest
                // either.
                Err(RegionError::Empty) => continue,
                Ok(_) => {
                    used = index + 1;
                    continue;
                }
                Err(RegionError::Wraps) => Problem::Wraps,
                Err(RegionError::BeyondPhysicalRange) => Problem::BeyondPhysicalRange,
            };
            return Err(Refusal {
                symbol: Symbol::Regions,
                index: Some(index),
                problem,
                value: region.start,
                len: Some(region.len),
            });
        }
        Ok(Self {
            raw,
            used,
            pa_range,
        })
    }
}

/// A symbol that holds one address.
struct Address {
    symbol: Symbol,
    value: u64,
}

impl Address {
    fn check(
        self,
        align: u64,
        misaligned: Problem,
        image: &Region,
        pa_range: PaRange,
        check: Option<&Check<'_>>,
    ) -> Result<u64, Refusal> {
        // 0 is a valid address: on some machines memory begins there.
        let problem = if self.value % align != 0 {
            misaligned
        } else if Region::new(self.value, 1, pa_range).is_err() {
            Problem::BeyondPhysicalRange
        } else if image.contains(self.value) {
            Problem::InsidePurgatory
        } else if check.is_some_and(|check| check.find(self.value, align).is_none()) {
            Problem::NotInRegion
        } else {
            return Ok(self.value);
        };
        Err(refuse(self.symbol, problem, self.value))
    }
}

const fn refuse(symbol: Symbol, problem: Problem, value: u64) -> Refusal {
    Refusal {
        symbol,
        index: None,
        problem,
        value,
        len: None,
    }
}

#[cfg(test)]
mod tests;
