// SPDX-License-Identifier: MIT OR Apache-2.0

//! The tables of any part of one region, and of the image, fit wherever these lie.

use proptest::prelude::*;
use purgatory::abi::{MAX_REGIONS, RawRegion, RawSymbols};
use purgatory::cpu::{Cpu, IdRegisters};
use purgatory::paging::layout::{ImageParts, Layout};
use purgatory::paging::pool::TableSize;
use purgatory::paging::table::{Frames, VaBits, build};
use purgatory::paging::walk::translate;
use purgatory::part::{self, Part};
use purgatory::region::PaRange;
use purgatory::request::Check;

use crate::TABLES;
use crate::memory::Memory;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// What an entry of each level covers, the last aside.
const ENTRIES: [u64; 3] = [512 * GIB, GIB, 2 * MIB];

/// Returns an image like the linked one.
fn image(text: u64) -> ImageParts {
    ImageParts {
        text,
        rodata: text + 16 * KIB,
        guard: text + 20 * KIB,
        stack: text + 24 * KIB,
        pool: text + 32 * KIB,
    }
}

/// The pages of the image that are mapped.
const IMAGE_PAGES: u64 = 8;

/// Builds tables for all of these regions as the image does on a CPU with SHA2 instructions: at
/// once, or where they do not fit for parts of a single region. Each byte must be in a part, and
/// the tables of each part must fit, beside other tables. Returns how many tables each part has
/// taken.
fn tables_of_parts(text: u64, regions: &[(u64, u64)], others: usize) -> Option<Vec<usize>> {
    let (image, pa_range) = (image(text), PaRange::new(5));
    let ours = image.region(pa_range).ok()?;
    let mut raw = RawSymbols::default();
    for (raw, &(start, len)) in raw.sha256_regions.iter_mut().zip(regions) {
        *raw = RawRegion { start, len };
    }
    let check = Check::new(&raw, &ours, pa_range).ok()?;
    let cpu = Cpu::new(&IdRegisters {
        current_el: 1 << 2,
        mmfr0: 5,
        ..IdRegisters::default()
    });
    let all = Layout::new(&image, check.regions());
    let va_bits = VaBits::of(&cpu, &all).expect("all of it lies below 2^48");

    let mut memory = Memory::new();
    let (_, bytes) = check.count_and_bytes();
    let room = &mut [None; MAX_REGIONS];
    let mut part = Part::whole(check.regions(), room);
    let (mut taken, mut hashed, mut done) = (vec![], vec![], 0);
    let mut by_region = false;
    while done < bytes {
        let mut frames = memory.frames();
        for _ in 0..others {
            assert!(frames.allocate(TableSize::KiB4).is_some());
        }
        if by_region {
            part.follow(check.regions(), done, part::most(true, true), true);
        }
        let map = build(
            cpu.regime,
            va_bits,
            &Layout::new(&image, part.regions()),
            &mut frames,
        );
        let Some(map) = map else {
            if by_region {
                return None;
            }
            by_region = true;
            continue;
        };
        taken.push(frames.taken.len() - others);
        let mapped = [text, image.guard - 8, image.stack, image.pool - 8];
        let of_part: Vec<_> = part.regions().map(|one| (one.start(), one.end())).collect();
        let borders = of_part.iter().flat_map(|&(start, end)| [start, end - 1]);
        for at in borders.chain(mapped) {
            let found = translate(map.va_bits(), map.root(), &frames, at);
            assert_eq!(found.map(|found| found.address), Ok(at));
        }
        done += of_part.iter().map(|(start, end)| end - start).sum::<u64>();
        hashed.extend(of_part);
    }
    // Parts of one region follow one another.
    let mut wanted = vec![];
    for region in check.regions() {
        let mut at = region.start();
        while at < region.end() {
            let &(start, end) = hashed.get(wanted.len()).expect("all is in a part");
            assert_eq!(start, at, "{hashed:x?}");
            wanted.push((start, end));
            at = end;
        }
    }
    assert_eq!(hashed, wanted);
    Some(taken)
}

/// The image and a part of one region, each over a border of all levels: the first table, and for
/// each of the two six.
#[test]
fn the_worst_case_takes_all_of_the_pool() {
    let over_a_border = 512 * GIB - 16 * KIB;
    let region = (1 << 47) - GIB / 2 - 6 * KIB;
    for len in [GIB, GIB - 4 * KIB, GIB / 2 + 10 * KIB] {
        let regions = [(region, len)];
        let taken = tables_of_parts(over_a_border, &regions, 0);
        assert_eq!(taken, Some(vec![TABLES]), "{len:#x}");
        // It needs them all.
        assert_eq!(tables_of_parts(over_a_border, &regions, 1), None);
    }
}

/// Image and region over, before, at and after a border of each level.
#[test]
fn one_region_fits_wherever_it_and_the_image_lie() {
    let borders = |from: u64| ENTRIES.map(|entry| from.next_multiple_of(entry));
    let lens = [
        1,
        4 * KIB + 2,
        2 * MIB,
        2 * MIB + 2,
        GIB - 1,
        GIB,
        GIB + 1,
        3 * GIB + 5,
    ];
    let mut cases = 0;
    for image_border in [0, 1 << 39, 1 << 46].map(|from| borders(from + 1)).concat() {
        for text in (0..=IMAGE_PAGES).map(|page| image_border - page * 4 * KIB) {
            for border in [0, 1 << 40, (1 << 47) - 1].map(borders).concat() {
                for len in lens {
                    let before = [0, 1, 4 * KIB + 1, len / 2, len - 1, len];
                    for start in before.map(|before| border.saturating_sub(before)) {
                        let taken = tables_of_parts(text, &[(start, len)], 0);
                        let overlaps = start < text + image(0).end() && text < start + len;
                        assert_eq!(
                            taken.is_none(),
                            overlaps,
                            "{text:#x}, {start:#x} + {len:#x}"
                        );
                        cases += 1;
                    }
                }
            }
        }
    }
    assert!(cases > 10_000, "{cases}");
}

/// Sixteen regions, more than kexec has, each over the border of two tables at every level.
#[test]
fn regions_that_lie_far_apart_are_read_one_by_one() {
    let over_a_border = |index: u64| (((index + 2) << 40) - 4 * KIB, 8 * KIB);
    let regions: Vec<_> = (0..16).map(over_a_border).collect();
    let taken = tables_of_parts(512 * GIB - 16 * KIB, &regions, 0);
    assert_eq!(taken, Some(vec![TABLES; 16]));
}

/// A usual layout takes few of them, and one window.
#[test]
fn usual_regions_are_read_at_once() {
    let kernel = 0x1_4000_0000;
    let regions = [
        (kernel, 24 * MIB),
        (kernel + 24 * MIB, 19 * MIB - 64 * KIB),
        (kernel + 43 * MIB, 64 * KIB),
    ];
    let taken = tables_of_parts(kernel + 44 * MIB, &regions, 0);
    assert_eq!(taken, Some(vec![4]));
}

/// Anywhere, most often near a border.
fn place() -> impl Strategy<Value = u64> {
    let near = (0..48_u32, 0..4_u64, -70_000..70_000_i64);
    let near = near.prop_map(|(bits, times, beside)| (times << bits).wrapping_add_signed(beside));
    prop_oneof![near, 0..1_u64 << 48].prop_map(|at| at & ((1 << 48) - 1))
}

fn length() -> impl Strategy<Value = u64> {
    let power = (0..33_u32, -2..3_i64);
    let power = power.prop_map(|(bits, beside)| (1_u64 << bits).saturating_add_signed(beside));
    prop_oneof![power, 1..4 * GIB].prop_map(|len| len.max(1))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_regions_fit_part_by_part(
        text in place(),
        regions in prop::collection::vec((place(), length()), 1..=16),
    ) {
        let end = 1_u64 << 48;
        let text = text.min(end - image(0).end()) & !0xfff;
        let overlaps = |&(start, len): &(u64, u64)| {
            start < text + image(0).end() && text < start + len
        };
        let fits = |&(start, len): &(u64, u64)| start + len <= end;
        let good = |region: &(u64, u64)| fits(region) && !overlaps(region);
        let regions: Vec<_> = regions.into_iter().filter(good).collect();
        prop_assert!(tables_of_parts(text, &regions, 0).is_some(), "{regions:x?}");
    }
}
