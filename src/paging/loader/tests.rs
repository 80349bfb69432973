// SPDX-License-Identifier: MIT OR Apache-2.0

//! The loader's tables: those that a patched kexec makes, and garbage by name.

extern crate std;

use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::cpu::{Cpu, IdRegisters};
use crate::paging::fake::FakeFrames;
use crate::paging::layout::ImageParts;
use crate::paging::pool::TableSize;
use crate::paging::table::{self, Frames, VaBits};
use crate::paging::walk::translate;
use crate::region::PaRange;

const IMAGE: ImageParts = ImageParts {
    text: 0x4060_0000,
    rodata: 0x4060_4000,
    guard: 0x4060_5000,
    stack: 0x4060_6000,
    pool: 0x4061_0000,
};

/// Kernel, device tree, and a segment above 4 GiB.
fn regions() -> Vec<Region> {
    [
        (0x4020_0000, 0x20_1000),
        (0x4050_0000, 0x1000),
        (0x1_4000_0000, 0x1000),
    ]
    .map(|(start, len)| Region::new(start, len, PaRange::new(5)).unwrap())
    .to_vec()
}

fn layout() -> Layout<'static, vec::IntoIter<Region>> {
    Layout::new(&IMAGE, regions().into_iter())
}

/// AF, block, AttrIndx 0; no SH, no XN.
const BLOCK: u64 = 0x401;
const TABLE: u64 = 3;

/// Tables as a patched kexec makes them: every segment rounded out to 2 MiB blocks.
struct Loader {
    memory: FakeFrames,
    root: u64,
    level1: u64,
    /// Level 2 of 0x4000_0000, of 0x1_4000_0000.
    level2: [u64; 2],
}

impl Loader {
    fn new() -> Self {
        let mut memory = FakeFrames::new(5);
        let [root, level1, low, high] = [(); 4].map(|()| {
            let frame = memory.allocate(TableSize::KiB4).unwrap();
            let address = memory.address(&frame);
            memory.finish(frame);
            address
        });
        let mut this = Self {
            memory,
            root,
            level1,
            level2: [low, high],
        };
        this.set(root, 0, level1 | TABLE);
        this.set(level1, 1, low | TABLE);
        this.set(level1, 5, high | TABLE);
        for block in 1..=3 {
            this.set(low, block, (0x4000_0000 + block * 0x20_0000) | BLOCK);
        }
        this.set(high, 0, 0x1_4000_0000 | BLOCK);
        this
    }

    fn set(&mut self, table: u64, index: u64, descriptor: u64) {
        self.memory.entries.insert((table, index), descriptor);
    }

    fn check(&self, regime: Regime) -> Result<AddressMap<'static>, Unusable> {
        let offer = TableOffer {
            root: self.root,
            for_us: true,
        };
        check(regime, &layout(), &offer, &self.memory)
    }
}

const REGIMES: [Regime; 3] = [Regime::El1And0, Regime::El2, Regime::El2And0];

#[track_caller]
fn unusable(change: impl Fn(&mut Loader)) -> Unusable {
    let why = REGIMES.map(|regime| {
        let mut loader = Loader::new();
        change(&mut loader);
        loader.check(regime).expect_err("accepted")
    });
    assert_eq!(why, [why[0]; 3]);
    why[0]
}

#[test]
fn the_tables_of_a_patched_kexec_are_used() {
    for regime in REGIMES {
        let loader = Loader::new();
        assert_eq!(loader.check(regime).unwrap().root(), loader.root);
    }
}

#[test]
fn our_own_tables_would_pass_as_well() {
    for regime in REGIMES {
        let mut memory = FakeFrames::new(100);
        // With addresses of as many bits as a loader's have.
        let far = Region::new(1 << 47, 1, PaRange::new(5)).unwrap();
        let regions = regions().into_iter().chain([far]);
        let layout = Layout::new(&IMAGE, regions);
        let va_bits = VaBits::of(&Cpu::new(&IdRegisters::default()), &layout).unwrap();
        let own = table::build(regime, va_bits, &layout, &mut memory).unwrap();
        let root = own.root();
        let offer = TableOffer { root, for_us: true };
        assert_eq!(check(regime, &layout, &offer, &memory), Ok(own));
    }
}

#[test]
fn a_root_that_is_no_table_is_misplaced() {
    assert_eq!(unusable(|l| l.root = 0x1_0000_0000), Unusable::NotInRegion);
}

#[test]
fn a_missing_block_is_not_mapped() {
    assert_eq!(unusable(|l| l.set(l.level2[0], 2, 0)), Unusable::NotMapped);
    assert_eq!(unusable(|l| l.set(l.root, 0, 0)), Unusable::NotMapped);
}

/// A region's blocks are looked at one by one, also where nothing else lies in the second.
#[test]
fn a_missing_block_in_the_middle_of_a_region_is_not_mapped() {
    let whole = [Region::new(0x4020_0000, 0x40_0000, PaRange::new(5)).unwrap()];
    let layout = Layout::new(&IMAGE, whole.into_iter());
    for missing in [None, Some(1), Some(2)] {
        let mut loader = Loader::new();
        // Without the segment above 4 GiB.
        loader.set(loader.level1, 5, 0);
        if let Some(block) = missing {
            loader.set(loader.level2[0], block, 0);
        }
        let root = loader.root;
        let offer = TableOffer { root, for_us: true };
        let checked = check(Regime::El2, &layout, &offer, &loader.memory);
        let why = missing.map(|_| Unusable::NotMapped);
        assert_eq!(checked.err(), why, "{missing:?}");
    }
}

#[test]
fn a_table_outside_the_regions_is_not_followed() {
    assert_eq!(
        unusable(|l| l.set(l.level1, 5, 0xdead_b000 | TABLE)),
        Unusable::NotMapped
    );
}

#[test]
fn tables_that_loop_end_at_level_3() {
    assert_ne!(
        unusable(|l| l.set(l.level2[1], 0, l.level2[1] | TABLE)),
        Unusable::NotInRegion
    );
    assert_ne!(
        unusable(|l| l.set(l.root, 0, l.root | TABLE)),
        Unusable::NotInRegion
    );
}

#[test]
fn another_output_address_is_not_identity() {
    assert_eq!(
        unusable(|l| l.set(l.level2[0], 1, 0x4040_0000 | BLOCK)),
        Unusable::NotIdentity
    );
    assert_eq!(
        unusable(|l| l.set(l.level2[1], 0, 0x4000_0000 | BLOCK)),
        Unusable::NotIdentity
    );
}

/// Bits 20 to 12 of a 2 MiB block are no address.
#[test]
fn an_address_that_no_block_can_have_is_not_identity() {
    for bit in 12..=20 {
        let why = unusable(|l| l.set(l.level2[0], 3, 0x4060_0000 | BLOCK | 1 << bit));
        assert_eq!(why, Unusable::NotIdentity, "bit {bit}");
    }
}

/// Access flag, memory type, EL0's right (with PAN), execution, writing, and what we do not know.
#[test]
fn attributes_that_would_fault_are_unusable() {
    let image = 3;
    for attributes in [
        0x001,           // AF = 0
        BLOCK | 1 << 2,  // another MAIR index
        BLOCK | 1 << 7,  // read-only, with our stack in it
        BLOCK | 1 << 52, // Contiguous
        BLOCK | 1 << 50, // guarded page
        BLOCK | 1 << 51, // DBM
    ] {
        let why = unusable(|l| l.set(l.level2[0], image, 0x4060_0000 | attributes));
        assert_eq!(why, Unusable::Attributes, "{attributes:#x}");
    }
    let at = |regime, attributes: u64| {
        let mut loader = Loader::new();
        loader.set(loader.level2[0], image, 0x4060_0000 | attributes);
        loader.check(regime)
    };
    let (el0, pxn, uxn) = (BLOCK | 1 << 6, BLOCK | 1 << 53, BLOCK | 1 << 54);
    for regime in [Regime::El1And0, Regime::El2And0] {
        assert_eq!(at(regime, el0), Err(Unusable::Attributes));
        assert_eq!(at(regime, pxn), Err(Unusable::Attributes));
        assert!(at(regime, uxn).is_ok());
    }
    assert!(at(Regime::El2, el0).is_ok());
    assert_eq!(at(Regime::El2, uxn), Err(Unusable::Attributes));
}

/// What is only read may be read-only and not executable.
#[test]
fn a_region_needs_no_more_than_to_be_read() {
    let mut loader = Loader::new();
    loader.set(
        loader.level2[1],
        0,
        0x1_4000_0000 | BLOCK | 1 << 7 | 3 << 53,
    );
    assert!(loader.check(Regime::El1And0).is_ok());
    assert!(loader.check(Regime::El2And0).is_ok());
}

#[test]
fn attributes_of_tables_that_bind_what_is_below_are_unusable() {
    for bit in 59..=63 {
        let why = unusable(|l| l.set(l.root, 0, l.level1 | TABLE | 1 << bit));
        assert_eq!(why, Unusable::Attributes, "bit {bit}");
    }
}

#[test]
fn tables_for_another_image_are_not_looked_at() {
    let loader = Loader::new();
    let other = TableOffer {
        root: loader.root,
        for_us: false,
    };
    let checked = check(Regime::El2, &layout(), &other, &loader.memory);
    assert_eq!(checked, Err(Unusable::NotOurs));
}

/// Non-shareable, as a patched kexec makes them; Outer and Inner Shareable; and the reserved value.
#[test]
fn shareability_is_noted_and_the_reserved_value_refused() {
    for regime in REGIMES {
        let check = |sh: &dyn Fn(u64) -> u64| {
            let mut loader = Loader::new();
            for entry in loader
                .memory
                .entries
                .values_mut()
                .filter(|entry| **entry & 3 == 1)
            {
                *entry |= sh(*entry) << 8;
            }
            loader.check(regime)
        };
        let inner = |sh: &dyn Fn(u64) -> u64| check(sh).map(|map| map.is_inner_shareable());
        assert_eq!(inner(&|_| 0b00), Ok(false));
        assert_eq!(inner(&|_| 0b10), Ok(false));
        assert_eq!(inner(&|_| 0b11), Ok(true));
        assert_eq!(inner(&|_| 0b01), Err(Unusable::Attributes));
        // All but one of them.
        let one = 0x4040_0000;
        let but_one = |entry: u64| if entry & ADDRESS == one { 0 } else { 3 };
        assert_eq!(inner(&but_one), Ok(false));
    }
}

/// Flash, a UART, another kernel's memory: as Normal memory a CPU may read them by speculation.
#[test]
fn tables_that_map_more_are_refused() {
    // Blocks beside what is touched, a page, and a block of 1 GiB, mapped to themselves.
    for block in [0, 4, 511] {
        let why = unusable(|l| {
            l.set(
                l.level2[0],
                block,
                (0x4000_0000 + block * 0x20_0000) | BLOCK,
            );
        });
        assert_eq!(why, Unusable::MapMore, "{block}");
    }
    let gigabyte = |index: u64| unusable(|l| l.set(l.level1, index, index << 30 | BLOCK));
    assert_eq!(gigabyte(2), Unusable::MapMore);
    // Also where it is touched.
    assert_eq!(gigabyte(1), Unusable::MapMore);
    // A table that maps nothing, where nothing is touched: there could be any number.
    let empty = unusable(|l| l.set(l.level1, 2, l.level1 | TABLE));
    assert_eq!(empty, Unusable::MapMore);
    let empty = unusable(|l| l.set(l.root, 7, l.level2[1] | TABLE));
    assert_eq!(empty, Unusable::MapMore);
}

/// Even where all of it is a segment: what a patched kexec makes are blocks of 2 MiB.
#[test]
fn a_block_of_1_gib_is_refused_also_where_all_of_it_is_touched() {
    let segment = Region::new(0x8000_0000, 1 << 30, PaRange::new(5)).unwrap();
    let layout = Layout::new(&IMAGE, regions().into_iter().chain([segment]));
    let mut loader = Loader::new();
    loader.set(loader.level1, 2, 0x8000_0000 | BLOCK);
    let root = loader.root;
    let offer = TableOffer { root, for_us: true };
    for regime in REGIMES {
        let checked = check(regime, &layout, &offer, &loader.memory);
        assert_eq!(checked, Err(Unusable::MapMore));
    }
}

/// Pages beside what is touched, in a block that is.
#[test]
fn the_rest_of_a_block_may_be_mapped() {
    for regime in REGIMES {
        let mut loader = Loader::new();
        let frame = loader.memory.allocate(TableSize::KiB4).unwrap();
        let level3 = loader.memory.address(&frame);
        loader.memory.finish(frame);
        loader.set(loader.level2[1], 0, level3 | TABLE);
        for page in [0, 1, 2, 300] {
            loader.set(level3, page, 0x1_4000_0000 + page * 0x1000 + BLOCK + 2);
        }
        assert!(loader.check(regime).is_ok());
        loader.set(level3, 0, 0);
        assert_eq!(loader.check(regime), Err(Unusable::NotMapped));
    }
}

/// The purgatory's own memory is rounded out to blocks as a whole; the pool is never mapped by us.
#[test]
fn the_pool_may_be_mapped() {
    let image = ImageParts {
        text: 0x407f_4000,
        rodata: 0x407f_8000,
        guard: 0x407f_9000,
        stack: 0x407f_a000,
        pool: 0x407f_c000,
    };
    let layout = Layout::new(&image, regions().into_iter());
    let mut loader = Loader::new();
    loader.set(loader.level2[0], 4, 0x4080_0000 | BLOCK);
    let root = loader.root;
    let offer = TableOffer { root, for_us: true };
    assert!(check(Regime::El2, &layout, &offer, &loader.memory).is_ok());
    loader.set(loader.level2[0], 5, 0x40a0_0000 | BLOCK);
    let checked = check(Regime::El2, &layout, &offer, &loader.memory);
    assert_eq!(checked, Err(Unusable::MapMore));
}

proptest! {
    /// Whatever is written over them: if they are accepted, every page we touch is mapped to
    /// itself.
    #[test]
    fn garbage_is_refused_or_harmless(
        garbage in prop::collection::vec((0_usize..4, 0_u64..8, any::<u64>(), any::<bool>()), 1..6),
    ) {
        let mut loader = Loader::new();
        for (table, index, bits, near) in garbage {
            let tables = [loader.root, loader.level1, loader.level2[0], loader.level2[1]];
            // Near misses: what was there, one bit off.
            let old = *loader.memory.entries.get(&(tables[table], index)).unwrap_or(&BLOCK);
            loader.set(tables[table], index, if near { old ^ 1 << (bits % 64) } else { bits });
        }
        if loader.check(Regime::El1And0).is_ok() {
            let mut at = 0;
            while let Some(mapping) = layout().next(at) {
                for page in (mapping.start..mapping.end).step_by(4096) {
                    let found = translate(MAX_VA_BITS, loader.root, &loader.memory, page).unwrap();
                    prop_assert_eq!(found.address, page);
                    // AF set, index 0, no EL0, and no other than these bits.
                    prop_assert_eq!(found.descriptor & 0x45d, 0x401);
                }
                at = mapping.end;
            }
        }
    }
}
