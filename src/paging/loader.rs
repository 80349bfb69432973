// SPDX-License-Identifier: MIT OR Apache-2.0

//! Page tables that the loader made: used only if a walk of our own finds in them all that we need.
//!
//! A loader that sets `pgtble_base` has built tables for its segments: 4 KiB granule, 48-bit
//! addresses, identity, 2 MiB blocks. They are hashed like everything else, but used before they
//! are verified, so they are treated as a claim.

use super::AddressMap;
use super::descriptor::{ADDRESS, Access, STAGE1};
use super::layout::Layout;
use super::walk::{Tables, translate};
use crate::cpu::Cpu;
use crate::region::Region;
use crate::request::TableOffer;
use crate::translation::{Granule, MAX_VA_BITS, Regime};

worded! {
    /// What makes the loader's tables unusable.
    pub enum Unusable, unusable_words! {
        /// They are not aligned, or lie in no region, where garbage would have us read anything.
        NotInRegion = "they lie in no region",
        /// An address that we touch does not translate.
        NotMapped = "they do not map all that is touched",
        /// An address that we touch translates to another one.
        NotIdentity = "they are no identity map",
        /// The access that we need would fault, or would not be cached.
        Attributes = "their attributes are unusable",
        /// The loader believes the image to lie elsewhere.
        NotOurs = "they are for another image",
        /// The CPU has no 4 KiB granule.
        Granule = "the CPU has no 4 KiB granule",
    }
}

/// Returns the tables of `offer`, if they map everything in `layout` to itself, as Normal memory,
/// with at least the rights that we need. `MAIR` is ours, so index 0 is the cached one.
///
/// # Errors
///
/// The first reason why not.
pub fn check<R: Iterator<Item = Region> + Clone>(
    cpu: &Cpu,
    layout: &Layout<R>,
    offer: &TableOffer,
    tables: &impl Tables,
) -> Result<AddressMap, Unusable> {
    if !cpu.granules.has(Granule::Size4K) {
        return Err(Unusable::Granule);
    }
    if !offer.for_us {
        return Err(Unusable::NotOurs);
    }
    let root = offer.root;
    if tables.read(root, 0).is_none() {
        return Err(Unusable::NotInRegion);
    }
    let mut at = 0;
    while let Some(mapping) = layout.next(at) {
        at = mapping.start;
        while at < mapping.end {
            let found = translate(Granule::Size4K, MAX_VA_BITS, root, tables, at)
                .map_err(|_| Unusable::NotMapped)?;
            // Compare the whole field: a block address with low bits set is invalid.
            let start = at & !(found.size - 1);
            if found.descriptor & ADDRESS != start {
                return Err(Unusable::NotIdentity);
            }
            if found.hierarchical != 0 || !permits(cpu.regime, found.descriptor, mapping.access) {
                return Err(Unusable::Attributes);
            }
            // The next mapping may need other rights in the same block.
            at = mapping.end.min(start + found.size);
        }
    }
    Ok(AddressMap {
        root,
        granule: Granule::Size4K,
        va_bits: MAX_VA_BITS,
        image: layout.image(),
    })
}

/// Returns whether a block or page with this descriptor can be accessed as `access` asks for.
/// Attributes that we know nothing of are not permitted.
fn permits(regime: Regime, descriptor: u64, access: Access) -> bool {
    let (never, other) = match regime {
        // What EL0 may access we may not with PAN set, and may never execute if EL0 may write it.
        Regime::El1And0 | Regime::El2And0 => (STAGE1::PXN::SET.value, STAGE1::UXN::SET.value),
        // AP[1] is RES1 here, and there is one XN.
        Regime::El2 => (STAGE1::UXN::SET.value, STAGE1::AP1::SET.value),
    };
    let read_only = STAGE1::AP::ReadOnly.value;
    let may = match access {
        Access::ReadExecute => read_only,
        Access::Read => read_only | never,
        Access::ReadWrite => never,
        Access::All => 0,
    };
    let must = (STAGE1::VALID::SET + STAGE1::AF::SET).value;
    let any = (STAGE1::TABLE_OR_PAGE::SET + STAGE1::SH::Inner + STAGE1::NG::SET).value | ADDRESS;
    descriptor & must == must && descriptor & !(must | any | other | may) == 0
}

#[cfg(test)]
mod tests;
