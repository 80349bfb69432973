// SPDX-License-Identifier: MIT OR Apache-2.0

//! A walk through tables of 4 KiB granules and 48 bits, entry by entry, and what the MMU permits
//! (Arm ARM D8.2 to D8.4).

use std::cell::Cell;

use purgatory::paging::descriptor::Access;
use purgatory::translation::Regime;

use super::Page;

const BLOCK: u64 = 2 << 20;

/// What is known of tables that a loader has made.
pub struct Judge<'a> {
    /// The regime that they are for.
    pub regime: Regime,
    /// Reads an entry; `None` where no table can be.
    pub read: &'a dyn Fn(u64) -> Option<u64>,
    /// What must be mapped.
    pub wanted: &'a [Page],
    /// Whether some of what may be mapped lies from the first up to the second address.
    pub touched: &'a dyn Fn(u64, u64) -> bool,
    /// Each page and block that was seen is Inner Shareable.
    pub shared: Cell<bool>,
}

impl Judge<'_> {
    /// Returns whether a table, each of whose entries translates this many bits from `base` on,
    /// maps what must be mapped there to itself, as it must be, and nothing but the 2 MiB around
    /// that.
    pub fn is_good(&self, table: u64, shift: u32, base: u64) -> bool {
        table % 4096 == 0
            && (0..512).all(|index| {
                let Some(entry) = (self.read)(table + index * 8) else {
                    return false;
                };
                let start = base + (index << shift);
                let end = start + (1 << shift);
                let address = entry & 0xffff_ffff_f000;
                match (shift, entry & 3) {
                    (21.., 3) => {
                        (self.touched)(start, end)
                            && entry >> 59 == 0
                            && self.is_good(address, shift - 9, start)
                    }
                    (12, 3) | (21 | 30, 1) => {
                        let inner = entry >> 8 & 3 == 3;
                        self.shared.set(self.shared.get() && inner);
                        let block = start / BLOCK * BLOCK;
                        let permitted = |page: &Page| permits(self.regime, entry, page.access);
                        shift < 30
                            && address == start
                            && (self.touched)(block, block + BLOCK)
                            && self.wanted(start, end).all(permitted)
                    }
                    _ => self.wanted(start, end).next().is_none(),
                }
            })
    }

    fn wanted(&self, start: u64, end: u64) -> impl Iterator<Item = &Page> {
        let all = self.wanted.iter();
        all.filter(move |page| page.start < end && start < page.end)
    }
}

/// Returns whether this page or block is memory that our tables' `MAIR` makes cached, that can be
/// accessed like this, and that has no bit whose meaning is not known.
fn permits(regime: Regime, descriptor: u64, access: Access) -> bool {
    let bit = |number: u32| descriptor >> number & 1 != 0;
    let (el0, read_only) = (bit(6), bit(7));
    let two_levels = regime != Regime::El2;
    let never = bit(if two_levels { 53 } else { 54 });
    // Valid, its kind, AP, SH, AF, nG, and the address.
    let known = 0x0000_ffff_ffff_ffc3;
    // PXN and UXN, or XN alone.
    let known = known | if two_levels { 3 << 53 } else { 1 << 54 };
    let (valid, accessed) = (bit(0), bit(10));
    let reserved = bit(8) && !bit(9);
    valid
        && accessed
        && !reserved
        && descriptor & !known == 0
        && !(two_levels && el0)
        && match access {
            Access::Read => true,
            Access::ReadExecute => !never,
            Access::ReadWrite => !read_only,
        }
}
