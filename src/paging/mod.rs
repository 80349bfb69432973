//! Identity page tables: exactly the pages that we touch, with the least rights that do.
//!
//! [`descriptor`] knows the bits, [`layout`] what is to be mapped, [`table`] builds, and [`walk`]
//! reads tables the way the MMU does, knowing nothing of the builder.

pub mod descriptor;
pub mod layout;
pub mod table;
pub mod walk;

/// A translation granule: the size of a page and of a table (Arm ARM D8.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granule {
    /// 4 KiB pages, 2 MiB and 1 GiB blocks, four levels.
    Size4K,
}

/// The last level, whose entries are pages.
pub const LAST_LEVEL: u32 = 3;

impl Granule {
    /// log2 of the page size.
    #[must_use]
    pub const fn page_bits(self) -> u32 {
        match self {
            Self::Size4K => 12,
        }
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
            Self::Size4K => 0,
        }
    }

    /// The first level whose entries may be blocks.
    #[must_use]
    pub const fn first_block_level(self) -> u32 {
        match self {
            Self::Size4K => 1,
        }
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
