// SPDX-License-Identifier: MIT OR Apache-2.0

//! The builder's tables against the independent walker.

extern crate std;

use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::cpu::IdRegisters;
use crate::paging::descriptor::{Access, STAGE1};
use crate::paging::fake::{FakeFrame, FakeFrames};
use crate::paging::layout::ImageParts;
use crate::paging::pool::BYTES;
use crate::paging::walk::{self, Fault};
use crate::region::PaRange;
use crate::translation::PAGE;
use tock_registers::LocalRegisterCopy;

const fn image_at(start: u64) -> ImageParts {
    ImageParts {
        text: start,
        rodata: start + 0x3000,
        guard: start + 0x5000,
        stack: start + 0x6000,
        pool: start + 0x8000,
    }
}

fn region(start: u64, len: u64) -> Region {
    Region::new(start, len, PaRange::new(5)).unwrap()
}

/// The wanted attributes of each page that must be mapped, merged into runs.
fn wanted(regime: Regime, image: &ImageParts, regions: &[Region]) -> Vec<(u64, u64, u64)> {
    let attributes = |access| leaf(regime, 2, 0, access) & !2;
    let mut runs = vec![
        (image.text, image.rodata, attributes(Access::ReadExecute)),
        (image.rodata, image.guard, attributes(Access::Read)),
        (image.stack, image.pool, attributes(Access::ReadWrite)),
    ];
    for r in regions {
        // What is left of the region's pages on either side of the image's.
        let (start, end) = (r.start() / PAGE * PAGE, r.end().next_multiple_of(PAGE));
        let read = attributes(Access::Read);
        runs.extend([
            (start, end.min(image.text), read),
            (start.max(image.pool), end, read),
        ]);
    }
    runs.retain(|run| run.0 < run.1);
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

fn build_in<'a>(
    memory: &mut FakeFrames,
    regime: Regime,
    image: &'a ImageParts,
    regions: &[Region],
) -> Option<AddressMap<'a>> {
    let layout = Layout::new(image, regions.iter().copied());
    build(regime, va_bits(image, regions).unwrap(), &layout, memory)
}

fn va_bits(image: &ImageParts, regions: &[Region]) -> Result<VaBits, NoTables> {
    let cpu = Cpu::new(&IdRegisters::default());
    VaBits::of(&cpu, &Layout::new(image, regions.iter().copied()))
}

fn walk_in(
    memory: &FakeFrames,
    map: &AddressMap<'_>,
    address: u64,
) -> Result<walk::Translation, Fault> {
    walk::translate(map.va_bits(), map.root(), memory, address)
}

fn layout_end(image: &ImageParts, regions: &[Region]) -> u64 {
    let ends = regions.iter().map(Region::end);
    ends.chain([image.pool]).max().unwrap()
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
        below in 0_u64..0x2_0000,
        above in 0_u64..0x2_0000,
        image in (0_u64..(1 << 36) - 0x100).prop_map(|page| image_at(page << 12)),
    ) {
        let whole = region(image.text, image.end() - image.text);
        // Neighbours of the image.
        let mut regions = regions;
        regions.extend(Region::new(image.text.saturating_sub(below), below, PaRange::new(5)));
        regions.extend(Region::new(image.end(), above, PaRange::new(5)));
        regions.retain(|r| !r.overlaps(&whole));
        let mut memory = FakeFrames::new(10_000);
        let map = build_in(&mut memory, regime, &image, &regions).unwrap();
        let found = merge(memory.leaves(&map));
        prop_assert_eq!(found, wanted(regime, &image, &regions));
        // The MMU's way in: each border translates to itself, the guard does not.
        let walk = |address| walk_in(&memory, &map, address);
        for r in regions.iter().chain([&region(image.text, 0x5000)]) {
            for address in [r.start(), r.start() + r.len() / 2, r.end() - 1] {
                let t = walk(address).unwrap();
                prop_assert_eq!((t.address, t.hierarchical), (address, 0));
                prop_assert!(LocalRegisterCopy::<u64, STAGE1::Register>::new(t.descriptor).is_set(STAGE1::AF));
            }
        }
        prop_assert_eq!(walk(image.guard), Err(Fault::Translation { level: 3 }));
        // Nor does what no address of so many bits can be, of which there are as few as can be.
        prop_assert_eq!(walk(1 << map.va_bits()), Err(Fault::AddressSize));
        prop_assert!(map.va_bits() == MIN_VA_BITS || layout_end(&image, &regions) > 1 << (map.va_bits() - 1));
    }
}

/// Any number of frames short of enough gives none, not wrong ones.
#[test]
fn running_out_of_frames_gives_no_tables() {
    let regions = [
        region(0x4000_1000, 0x7fff_e000),
        region(0x80_4000_0000, 0x1000),
    ];
    let mut enough = 0;
    let frames = loop {
        let mut memory = FakeFrames::new(enough);
        let image = image_at(0xd000_0000);
        if build_in(&mut memory, Regime::El2, &image, &regions).is_some() {
            break enough;
        }
        enough += 1;
    };
    // Level 0; below it two tables at level 1; at level 2 the GiB of either end, of the image and
    // of the far page; at level 3 both ragged ends, the image and the far page.
    assert_eq!(frames, 1 + 2 + 4 + 4);
}

#[test]
fn a_whole_gibibyte_is_one_block() {
    let mut memory = FakeFrames::new(100);
    let regions = [region(0x1_0000_0000, 1 << 30)];
    let image = image_at(0x4000_0000);
    let map = build_in(&mut memory, Regime::El1And0, &image, &regions).unwrap();
    let t = walk_in(&memory, &map, 0x1_2345_6789).unwrap();
    assert_eq!((t.level, t.address), (1, 0x1_2345_6789));
    assert_eq!(t.size, 1 << 30);
}

/// Where one region lies in another, in whatever order, the larger one's blocks stay whole.
#[test]
fn a_region_inside_of_another_does_not_divide_its_blocks() {
    let (inner, outer) = (region(0x4020_0000, 0x1000), region(0x401f_f000, 0x40_1000));
    for regions in [[inner, outer], [outer, inner]] {
        let mut memory = FakeFrames::new(10);
        let image = image_at(0x8000_0000);
        let map = build_in(&mut memory, Regime::El1And0, &image, &regions).unwrap();
        let t = walk_in(&memory, &map, 0x4020_0000).unwrap();
        assert_eq!((t.level, t.size), (2, 2 << 20), "{regions:x?}");
    }
}

/// Tables are written from their start to their end: nothing comes up again.
#[test]
fn what_is_to_be_mapped_next_begins_where_the_last_has_ended() {
    // One in the other, one that goes on behind it, and one that begins in both.
    let regions = [
        region(0x4000_0000, 0x8000),
        region(0x4000_2000, 0x2000),
        region(0x4000_6000, 0x8000),
    ];
    let image = image_at(0x8000_0000);
    let layout = Layout::new(&image, regions.into_iter());
    for from in (0x4000_0000..0x4000_e000).step_by(0x1000) {
        let next = layout.next(from).unwrap();
        assert_eq!(next.start, from);
        assert!(regions.iter().any(|region| region.end() == next.end));
    }
    assert_eq!(layout.next(0x4000_e000).unwrap().start, image.text);
    assert_eq!(layout.next(image.guard).unwrap().start, image.stack);
    assert_eq!(layout.next(image.pool), None);
}

/// The first table has no more entries than are needed, and takes a page only for more than 64; a
/// level is left out where its table would have one entry.
#[test]
fn the_first_table_is_small() {
    for (end, sizes) in [
        (1 << 32, &[512, 4096, 4096, 4096, 4096][..]),
        (1 << 36, &[512, 4096, 4096, 4096, 4096]),
        (1 << 37, &[4096; 5]),
        (1 << 39, &[4096; 5]),
        (1 << 40, &[512, 4096, 4096, 4096, 4096, 4096, 4096]),
        (1 << 46, &[4096; 7]),
    ] {
        // The image in the first GiB, and a page at the end of what is translated.
        let (mut memory, image) = (FakeFrames::new(10), image_at(0x3000_0000));
        let regions = [region(end - 0x1000, 0x1000)];
        let map = build_in(&mut memory, Regime::El2, &image, &regions).unwrap();
        assert_eq!(1 << map.va_bits(), end);
        assert_eq!(memory.frame_sizes().collect::<Vec<_>>(), sizes, "{end:#x}");
    }
}

#[test]
fn what_lies_above_48_bits_is_an_error() {
    for start in [1 << 48, 1 << 50, (1 << 48) - 0x1000] {
        let regions = [Region::new(start, 0x2000, PaRange::new(6)).unwrap()];
        let built = va_bits(&image_at(0x4000_0000), &regions);
        assert_eq!(built, Err(NoTables::Above48Bits), "{start:#x}");
    }
}

#[test]
fn an_entry_that_no_mmu_would_take_does_not_translate() {
    let mut memory = FakeFrames::new(3);
    let mut frames = [(); 3].map(|()| memory.allocate(TableSize::KiB4).unwrap());
    let tables = [0, 1, 2].map(|index: usize| memory.address(&frames[index]));
    let [first, second, third] = &mut frames;
    let mut write = |table: &mut FakeFrame, index, descriptor| {
        let run = Run {
            index,
            count: 1,
            descriptor,
            step: 0,
        };
        memory.write(table, run);
    };
    write(first, 0, tables[1] | 3);
    write(first, 1, 1); // a block at level 0
    write(first, 2, 0xdead_0000 | 3); // a table that is not there
    write(second, 0, tables[2] | 3);
    write(third, 0, 0x0020_0000 | 3); // a table at level 2, not ours
    for frame in frames {
        memory.finish(frame);
    }
    let walk = |address| walk::translate(MAX_VA_BITS, tables[0], &memory, address);
    assert_eq!(walk(0), Err(Fault::ExternalAbort { level: 3 }));
    assert_eq!(walk(1 << 39), Err(Fault::Translation { level: 0 }));
    assert_eq!(walk(2 << 39), Err(Fault::ExternalAbort { level: 1 }));
    assert_eq!(walk(3 << 39), Err(Fault::Translation { level: 0 }));
    assert_eq!(walk(1 << 30), Err(Fault::Translation { level: 1 }));
}

/// From its code to the last byte of the pool.
#[test]
fn the_image_as_a_whole_is_one_region() {
    let image = image_at(0x4000_3000);
    let whole = image.region(PaRange::new(0)).unwrap();
    assert_eq!(whole.start(), 0x4000_3000);
    assert_eq!(whole.end(), image.end());
    let len = 0x8000 + BYTES as u64;
    assert_eq!(whole.len(), len);
    // Its last byte is the last that there is.
    assert!(image_at((1 << 32) - len).region(PaRange::new(0)).is_ok());
    assert!(
        image_at((1 << 32) - len + 0x1000)
            .region(PaRange::new(0))
            .is_err()
    );
}
