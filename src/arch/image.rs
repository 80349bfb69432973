// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where the image lies: the linker's symbols as addresses.

use purgatory::paging::layout::ImageParts;

/// Returns the run-time address of a symbol of `link.ld`. PC-relative: no relocation, no table in
/// memory.
macro_rules! address_of {
    ($symbol:literal) => {{
        let address: u64;
        // SAFETY: adr computes an address and touches nothing else; link.ld defines the symbol. The
        // image is smaller than the 1 MiB that it reaches.
        unsafe {
            core::arch::asm!(
                concat!("adr {0}, ", $symbol),
                out(reg) address,
                options(pure, nomem, nostack, preserves_flags),
            );
        }
        address
    }};
}
pub(super) use address_of;

/// Returns where the image's parts lie.
pub fn parts() -> ImageParts {
    ImageParts {
        text: address_of!("image_start"),
        rodata: address_of!("rodata_start"),
        guard: address_of!("stack_guard"),
        stack: address_of!("stack_bottom"),
        pool: address_of!("pool"),
    }
}
