// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which memory must be mapped, and how (docs/boot.md, the table under "OUTSIDE").

use purgatory::paging::descriptor::Access;
use purgatory::paging::layout::ImageParts;

const PAGE: u64 = 4096;

/// Pages that are to be accessed like this: from the first up to the second address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The first byte.
    pub start: u64,
    /// One past the last.
    pub end: u64,
    /// What is to be done there.
    pub access: Access,
}

/// Returns them in order; pages that follow one another and are accessed alike, as one.
pub fn wanted(image: &ImageParts, regions: &[(u64, u64)]) -> Vec<Page> {
    let mut all = each(image, regions);
    all.sort_by_key(|pages| pages.start);
    all.into_iter().fold(Vec::new(), |mut merged, next| {
        match merged.last_mut() {
            Some(Page { end, access, .. }) if *access == next.access && next.start <= *end => {
                *end = next.end.max(*end);
            }
            _ => merged.push(next),
        }
        merged
    })
}

/// Returns whether some of what a loader has to map, the pool too, lies from `start` up to `end`.
pub fn touched(start: u64, end: u64, image: &ImageParts, regions: &[(u64, u64)]) -> bool {
    let image = (image.text, image.end());
    let whole = |&(start, end): &(u64, u64)| (start / PAGE * PAGE, up(end));
    let mut all = regions.iter().map(whole).chain([image]);
    all.any(|(first, last)| first < end && start < last)
}

/// Returns those of each part of the image and of each region.
fn each(image: &ImageParts, regions: &[(u64, u64)]) -> Vec<Page> {
    let of = |start, end, access| Page { start, end, access };
    let mut all = vec![
        of(image.text, image.rodata, Access::ReadExecute),
        of(image.rodata, image.guard, Access::Read),
        of(image.stack, image.pool, Access::ReadWrite),
    ];
    let whole = |&(start, end): &(u64, u64)| of(start / PAGE * PAGE, up(end), Access::Read);
    all.extend(regions.iter().map(whole));
    all.retain(|pages| pages.start < pages.end);
    all
}

fn up(address: u64) -> u64 {
    address.div_ceil(PAGE) * PAGE
}

/// Returns how many tables suffice for addresses of this many bits: one for each entry that cannot
/// be a block, since there are none of its size, or since something begins or ends inside of it.
pub fn tables(va_bits: u32, image: &ImageParts, regions: &[(u64, u64)]) -> u64 {
    let all = each(image, regions);
    let mut count = 1;
    for level in 0..3 {
        let shift = 12 + (3 - level) * 9;
        if shift >= va_bits {
            continue;
        }
        // The first and the last such entry of each.
        let mut entries: Vec<(u64, u64)> = Vec::new();
        for pages in &all {
            let (first, last) = (pages.start >> shift, (pages.end - 1) >> shift);
            if level < 1 {
                entries.push((first, last));
            } else {
                let inside = |address: u64| address >> shift << shift != address;
                let begin = inside(pages.start).then_some((first, first));
                entries.extend(
                    begin
                        .into_iter()
                        .chain(inside(pages.end).then_some((last, last))),
                );
            }
        }
        entries.sort_unstable();
        let mut next = 0;
        for (first, last) in entries {
            count += (last + 1).saturating_sub(first.max(next));
            next = next.max(last + 1);
        }
    }
    count
}
