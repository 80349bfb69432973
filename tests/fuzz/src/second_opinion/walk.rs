// SPDX-License-Identifier: MIT OR Apache-2.0

//! A walk through tables of 4 KiB granules and 48 bits, and what the MMU permits (Arm ARM D8.2 to
//! D8.4).

use purgatory::paging::descriptor::Access;
use purgatory::translation::Regime;

/// Where a walk has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// The page or block.
    pub descriptor: u64,
    /// How many bytes it maps.
    pub size: u64,
    /// Whether a table on the way restricts what is below it.
    pub restricted: bool,
}

/// Walks to this address. `None` where it does not translate.
pub fn leaf(root: u64, address: u64, read: impl Fn(u64) -> Option<u64>) -> Option<Leaf> {
    let (mut table, mut restricted) = (root, false);
    for shift in [39, 30, 21, 12] {
        let descriptor = read(table + (address >> shift & 0x1ff) * 8)?;
        match (shift, descriptor & 3) {
            (12, 3) | (21 | 30, 1) => {
                return Some(Leaf {
                    descriptor,
                    size: 1 << shift,
                    restricted,
                });
            }
            (21.., 3) => {
                table = descriptor & 0xffff_ffff_f000;
                restricted |= descriptor >> 59 != 0;
            }
            _ => return None,
        }
    }
    None
}

/// Returns whether this page or block is memory that our tables' `MAIR` makes cached, that can be
/// accessed like this, and that has no bit whose meaning is not known.
pub fn permits(regime: Regime, descriptor: u64, access: Access) -> bool {
    let bit = |number: u32| descriptor >> number & 1 != 0;
    let (el0, read_only) = (bit(6), bit(7));
    let two_levels = regime != Regime::El2;
    let never = bit(if two_levels { 53 } else { 54 });
    // Valid, its kind, AP, SH, AF, nG, and the address.
    let known = 0x0000_ffff_ffff_ffc3;
    // PXN and UXN, or XN alone.
    let known = known | if two_levels { 3 << 53 } else { 1 << 54 };
    let (valid, accessed) = (bit(0), bit(10));
    valid
        && accessed
        && descriptor & !known == 0
        && !(two_levels && el0)
        && match access {
            Access::Read => true,
            Access::ReadExecute => !never,
            Access::ReadWrite => !read_only,
            Access::All => !never && !read_only,
        }
}
