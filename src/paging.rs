// SPDX-License-Identifier: MIT OR Apache-2.0

//! Identity page tables: exactly the pages that we touch, with the least rights that do.
//!
//! [`descriptor`] knows the bits, [`layout`] what is to be mapped, [`pool`] where tables may lie;
//! [`table`] builds them, and [`walk`] reads tables the way the MMU does, knowing nothing of the
//! builder.

pub mod descriptor;
#[cfg(test)]
mod fake;
pub mod layout;
pub mod loader;
pub mod pool;
pub mod table;
pub mod walk;

use crate::translation::Granule;
use layout::ImageParts;

/// Identity tables that were found, or built, to map everything of a [`layout::Layout`]: there is
/// no other way to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressMap {
    root: u64,
    granule: Granule,
    va_bits: u32,
    image: ImageParts,
}

impl AddressMap {
    /// Returns the physical address of the first table, for `TTBR0_ELx`.
    #[must_use]
    pub const fn root(&self) -> u64 {
        self.root
    }

    /// Returns the granule, for `TCR_ELx`.
    #[must_use]
    pub const fn granule(&self) -> Granule {
        self.granule
    }

    /// Returns the number of address bits that are translated, for `TCR_ELx.T0SZ`.
    #[must_use]
    pub const fn va_bits(&self) -> u32 {
        self.va_bits
    }

    /// Returns the image that is mapped.
    #[must_use]
    pub const fn image(&self) -> &ImageParts {
        &self.image
    }
}
