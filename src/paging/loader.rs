// SPDX-License-Identifier: MIT OR Apache-2.0

//! Page tables that the loader made: used only if our own walk finds in them all that we need.
//!
//! A loader that sets `pgtble_base` has built tables for its segments: 4 KiB granule, 48-bit
//! addresses, identity, 2 MiB blocks. They are hashed like everything else, but used before they
//! are verified, so they are only a claim.

use super::AddressMap;
use super::descriptor::{ADDRESS, Access, STAGE1};
use super::layout::{BLOCK, Layout};
use super::walk::{Kind, TABLE_ATTRIBUTES, Tables};
use crate::region::Region;
use crate::request::TableOffer;
use crate::translation::{MAX_VA_BITS, Regime, index, shift};

worded! {
    /// What makes the loader's tables unusable.
    pub enum Unusable, unusable_words! {
        /// They are not aligned, or lie outside every region, where garbage could make us read any
        /// address.
        NotInRegion = "they lie outside every region",
        /// An address that we touch does not translate.
        NotMapped = "they do not map all that is touched",
        /// An address that we touch translates to another one.
        NotIdentity = "they are not an identity map",
        /// They map memory far from everything that we touch, where a speculative read may do harm.
        MapMore = "they map more than what is touched",
        /// The access that we need would fault, or would not be cached.
        Attributes = "their attributes are unusable",
        /// The loader believes the image to lie elsewhere.
        NotOurs = "they were made for another image",
    }
}

/// Returns the tables of `offer`, if they map everything in `layout` to itself, as Normal memory,
/// with at least the rights that we need, and nothing outside the 2 MiB blocks that `layout`
/// touches. `MAIR` is ours, so index 0 is the cached one.
///
/// # Errors
///
/// The first reason found.
pub fn check<'a, R: Iterator<Item = Region> + Clone>(
    regime: Regime,
    layout: &Layout<'a, R>,
    offer: &TableOffer,
    tables: &impl Tables,
) -> Result<AddressMap<'a>, Unusable> {
    if !offer.for_us {
        return Err(Unusable::NotOurs);
    }
    let root = offer.root;
    let mut inner_shareable = true;
    let mut at = 0;
    while at >> MAX_VA_BITS == 0 {
        let (mut level, mut table) = (0, root);
        let entry = loop {
            let Some(entry) = tables.read(table, index(level, at)) else {
                return Err(match level {
                    0 => Unusable::NotInRegion,
                    _ => Unusable::NotMapped,
                });
            };
            if Kind::new(level, entry) != Kind::Table {
                break entry;
            }
            // No more tables are read than the layout needs.
            let size = 1 << shift(level);
            let start = at & !(size - 1);
            if !layout.touches(start, start + size) {
                return Err(Unusable::MapMore);
            }
            if entry & TABLE_ATTRIBUTES != 0 {
                return Err(Unusable::Attributes);
            }
            table = entry & ADDRESS;
            level += 1;
        };
        let size = 1 << shift(level);
        let end = at + size * tables.alike(table, index(level, at), size);
        if Kind::new(level, entry) == Kind::Leaf {
            check_leaves(regime, layout, entry, size, at, end)?;
            inner_shareable &= entry & SH == STAGE1::SH::Inner.value;
        } else if layout.next(at).is_some_and(|next| next.start < end) {
            return Err(Unusable::NotMapped);
        }
        at = end;
    }
    Ok(AddressMap {
        root,
        va_bits: MAX_VA_BITS,
        image: layout.image(),
        inner_shareable,
    })
}

/// Checks blocks or pages of `size` bytes that are alike, from `start` up to `end`.
fn check_leaves<R: Iterator<Item = Region> + Clone>(
    regime: Regime,
    layout: &Layout<'_, R>,
    descriptor: u64,
    size: u64,
    start: u64,
    end: u64,
) -> Result<(), Unusable> {
    // Compare the whole field: a block address with low bits set is invalid.
    if descriptor & ADDRESS != start {
        return Err(Unusable::NotIdentity);
    }
    if size > BLOCK {
        return Err(Unusable::MapMore);
    }
    let mut at = start;
    while at < end {
        let block = at & !(BLOCK - 1);
        let next = layout.next(at);
        if let Some(next) = next.filter(|next| next.start < end.min(block + BLOCK)) {
            if !permits(regime, descriptor, next.access) {
                return Err(Unusable::Attributes);
            }
            // Others may follow in its last block, with other rights.
            at = next.end;
        } else if layout.touches(block, block + BLOCK) {
            at = block + BLOCK;
        } else {
            return Err(Unusable::MapMore);
        }
    }
    Ok(())
}

/// Returns whether a block or page with this descriptor permits `access`. Attributes that we do not
/// know are refused.
fn permits(regime: Regime, descriptor: u64, access: Access) -> bool {
    let (never, other) = match regime {
        // With PAN set we may not access what EL0 may access, and we may never execute what EL0 may
        // write.
        Regime::El1And0 | Regime::El2And0 => (STAGE1::PXN::SET.value, STAGE1::UXN::SET.value),
        // AP[1] is RES1 here, and there is one XN.
        Regime::El2 => (STAGE1::UXN::SET.value, STAGE1::AP1::SET.value),
    };
    let read_only = STAGE1::AP::ReadOnly.value;
    let may = match access {
        Access::ReadExecute => read_only,
        Access::Read => read_only | never,
        Access::ReadWrite => never,
    };
    let must = (STAGE1::VALID::SET + STAGE1::AF::SET).value;
    let any = (STAGE1::TABLE_OR_PAGE::SET + STAGE1::NG::SET).value | SH | ADDRESS;
    // The value is reserved.
    let shareable = descriptor & SH != 1 << SH.trailing_zeros();
    shareable && descriptor & must == must && descriptor & !(must | any | other | may) == 0
}

/// The field of shareability.
const SH: u64 = STAGE1::SH.mask << STAGE1::SH.shift;
#[cfg(test)]
mod tests;
