//! Identity page tables: exactly the pages that we touch, with the least rights that do.
//!
//! [`descriptor`] knows the bits, [`layout`] what is to be mapped, [`table`] builds, and [`walk`]
//! reads tables the way the MMU does, knowing nothing of the builder.

use crate::cpu::TABLE_PA_BITS;

pub mod descriptor;
#[cfg(test)]
mod fake;
pub mod layout;
pub mod loader;
pub mod table;
pub mod walk;

/// Identity tables that were found, or built, to map everything of a [`layout::Layout`]: there is no
/// other way to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressMap {
    root: u64,
    granule: Granule,
}

impl AddressMap {
    /// Physical address of the first table, for `TTBR0_ELx`.
    #[must_use]
    pub const fn root(&self) -> u64 {
        self.root
    }

    /// The granule, for `TCR_ELx`.
    #[must_use]
    pub const fn granule(&self) -> Granule {
        self.granule
    }
}

/// A translation granule: the size of a page, as its log2 (Arm ARM D8.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Granule {
    /// 4 KiB pages, 2 MiB and 1 GiB blocks, four levels.
    Size4K = 12,
    /// 16 KiB pages, 32 MiB blocks, four levels, two entries in the first table.
    Size16K = 14,
    /// 64 KiB pages, 512 MiB blocks, three levels, 64 entries in the first table.
    Size64K = 16,
}

/// The last level, whose entries are pages.
pub const LAST_LEVEL: u32 = 3;

impl Granule {
    /// log2 of the page size.
    #[must_use]
    pub const fn page_bits(self) -> u32 {
        self as u32
    }

    /// Bytes in a page, and in a table.
    #[must_use]
    pub const fn page(self) -> u64 {
        1 << self.page_bits()
    }

    /// log2 of the number of entries in a table; an entry has 8 bytes.
    #[must_use]
    pub const fn index_bits(self) -> u32 {
        self.page_bits() - 3
    }

    /// The level at which a walk of 48-bit addresses starts.
    #[must_use]
    pub const fn first_level(self) -> u32 {
        match self {
            Self::Size4K | Self::Size16K => 0,
            Self::Size64K => 1,
        }
    }

    /// The first level whose entries may be blocks, without 52-bit addresses.
    #[must_use]
    pub const fn first_block_level(self) -> u32 {
        match self {
            Self::Size4K => 1,
            Self::Size16K | Self::Size64K => 2,
        }
    }

    /// Bytes in the first table, which covers 48 bits only; a multiple of 16. Those below it have the
    /// size of a page.
    #[must_use]
    pub const fn first_table(self) -> u64 {
        8 << (TABLE_PA_BITS - self.shift(self.first_level()))
    }

    /// log2 of what one entry at `level` (at most 3) covers.
    #[must_use]
    pub const fn shift(self, level: u32) -> u32 {
        self.page_bits() + LAST_LEVEL.saturating_sub(level) * self.index_bits()
    }

    /// Which entry of a table at `level` translates `address`.
    #[must_use]
    pub const fn index(self, level: u32, address: u64) -> u64 {
        (address >> self.shift(level)) & ((1 << self.index_bits()) - 1)
    }
}
