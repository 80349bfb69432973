//! The builder's tables against the independent walker.

extern crate std;

use std::{collections::BTreeMap, vec, vec::Vec};

use proptest::prelude::*;

use super::*;
use crate::paging::{
    descriptor::{Access, STAGE1},
    layout::Image,
    walk::{self, Fault, Tables},
};
use tock_registers::LocalRegisterCopy;

/// Frames at made-up addresses; notes every write.
struct Memory {
    next: u64,
    left: usize,
    entries: BTreeMap<(u64, u64), u64>,
    allocated: Vec<u64>,
}

impl Memory {
    fn new(frames: usize) -> Self {
        Self {
            next: 0x7000_0000,
            left: frames,
            entries: BTreeMap::new(),
            allocated: vec![],
        }
    }
}

impl Frames for Memory {
    fn allocate(&mut self, granule: Granule) -> Option<u64> {
        self.left = self.left.checked_sub(1)?;
        let frame = self.next;
        self.next += granule.page();
        self.allocated.push(frame);
        Some(frame)
    }

    fn write(&mut self, table: u64, index: u64, descriptor: u64) {
        assert!(self.allocated.contains(&table), "write outside the frames");
        assert!(index < 512, "write past the table");
        let old = self.entries.insert((table, index), descriptor);
        assert_eq!(old, None, "entry {index} of {table:#x} written twice");
    }
}

impl Tables for Memory {
    fn read(&self, table: u64, index: u64) -> Option<u64> {
        self.allocated
            .contains(&table)
            .then(|| *self.entries.get(&(table, index)).unwrap_or(&0))
    }
}

impl Memory {
    /// Every run of addresses that translates, with the descriptor's attributes, in order.
    fn leaves(&self, granule: Granule, root: u64) -> Vec<(u64, u64, u64)> {
        let mut found = vec![];
        self.leaves_below(granule, root, granule.first_level(), 0, &mut found);
        found
    }

    fn leaves_below(
        &self,
        g: Granule,
        table: u64,
        level: u32,
        base: u64,
        out: &mut Vec<(u64, u64, u64)>,
    ) {
        for (&(_, index), &d) in self.entries.range((table, 0)..=(table, u64::MAX)) {
            let at = base + (index << g.shift(level));
            let size = 1_u64 << g.shift(level);
            if level < LAST_LEVEL && d & 3 == 3 {
                self.leaves_below(g, d & 0xffff_ffff_f000, level + 1, at, out);
            } else {
                assert_eq!(d & 0x0000_ffff_ffff_f000, at, "not identity");
                out.push((at, at + size, d & !0x0000_ffff_ffff_f000 & !2));
            }
        }
    }
}

const fn image_at(start: u64) -> Image {
    Image {
        text: start,
        rodata: start + 0x3000,
        guard: start + 0x5000,
        stack: start + 0x6000,
        end: start + 0x2b000,
    }
}

fn region(start: u64, len: u64) -> Region {
    Region::new(start, len, 48).unwrap()
}

/// The wanted attributes of each 4 KiB page that must be mapped, merged into runs.
fn wanted(regime: Regime, image: &Image, regions: &[Region]) -> Vec<(u64, u64, u64)> {
    let attributes = |access| leaf(regime, 2, 0, access) & !2;
    let mut runs: Vec<(u64, u64, u64)> = vec![
        (image.text, image.rodata, attributes(Access::ReadExecute)),
        (image.rodata, image.guard, attributes(Access::Read)),
        (image.stack, image.end, attributes(Access::ReadWrite)),
    ];
    runs.extend(regions.iter().map(|r| {
        (
            r.start() & !0xfff,
            (r.end() + 0xfff) & !0xfff,
            attributes(Access::Read),
        )
    }));
    runs.sort_unstable();
    merge(runs)
}

fn merge(runs: Vec<(u64, u64, u64)>) -> Vec<(u64, u64, u64)> {
    let mut merged: Vec<(u64, u64, u64)> = vec![];
    for run in runs {
        match merged.last_mut() {
            Some(last) if last.2 == run.2 && run.0 <= last.1 => last.1 = last.1.max(run.1),
            _ => merged.push(run),
        }
    }
    merged
}

fn build_in(
    memory: &mut Memory,
    regime: Regime,
    image: Image,
    regions: &[Region],
) -> Result<u64, BuildError> {
    let layout = Layout::new(Granule::Size4K, image, regions.iter().copied());
    build(regime, &layout, memory)
}

fn regimes() -> impl Strategy<Value = Regime> {
    prop_oneof![
        Just(Regime::El1And0),
        Just(Regime::El2),
        Just(Regime::El2And0)
    ]
}

/// Addresses of all magnitudes, so that neighbours, blocks and far corners all come up.
fn regions() -> impl Strategy<Value = Vec<Region>> {
    let start = prop_oneof![
        0_u64..1 << 48,
        0_u64..1 << 33,
        (0_u64..1 << 27).prop_map(|p| p << 21)
    ];
    let len = prop_oneof![
        1_u64..1 << 14,
        1_u64..1 << 32,
        (1_u64..64).prop_map(|n| n << 21)
    ];
    let one = (start, len).prop_map(|(s, l)| region(s, l.min((1 << 48) - s)));
    prop::collection::vec(one, 1..=16)
}

proptest! {
    #[test]
    fn the_tables_map_exactly_the_asked_pages(
        regime in regimes(),
        regions in regions(),
        image in (0_u64..(1 << 36) - 0x100).prop_map(|page| image_at(page << 12)),
    ) {
        let whole = region(image.text, image.end - image.text);
        let regions: Vec<Region> = regions
            .into_iter()
            .filter(|r| !region(r.start() & !0xfff, ((r.end() + 0xfff) & !0xfff) - (r.start() & !0xfff)).overlaps(&whole))
            .collect();
        let mut memory = Memory::new(10_000);
        let root = build_in(&mut memory, regime, image, &regions).unwrap();
        prop_assert_eq!(merge(memory.leaves(Granule::Size4K, root)), wanted(regime, &image, &regions));
        // The MMU's way in: each border translates to itself, the guard does not.
        let walk = |address| walk::translate(Granule::Size4K, root, &memory, address);
        for r in regions.iter().chain([&region(image.text, 0x5000)]) {
            for address in [r.start(), r.start() + r.len() / 2, r.end() - 1] {
                let t = walk(address).unwrap();
                prop_assert_eq!(t.address, address);
                prop_assert!(LocalRegisterCopy::<u64, STAGE1::Register>::new(t.descriptor).is_set(STAGE1::AF));
            }
        }
        prop_assert_eq!(walk(image.guard), Err(Fault::Translation { level: 3 }));
        prop_assert_eq!(walk(1 << 48), Err(Fault::AddressSize));
    }
}

/// Any number of frames short of enough is an error, not a wrong table.
#[test]
fn running_out_of_frames_is_an_error() {
    let regions = [
        region(0x4000_1000, 0x7fff_e000),
        region(0x80_4000_0000, 0x1000),
    ];
    let mut enough = 0;
    let frames = loop {
        let mut memory = Memory::new(enough);
        match build_in(&mut memory, Regime::El2, image_at(0xd000_0000), &regions) {
            Ok(_) => break enough,
            Err(error) => assert_eq!(error, BuildError::OutOfFrames),
        }
        enough += 1;
    };
    // Level 0; below it two tables at level 1; at level 2 the GiB of either end, of the image and of
    // the far page; at level 3 both ragged ends, the image and the far page.
    assert_eq!(frames, 1 + 2 + 4 + 4);
}

#[test]
fn a_whole_gibibyte_is_one_block() {
    let mut memory = Memory::new(100);
    let regions = [region(0x1_0000_0000, 1 << 30)];
    let root = build_in(
        &mut memory,
        Regime::El1And0,
        image_at(0x4000_0000),
        &regions,
    )
    .unwrap();
    let t = walk::translate(Granule::Size4K, root, &memory, 0x1_2345_6789).unwrap();
    assert_eq!((t.level, t.address), (1, 0x1_2345_6789));
    assert_eq!(t.rest, (1 << 30) - 0x2345_6789);
}

#[test]
fn what_lies_above_48_bits_is_an_error() {
    for start in [1 << 48, 1 << 50, (1 << 48) - 0x1000] {
        let regions = [Region::new(start, 0x2000, 52).unwrap()];
        let mut memory = Memory::new(100);
        let built = build_in(
            &mut memory,
            Regime::El2And0,
            image_at(0x4000_0000),
            &regions,
        );
        assert_eq!(built, Err(BuildError::Above48Bits), "{start:#x}");
    }
}

#[test]
fn an_entry_that_no_mmu_would_take_does_not_translate() {
    let mut memory = Memory::new(3);
    let tables: Vec<u64> = (0..3)
        .map(|_| memory.allocate(Granule::Size4K).unwrap())
        .collect();
    memory.write(tables[0], 0, tables[1] | 3);
    memory.write(tables[0], 1, 1); // a block at level 0
    memory.write(tables[0], 2, 0xdead_0000 | 3); // a table that is not there
    memory.write(tables[1], 0, tables[2] | 3);
    memory.write(tables[2], 0, 0x0020_0000 | 3); // a table at level 2, not ours
    let walk = |address| walk::translate(Granule::Size4K, tables[0], &memory, address);
    assert_eq!(walk(0), Err(Fault::ExternalAbort { level: 3 }));
    assert_eq!(walk(1 << 39), Err(Fault::Translation { level: 0 }));
    assert_eq!(walk(2 << 39), Err(Fault::ExternalAbort { level: 1 }));
    assert_eq!(walk(3 << 39), Err(Fault::Translation { level: 0 }));
    assert_eq!(walk(1 << 30), Err(Fault::Translation { level: 1 }));
}
