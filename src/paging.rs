// SPDX-License-Identifier: MIT OR Apache-2.0

//! Identity page tables: exactly the pages that we touch, with the least rights that suffice.
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

use layout::ImageParts;
use table::VaBits;

/// How memory is read while it is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way<'a> {
    /// Through the D-cache, with the loader's tables.
    LoaderTables(AddressMap<'a>),
    /// Through the D-cache, with our own tables for all regions.
    OwnTables(AddressMap<'a>),
    /// Through the D-cache, with our own tables for one region at a time: those for all do not fit
    /// the pool.
    OwnTablesByRegion(VaBits),
    /// Without the D-cache, with the MMU off.
    Uncached,
}

/// Identity tables that map everything in a [`layout::Layout`]. Only a check of the loader's
/// tables, or the builder, makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressMap<'a> {
    root: u64,
    va_bits: u32,
    image: &'a ImageParts,
    inner_shareable: bool,
}

impl<'a> AddressMap<'a> {
    /// Returns the physical address of the first table, for `TTBR0_ELx`.
    #[must_use]
    pub const fn root(&self) -> u64 {
        self.root
    }

    /// Returns the number of address bits that are translated, for `TCR_ELx.T0SZ`.
    #[must_use]
    pub const fn va_bits(&self) -> u32 {
        self.va_bits
    }

    /// Returns whether all of it is Inner Shareable memory. Only then are other CPUs' caches seen
    /// and maintained through it (Arm ARM D7.5, on the domain that a `DC` affects).
    #[must_use]
    pub const fn is_inner_shareable(&self) -> bool {
        self.inner_shareable
    }

    /// Returns the image that is mapped.
    #[must_use]
    pub const fn image(&self) -> &'a ImageParts {
        self.image
    }
}
