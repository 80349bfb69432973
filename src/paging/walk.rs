// SPDX-License-Identifier: MIT OR Apache-2.0

//! Reads tables as the MMU does (Arm ARM D8.2), knowing nothing of who built them.

use super::descriptor::{ADDRESS, STAGE1};
use crate::translation::{ENTRIES, FIRST_BLOCK_LEVEL, LAST_LEVEL, first_level, index, shift};

/// The bits by which a table's descriptor restricts everything below it, 63 to 59: NSTable,
/// APTable, UXNTable, PXNTable (Arm ARM D8.3).
pub const TABLE_ATTRIBUTES: u64 = 0x1f << 59;

/// Where tables are read from.
pub trait Tables {
    /// Returns entry `index` of the table at `table` (physical address); `None` if no table can be
    /// there.
    fn read(&self, table: u64, index: u64) -> Option<u64>;

    /// Returns how many readable entries from `index` on are alike, up to the end of the table: all
    /// invalid, or each `step` more than the one before it.
    fn alike(&self, table: u64, index: u64, step: u64) -> u64 {
        let mut entries = (index..ENTRIES).map_while(|index| self.read(table, index));
        let first = entries.next().unwrap_or_default();
        // For an invalid entry only that bit counts.
        let (mut like, step, mask) = match first & STAGE1::VALID::SET.value {
            0 => (0, 0, STAGE1::VALID::SET.value),
            _ => (first, step, u64::MAX),
        };
        let unlike = entries.position(|entry| {
            like = like.wrapping_add(step);
            (entry ^ like) & mask != 0
        });
        unlike.map_or(ENTRIES - index, |after| 1 + after as u64)
    }
}

/// What a descriptor is, at its level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It does not translate: invalid, or reserved.
    Nothing,
    /// A block or a page.
    Leaf,
    /// The next level's table.
    Table,
}

impl Kind {
    /// Classifies `descriptor` in a table at `level`.
    #[must_use]
    pub const fn new(level: u32, descriptor: u64) -> Self {
        match (descriptor & 0b11, level) {
            (0b11, 0..LAST_LEVEL) => Self::Table,
            (0b11, _) | (0b01, FIRST_BLOCK_LEVEL..LAST_LEVEL) => Self::Leaf,
            _ => Self::Nothing,
        }
    }
}

/// What an address translates to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Translation {
    /// The output address.
    pub address: u64,
    /// Bytes in the block or page, a power of two.
    pub size: u64,
    /// The block or page descriptor; the caller checks its attributes.
    pub descriptor: u64,
    /// The restrictions of the table descriptors on the way ([`TABLE_ATTRIBUTES`]); a bit is set if
    /// any of them sets it.
    pub hierarchical: u64,
    /// The level at which the walk ended.
    pub level: u32,
}

/// Why an address does not translate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The address has bits above those that the walk covers.
    AddressSize,
    /// An entry at this level is not valid, or reserved.
    Translation {
        /// The level, 0 to 3.
        level: u32,
    },
    /// The table for this level lies where there cannot be one.
    ExternalAbort {
        /// The level, 0 to 3.
        level: u32,
    },
}

/// Translates `address`, of at most `va_bits` bits, by the tables at `root`.
///
/// # Errors
///
/// A [`Fault`], as the MMU would report it. Permissions and the access flag are not checked.
pub fn translate(
    va_bits: u32,
    root: u64,
    tables: &impl Tables,
    address: u64,
) -> Result<Translation, Fault> {
    if address >> va_bits != 0 {
        return Err(Fault::AddressSize);
    }
    let mut table = root;
    let mut hierarchical = 0;
    for level in first_level(va_bits)..=LAST_LEVEL {
        let descriptor = tables
            .read(table, index(level, address))
            .ok_or(Fault::ExternalAbort { level })?;
        match Kind::new(level, descriptor) {
            Kind::Nothing => return Err(Fault::Translation { level }),
            Kind::Table => {
                table = descriptor & ADDRESS;
                hierarchical |= descriptor & TABLE_ATTRIBUTES;
            }
            Kind::Leaf => {
                let size = 1_u64 << shift(level);
                return Ok(Translation {
                    address: (descriptor & ADDRESS & !(size - 1)) | (address & (size - 1)),
                    size,
                    descriptor,
                    hierarchical,
                    level,
                });
            }
        }
    }
    Err(Fault::Translation { level: LAST_LEVEL })
}
