// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which memory must be mapped, and how (docs/boot.md, the table under "OUTSIDE").

use purgatory::paging::descriptor::Access;
use purgatory::paging::layout::ImageParts;

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
pub fn wanted(page: u64, image: &ImageParts, regions: &[(u64, u64)]) -> Vec<Page> {
    let mut all = each(page, image, regions);
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

/// Returns those of each part of the image and of each region.
fn each(page: u64, image: &ImageParts, regions: &[(u64, u64)]) -> Vec<Page> {
    let down = |address: u64| address / page * page;
    let up = |address: u64| address.div_ceil(page) * page;
    let of = |start, end, access| Page { start, end, access };
    let mut all = if page == 4096 {
        vec![
            of(image.text, image.rodata, Access::ReadExecute),
            of(image.rodata, image.guard, Access::Read),
            of(image.stack, image.pool, Access::ReadWrite),
        ]
    } else {
        vec![of(down(image.text), up(image.pool), Access::All)]
    };
    let (first, last) = (all[0].start, all[all.len() - 1].end);
    for &(start, end) in regions {
        let (start, end) = (down(start), up(end));
        // On either side of the image's pages.
        all.push(of(start, end.min(first), Access::Read));
        all.push(of(start.max(last), end, Access::Read));
    }
    all.retain(|pages| pages.start < pages.end);
    all
}

/// Returns how many tables suffice with pages of so many bits, for addresses of so many: one for
/// each entry that cannot be a block, since there are none of its size, or since something begins
/// or ends inside of it.
pub fn tables(bits: u32, va_bits: u32, image: &ImageParts, regions: &[(u64, u64)]) -> u64 {
    let all = each(1 << bits, image, regions);
    let mut count = 1;
    for level in 0..3 {
        let shift = bits + (3 - level) * (bits - 3);
        if shift >= va_bits {
            continue;
        }
        // The first and the last such entry of each.
        let mut entries: Vec<(u64, u64)> = Vec::new();
        for pages in &all {
            let (first, last) = (pages.start >> shift, (pages.end - 1) >> shift);
            if level < if bits == 12 { 1 } else { 2 } {
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
