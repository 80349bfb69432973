// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where the image lies: the linker's symbols as addresses.

use purgatory::paging::layout::ImageParts;

/// Returns the run-time address of a symbol of `link.ld`. PC-relative: no relocation, no table in
/// memory.
macro_rules! address_of {
    ($symbol:literal) => {{
        let address: u64;
        // SAFETY: adrp and add compute an address and touch nothing else; link.ld defines the
        // symbol.
        unsafe {
            core::arch::asm!(
                concat!("adrp {0}, ", $symbol),
                concat!("add {0}, {0}, :lo12:", $symbol),
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
