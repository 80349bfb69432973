//! What `kexec` asks for: the raw words of the image's symbols, and the checked [`Request`].
//!
//! `kexec` pokes numbers into the image before it is loaded. They are read once, as [`RawSymbols`],
//! and checked here; a bad one becomes a [`Refusal`] that names the symbol and the value, and nothing
//! is started. No other module sees an unchecked number.

use crate::region::{Region, RegionError};

/// Entries of `sha256_regions`; `kexec` uses at most 15 of them.
pub const MAX_REGIONS: usize = 16;

/// One entry of `sha256_regions` as the loader wrote it; `{0, 0}` where unused.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RawRegion {
    /// First byte, physical address.
    pub start: u64,
    /// Bytes.
    pub len: u64,
}

/// The image's symbols in the order in which they lie in the image; each field is one symbol of the
/// same name, with the size that `kexec` insists on.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RawSymbols {
    /// The segments that the digest covers.
    pub sha256_regions: [RawRegion; MAX_REGIONS],
    /// SHA-256 over the concatenation of the regions.
    pub sha256_digest: [u8; 32],
    /// Physical address of the kernel's first instruction.
    pub arm64_kernel_entry: u64,
    /// Physical address of the device tree, for `x0`.
    pub arm64_dtb_addr: u64,
    /// Physical address of a UART's data register, or 0.
    pub arm64_sink: u64,
    /// Physical address of page tables made by the loader, or 0.
    pub pgtble_base: u64,
    /// Physical address of the loader's idea of our segment, or 0.
    pub purgatory_base: u64,
    /// Bytes of that segment, or 0.
    pub purgatory_len: u64,
    /// 1: start the kernel without looking at the digest.
    pub skip_checks: u32,
}

// The loader refuses an image whose symbols have other sizes; `src/arch/symbols.rs` lays them out.
const _: () = {
    use core::mem::offset_of;
    assert!(size_of::<[RawRegion; MAX_REGIONS]>() == 256);
    assert!(offset_of!(RawSymbols, sha256_digest) == 256);
    assert!(offset_of!(RawSymbols, arm64_kernel_entry) == 288);
    assert!(offset_of!(RawSymbols, purgatory_len) == 328);
    assert!(offset_of!(RawSymbols, skip_checks) == 336);
};

/// What to start, checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// Where the kernel starts: a physical address, not 0, 4-byte aligned, inside the physical
    /// address range and outside the image.
    pub kernel_entry: u64,
    /// The device tree: a physical address, not 0, 8-byte aligned, inside the physical address range
    /// and outside the image.
    pub dtb: u64,
    /// What has to be verified, and against what; `None` where the user asked for no checks.
    pub check: Option<Check<'a>>,
    /// Page tables that the loader offers.
    pub tables: Option<LoaderTables>,
}

/// Page tables made by the loader: an offer, of which nothing has been checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoaderTables {
    /// `pgtble_base`, not 0.
    pub root: u64,
    /// `purgatory_base` and `purgatory_len` say what we know of our own place.
    pub for_us: bool,
}

/// What has to be verified: the loader's regions, all of them checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check<'a> {
    raw: &'a RawSymbols,
    pa_bits: u32,
}

impl<'a> Check<'a> {
    /// The regions, in the loader's order; none overlaps the image.
    #[must_use]
    pub fn regions(&self) -> Regions<'a> {
        Regions {
            raw: self.raw.sha256_regions.iter(),
            pa_bits: self.pa_bits,
        }
    }

    /// The digest that the loader computed.
    #[must_use]
    pub const fn digest(&self) -> &'a [u8; 32] {
        &self.raw.sha256_digest
    }

    /// Bytes in all regions together.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.regions().fold(0, |sum, r| sum.wrapping_add(r.len()))
    }
}

/// Iterator over the regions of a [`Check`].
#[derive(Clone, Debug)]
pub struct Regions<'a> {
    raw: core::slice::Iter<'a, RawRegion>,
    pa_bits: u32,
}

impl Iterator for Regions<'_> {
    type Item = Region;

    // Called from everywhere, never in a hurry.
    #[inline(never)]
    fn next(&mut self) -> Option<Region> {
        // Only empty entries are no regions: `Request::new` has refused all others.
        self.raw
            .find_map(|r| Region::new(r.start, r.len, self.pa_bits).ok())
    }
}

/// A symbol's value that we will not work with.
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

/// The symbols whose values can be refused. `report` has the name of each, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbol {
    /// `sha256_regions`
    Regions,
    /// `arm64_kernel_entry`
    KernelEntry,
    /// `arm64_dtb_addr`
    Dtb,
    /// `skip_checks`
    SkipChecks,
}

/// What can be wrong with a symbol's value. `report` has words for each, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// An address that must be set is 0.
    IsZero,
    /// The address is not a multiple of 4.
    NotAlignedTo4,
    /// The address is not a multiple of 8.
    NotAlignedTo8,
    /// Start + length does not fit 64 bits.
    Wraps,
    /// It lies beyond what this CPU can address (`ID_AA64MMFR0_EL1.PARange`).
    BeyondPhysicalRange,
    /// It touches the purgatory's own memory.
    CoversPurgatory,
    /// Neither 0 nor 1.
    NeitherZeroNorOne,
}

impl<'a> Request<'a> {
    /// Checks what the loader wrote, for an image at `image` on a CPU with `pa_bits` bits of
    /// physical address.
    ///
    /// # Errors
    ///
    /// The first bad value found, as a [`Refusal`].
    pub fn new(raw: &'a RawSymbols, image: &Region, pa_bits: u32) -> Result<Self, Refusal> {
        let check = match raw.skip_checks {
            0 => Some(Check::new(raw, image, pa_bits)?),
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
            // A64 instructions are 4-byte aligned (Arm ARM, PC alignment checking); booting.rst: the device tree is
            // placed on an 8-byte boundary.
            kernel_entry: kernel.check(4, Problem::NotAlignedTo4, image, pa_bits)?,
            dtb: dtb.check(8, Problem::NotAlignedTo8, image, pa_bits)?,
            check,
            tables: LoaderTables::new(raw, image),
        })
    }
}

impl LoaderTables {
    fn new(raw: &RawSymbols, image: &Region) -> Option<Self> {
        let for_us = raw.purgatory_base == image.start() && raw.purgatory_len >= image.len();
        (raw.pgtble_base != 0).then_some(Self {
            root: raw.pgtble_base,
            for_us,
        })
    }
}

impl<'a> Check<'a> {
    fn new(raw: &'a RawSymbols, image: &Region, pa_bits: u32) -> Result<Self, Refusal> {
        for (index, region) in raw.sha256_regions.iter().enumerate() {
            let problem = match Region::new(region.start, region.len, pa_bits) {
                Ok(region) if region.overlaps(image) => Problem::CoversPurgatory,
                // Unused entries are {0, 0}. One with a start adds nothing to the digest either.
                Ok(_) | Err(RegionError::Empty) => continue,
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
        Ok(Self { raw, pa_bits })
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
        pa_bits: u32,
    ) -> Result<u64, Refusal> {
        let problem = if self.value == 0 {
            Problem::IsZero
        } else if self.value % align != 0 {
            misaligned
        } else if Region::new(self.value, 1, pa_bits).is_err() {
            Problem::BeyondPhysicalRange
        } else if image.contains(self.value) {
            Problem::CoversPurgatory
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

/// The UART's data register, if the console may be used at all.
///
/// `kexec` reads the address from a buffer of ten bytes, so that one above 4 GiB arrives cut short
/// and may point into RAM. Writing there would corrupt what we are to start: a sink in a region, in
/// the image, beyond the physical address range or not aligned for a 32-bit store is not used.
#[must_use]
pub fn usable_sink(raw: &RawSymbols, image: &Region, pa_bits: u32) -> Option<u64> {
    const REGISTER: u64 = 4;
    let sink = Region::new(raw.arm64_sink, REGISTER, pa_bits).ok()?;
    let aligned = sink.start() != 0 && sink.start() % REGISTER == 0;
    // Judged on the raw values: a region that is refused must not lend its memory to the refusal.
    let in_region = raw.sha256_regions.iter().any(|r| {
        let end = r.start.saturating_add(r.len);
        r.start < sink.end() && sink.start() < end
    });
    (aligned && !in_region && !sink.overlaps(image)).then_some(sink.start())
}

#[cfg(test)]
mod tests;
