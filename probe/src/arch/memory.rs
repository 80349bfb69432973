// SPDX-License-Identifier: MIT OR Apache-2.0

//! Memory that the probe looks at: the device tree, and its own to measure with.

use core::arch::global_asm;
use core::ptr;

use crate::image::image;

/// Bytes to measure with.
pub const BUFFER: u64 = 1 << 20;

/// The most that a device tree has (booting.rst).
const LARGEST_TREE: usize = 2 << 20;

// Right behind the pool, with which the probe's own memory ends for the image's routines (link.ld).
global_asm!(
    ".pushsection .buffer, \"aw\", %nobits",
    ".balign 4096",
    "buffer: .zero {size}",
    ".popsection",
    size = const BUFFER,
);

/// Returns the address of so many bytes that nothing else is in.
pub fn buffer() -> u64 {
    image::parts().end()
}

/// Loads from the first `bytes` of these, every `step` bytes. They must be mapped if the MMU is on.
pub fn touch(bytes: u64, step: u64) {
    for at in (buffer()..buffer() + bytes.min(BUFFER)).step_by(step as usize) {
        // SAFETY: memory of ours that nobody else refers to.
        unsafe { ptr::with_exposed_provenance::<u8>(at as usize).read_volatile() };
    }
}

/// Returns the device tree at this address, as long as it says that it is; `None` if there is none.
pub fn device_tree(at: u64) -> Option<&'static [u8]> {
    const MAGIC: u32 = 0xd00d_feed;
    if at == 0 || at % 8 != 0 {
        return None;
    }
    let word = |index: usize| {
        let at = ptr::with_exposed_provenance::<u32>(at as usize + 4 * index);
        // SAFETY: aligned. Whoever started us says that there is a device tree; where there is no memory
        // at all, this ends in an exception and its report.
        u32::from_be(unsafe { at.read_volatile() })
    };
    let len = word(1) as usize;
    if word(0) != MAGIC || len > LARGEST_TREE {
        return None;
    }
    // SAFETY: so long is the tree that begins here, and nobody writes to it.
    Some(unsafe { core::slice::from_raw_parts(ptr::with_exposed_provenance(at as usize), len) })
}
