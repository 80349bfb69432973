//! Where the image lies: the linker's symbols as addresses.

use purgatory::{
    paging::layout::Image,
    region::{Region, RegionError},
};

/// The run-time address of a symbol of `link.ld`. PC-relative: no relocation, no table in memory.
macro_rules! address_of {
    ($symbol:literal) => {{
        let address: u64;
        // SAFETY: adrp and add compute an address and touch nothing else; link.ld defines the symbol.
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

/// The image's parts.
pub fn layout() -> Image {
    Image {
        text: address_of!("image_start"),
        rodata: address_of!("rodata_start"),
        guard: address_of!("stack_guard"),
        stack: address_of!("stack_bottom"),
        end: address_of!("image_end"),
    }
}

/// The whole image, for a CPU with `pa_bits` bits of physical address.
///
/// # Errors
///
/// None in practice: the code that runs here lies inside the physical address range.
pub fn region(pa_bits: u32) -> Result<Region, RegionError> {
    let image = layout();
    Region::new(image.text, image.end - image.text, pa_bits)
}
