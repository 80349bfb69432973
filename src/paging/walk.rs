// SPDX-License-Identifier: MIT OR Apache-2.0

//! Walks tables as the MMU does (Arm ARM D8.2), knowing nothing of who built them.

use tock_registers::LocalRegisterCopy;

use super::descriptor::{ADDRESS, STAGE1};
use crate::translation::{Granule, LAST_LEVEL};

/// Where tables are read from.
pub trait Tables {
    /// Returns entry `index` of the table at `table` (physical address); `None` where no table can
    /// be.
    fn read(&self, table: u64, index: u64) -> Option<u64>;
}

/// What an address translates to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Translation {
    /// The output address.
    pub address: u64,
    /// Bytes in the block or page, a power of two.
    pub size: u64,
    /// The block or page descriptor, whose attributes the caller judges.
    pub descriptor: u64,
    /// Attributes that table descriptors on the way impose on all below them (bits 63 to 59:
    /// NSTable, APTable, UXNTable, PXNTable; Arm ARM D8.3), each set if any of them sets it.
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
    /// The table for this level lies where no table can be.
    ExternalAbort {
        /// The level, 0 to 3.
        level: u32,
    },
}

/// Bits 63 to 59 of a table descriptor.
const TABLE_ATTRIBUTES: u64 = 0x1f << 59;

/// Translates `address`, of at most `va_bits` bits, by the tables at `root`.
///
/// # Errors
///
/// A [`Fault`], as the MMU would report it. Permissions and the access flag are not judged.
pub fn translate(
    granule: Granule,
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
    for level in granule.first_level(va_bits)..=LAST_LEVEL {
        let descriptor = tables
            .read(table, granule.index(level, address))
            .ok_or(Fault::ExternalAbort { level })?;
        let bits = LocalRegisterCopy::<u64, STAGE1::Register>::new(descriptor);
        if !bits.is_set(STAGE1::VALID) {
            return Err(Fault::Translation { level });
        }
        let table_or_page = bits.is_set(STAGE1::TABLE_OR_PAGE);
        if level != LAST_LEVEL && table_or_page {
            table = descriptor & ADDRESS & !(granule.page() - 1);
            hierarchical |= descriptor & TABLE_ATTRIBUTES;
            continue;
        }
        let is_leaf = table_or_page || level >= granule.first_block_level();
        if !is_leaf || (level == LAST_LEVEL && !table_or_page) {
            return Err(Fault::Translation { level });
        }
        let size = 1_u64 << granule.shift(level);
        let offset = address & (size - 1);
        return Ok(Translation {
            address: (descriptor & ADDRESS & !(size - 1)) | offset,
            size,
            descriptor,
            hierarchical,
            level,
        });
    }
    Err(Fault::Translation { level: LAST_LEVEL })
}
