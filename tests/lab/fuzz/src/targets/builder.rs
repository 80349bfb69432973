// SPDX-License-Identifier: MIT OR Apache-2.0

//! The builder of page tables against the walk, and both against what must be mapped.

use purgatory::paging::AddressMap;
use purgatory::paging::descriptor::Access;
use purgatory::paging::layout::Layout;
use purgatory::paging::loader::{self, Unusable};
use purgatory::paging::table::{NoTables, VaBits, build};
use purgatory::paging::walk::translate;
use purgatory::region::{PaRange, Region};
use purgatory::request::TableOffer;
use purgatory::translation::Regime;

use super::frames::FewFrames;
use crate::input::Input;
use crate::machine::{self, NO_4K, REGIMES};
use crate::random::digest;
use crate::second_opinion::{Page, tables, wanted};

/// Tables that map exactly what must be mapped; or a reason why not that is one.
pub fn builder(bytes: &[u8]) -> u64 {
    let input = &mut Input::new(bytes);
    let no_4k = input.byte() % 32 == 31;
    let regime = input.one_of(&REGIMES);
    let pa_range = PaRange::new(input.one_of(&[5, 5, 6, 2]));
    let image = machine::image(input, pa_range.bits());
    let ours = image.region(pa_range).expect("an image that runs");
    let regions: Vec<Region> = machine::regions(input, &image)
        .iter()
        .filter_map(|raw| Region::new(raw.start, raw.len, pa_range).ok())
        .filter(|region| !region.overlaps(&ours))
        .collect();
    let bounds: Vec<_> = regions.iter().map(|one| (one.start(), one.end())).collect();
    let pages = wanted(&image, &bounds);
    let count = match input.byte() % 4 {
        0 => input.byte().into(),
        1 => input.one_of(&[13, 12, 5]),
        _ => 1 << 10,
    };
    let at = input.number(&[0, image.pool]) & 0x7fff_ffff_f000;

    let layout = Layout::new(&image, regions.iter().copied());
    let end = bounds.iter().fold(image.pool, |end, one| end.max(one.1));
    let beyond = end > 1 << 48;
    let va_bits = match VaBits::of(
        &machine::cpu(regime, if no_4k { NO_4K } else { 0 }),
        &layout,
    ) {
        Ok(va_bits) => va_bits,
        Err(why) => {
            assert!(no_4k || beyond, "{why:?}");
            assert_eq!(why == NoTables::NoGranule, no_4k);
            return digest([2, why as u64, regime as u64]);
        }
    };
    assert!(!no_4k && !beyond, "{va_bits:?}");
    let mut frames = FewFrames::new(at, count);
    let made = build(regime, va_bits, &layout, &mut frames);
    let va_bits = (end - 1).checked_ilog2().map_or(0, |bit| bit + 1).max(32);
    let enough = tables(va_bits, &image, &bounds);
    let Some(map) = made else {
        assert!(
            frames.exhausted && (count as u64) < enough,
            "{count} are enough"
        );
        return digest([3, enough.min(20), (va_bits / 5).into()]);
    };
    assert!(!frames.exhausted && map.is_inner_shareable());
    assert_eq!((map.va_bits(), *map.image()), (va_bits, image));
    assert!(frames.tables.len() as u64 <= enough, "{enough} are enough");

    let found = mapped(&frames, &map, regime);
    assert_eq!(found, pages, "{map:x?}");
    samples(&frames, &map, &pages);
    if map.va_bits() == 48 {
        // The tables built here would pass for a loader's as well, except for blocks of 1 GiB.
        let root = map.root();
        let offer = TableOffer { root, for_us: true };
        let passed = loader::check(regime, &layout, &offer, &frames);
        let large = frames
            .runs()
            .any(|run| run.step == 1 << 30 && run.descriptor & 3 == 1);
        assert_eq!(
            passed,
            if large {
                Err(Unusable::MapMore)
            } else {
                Ok(map)
            }
        );
    }
    let tables = frames.tables.len().ilog2();
    digest([1, regime as u64, (va_bits / 5).into(), tables.into()])
}

/// Returns all that the tables map, to itself and as cached memory, in order.
fn mapped(frames: &FewFrames, map: &AddressMap<'_>, regime: Regime) -> Vec<Page> {
    let level = if map.va_bits() > 39 { 0 } else { 1 };
    let mut found = Vec::new();
    let mut tables = 0;
    below(
        frames,
        regime,
        (map.root(), level, 0),
        &mut found,
        &mut tables,
    );
    assert_eq!(tables, frames.tables.len(), "a table that nothing leads to");
    found
}

fn below(
    frames: &FewFrames,
    regime: Regime,
    (table, level, base): (u64, u32, u64),
    found: &mut Vec<Page>,
    tables: &mut usize,
) {
    *tables += 1;
    let table = frames.tables.get(&table).filter(|table| table.finished);
    let shift = 12 + (3 - level) * 9;
    for run in &table.expect("a table that is written to its end").runs {
        let start = base + (run.index << shift);
        let address = run.descriptor & 0xffff_ffff_f000;
        let last = if level == 3 { 3 } else { 1 };
        if level < 3 && run.descriptor & 3 == 3 {
            assert_eq!((run.count, run.descriptor), (1, address | 3));
            below(frames, regime, (address, level + 1, start), found, tables);
            continue;
        }
        assert!(level > 0, "{run:x?} at level 0");
        assert_eq!(address, start, "no identity");
        assert_eq!(run.descriptor & 3, last);
        assert!(run.count == 1 || run.step == 1 << shift, "{run:x?}");
        let access = access(regime, run.descriptor & !0xffff_ffff_f000 & !3);
        let end = start + (run.count << shift);
        match found.last_mut() {
            Some(before) if before.end == start && before.access == access => before.end = end,
            _ => found.push(Page { start, end, access }),
        }
    }
}

/// Returns what these attributes allow (Arm ARM D8.3, D8.4): AF, inner shareable, index 0 and one
/// of these.
fn access(regime: Regime, attributes: u64) -> Access {
    let all = match regime {
        // UXN always; PXN; AP[2]: read-only.
        Regime::El1And0 | Regime::El2And0 => [
            (0x0040_0000_0000_0780, Access::ReadExecute),
            (0x0060_0000_0000_0780, Access::Read),
            (0x0060_0000_0000_0700, Access::ReadWrite),
        ],
        // XN; AP[1] is RES1.
        Regime::El2 => [
            (0x0000_0000_0000_07c0, Access::ReadExecute),
            (0x0040_0000_0000_07c0, Access::Read),
            (0x0040_0000_0000_0740, Access::ReadWrite),
        ],
    };
    let known = all.iter().find(|known| known.0 == attributes);
    known
        .unwrap_or_else(|| panic!("{attributes:#x} in {regime:?}"))
        .1
}

/// The walk finds the borders of all that is mapped, and nothing beside them.
fn samples(frames: &FewFrames, map: &AddressMap<'_>, pages: &[Page]) {
    let walk = |at| translate(map.va_bits(), map.root(), frames, at);
    let is_mapped = |at| pages.iter().any(|page| page.start <= at && at < page.end);
    for page in pages {
        for at in [
            page.start.wrapping_sub(1),
            page.start,
            page.end - 1,
            page.end,
        ] {
            let found = walk(at).map(|found| (found.address, found.hierarchical));
            assert_eq!(found.ok(), is_mapped(at).then_some((at, 0)), "{at:#x}");
        }
    }
    assert!(walk(1 << map.va_bits()).is_err() && walk(u64::MAX).is_err());
}
