// SPDX-License-Identifier: MIT OR Apache-2.0

//! Whether the console's UART may be used. The loader gives its address and nothing else.

use crate::abi::RawSymbols;
use crate::region::{PaRange, Region};

/// Returns the UART's data register, if the console may be used at all.
///
/// `kexec` reads the address from a buffer of ten bytes, so an address above 4 GiB arrives
/// truncated and may point into RAM. Writing there would corrupt what we are to start: a sink in a
/// region, in the image or beyond the physical address range is not used.
///
/// With `skip_checks` = 1 there are no regions, so it is not known where the initrd is, for
/// example. `kexec` and the kernel's own loader put the kernel lowest and everything else above it.
/// So the sink is used only if it lies below the 2 MiB block of the kernel's entry and outside the
/// device tree's block.
#[must_use]
pub fn usable_sink(raw: &RawSymbols, image: &Region, pa_range: PaRange) -> Option<u64> {
    const BLOCK: u64 = 2 << 20;
    let sink = raw.arm64_sink;
    let block = |address: u64| address & !(BLOCK - 1);
    // Checked on the raw values: the message about a refused region must not be written into that
    // region either.
    let mut regions = raw.sha256_regions.iter();
    let loaded = regions.any(|region| sink >= region.start && sink - region.start < region.len)
        || raw.skip_checks == 1
            && (sink >= block(raw.arm64_kernel_entry) || block(sink) == block(raw.arm64_dtb_addr));
    let address = Region::new(sink, 1, pa_range).is_ok();
    (sink != 0 && address && !loaded && !image.contains(sink)).then_some(sink)
}

#[cfg(test)]
mod tests;
