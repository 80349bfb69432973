// SPDX-License-Identifier: MIT OR Apache-2.0

//! Whether the console's UART, of which the loader gives an address and nothing else, may be used.

use crate::abi::RawSymbols;
use crate::region::{PaRange, Region};

/// How much memory the kernel takes from its entry on, as far as it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KernelSize(u64);

impl KernelSize {
    /// Of a kernel that has not been looked at.
    pub const UNKNOWN: Self = Self(0);

    /// Reads the header of an arm64 `Image`, the 64 bytes from its entry on (booting.rst, "Call the
    /// kernel image"): `image_size` at 16, the magic number at 56.
    #[must_use]
    pub const fn from_header(header: &[u64; 8]) -> Self {
        const MAGIC: u32 = u32::from_le_bytes(*b"ARM\x64");
        if header[7] as u32 == MAGIC {
            Self(header[2])
        } else {
            Self::UNKNOWN
        }
    }
}

/// Returns the UART's data register, if the console may be used at all.
///
/// `kexec` reads the address from a buffer of ten bytes, so that one above 4 GiB arrives cut short
/// and may point into RAM. Writing there would corrupt what we are to start: a sink in a region, in
/// the image or beyond the physical address range is not used. With `kexec --no-checks` there are
/// no regions to tell; then one in the kernel, or in the 2 MiB around its entry or the device tree,
/// is not.
#[must_use]
pub fn usable_sink(
    raw: &RawSymbols,
    image: &Region,
    pa_range: PaRange,
    kernel: KernelSize,
) -> Option<u64> {
    const BLOCK: u64 = 2 << 20;
    let sink = raw.arm64_sink;
    let inside = |start: u64, len: u64| sink >= start && sink - start < len;
    // Judged on the raw values: a region that is refused must not lend its memory to the refusal.
    let in_region = if raw.sha256_regions.iter().all(|region| region.len == 0) {
        let (entry, dtb) = (raw.arm64_kernel_entry, raw.arm64_dtb_addr);
        let around = |address: u64| inside(address & !(BLOCK - 1), BLOCK);
        around(entry) || around(dtb) || inside(entry, kernel.0)
    } else {
        let mut regions = raw.sha256_regions.iter();
        regions.any(|region| inside(region.start, region.len))
    };
    let address = Region::new(sink, 1, pa_range).is_ok();
    (sink != 0 && address && !in_region && !image.contains(sink)).then_some(sink)
}

#[cfg(test)]
mod tests;
