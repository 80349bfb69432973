// SPDX-License-Identifier: MIT OR Apache-2.0

//! Every byte once and in order, whatever the parts.

extern crate std;

use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::abi::{RawRegion, RawSymbols};
use crate::region::PaRange;
use crate::request::Check;

const PAGES: u64 = 4 * PIECE;

fn raw(list: &[(u64, u64)]) -> RawSymbols {
    let mut raw = RawSymbols::default();
    for (place, &(start, len)) in raw.sha256_regions.iter_mut().zip(list) {
        *place = RawRegion { start, len };
    }
    raw
}

fn check(raw: &RawSymbols) -> Check<'_> {
    let image = Region::new(1 << 40, 1, PaRange::new(5)).unwrap();
    Check::new(raw, &image, PaRange::new(5)).unwrap()
}

/// All parts of at most `most` bytes; from number `alone` on each has one region.
fn parts(list: &[(u64, u64)], most: u64, alone: usize) -> Vec<Vec<(u64, u64)>> {
    let raw = raw(list);
    let check = check(&raw);
    let (_, bytes) = check.count_and_bytes();
    let room = &mut [None; MAX_REGIONS];
    let mut part = Part::whole(check.regions(), room);
    let mut parts = Vec::new();
    let mut hashed = 0;
    while hashed < bytes {
        part.follow(check.regions(), hashed, most, parts.len() >= alone);
        assert!(parts.len() < 10_000, "it does not end");
        let regions: Vec<_> = part.regions().collect();
        hashed += regions.iter().map(Region::len).sum::<u64>();
        parts.push(regions.iter().map(|r| (r.start(), r.end())).collect());
    }
    assert_eq!(hashed, bytes);
    parts
}

#[test]
fn what_takes_no_second_is_one_part() {
    let list = [(0x4020_0000, 3 * PIECE + 5), (0, 0), (0x5000_0001, PIECE)];
    let whole = [
        (0x4020_0000, 0x4020_0000 + 3 * PIECE + 5),
        (0x5000_0001, 0x5000_0001 + PIECE),
    ];
    assert_eq!(parts(&list, 5 * PIECE, usize::MAX), [whole]);
    assert_eq!(parts(&[], PAGES, usize::MAX), [[]; 0]);
}

#[test]
fn a_region_is_divided_at_a_page() {
    let start = 0x4020_0123;
    let end = start + 2 * PAGES;
    let [first, second] = [1, 2].map(|part| (start + part * PAGES) & !(PIECE - 1));
    assert_eq!(
        parts(&[(start, 2 * PAGES)], PAGES, usize::MAX),
        [[(start, first)], [(first, second)], [(second, end)]]
    );
}

/// Where less than a page is left for a region it waits for the next part.
#[test]
fn a_part_may_end_between_two_regions() {
    let list = [(0x1000, PAGES - 100), (0x9_0fff, 300)];
    let [first, second] = list.map(|(start, len)| (start, start + len));
    assert_eq!(
        parts(&list, PAGES, usize::MAX),
        [
            std::vec![first, (0x9_0fff, 0x9_1000)],
            std::vec![(0x9_1000, second.1)]
        ]
    );
    let list = [(0x1000, PAGES - 100), (0x9_0100, 300)];
    let [first, second] = list.map(|(start, len)| (start, start + len));
    assert_eq!(parts(&list, PAGES, usize::MAX), [[first], [second]]);
}

#[test]
fn separate_parts_have_one_region_each() {
    let list = [
        (0x1000, 10),
        (0x2000, 20),
        (0x1_0000, PAGES + PIECE),
        (0x9000, 1),
    ];
    let parts = parts(&list, PAGES, 0);
    assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [1; 5]);
}

/// Slow cores take about a second for it, and a part ends where a piece does.
#[test]
fn a_part_is_as_large_as_what_takes_a_second() {
    for (sha2, cached, bytes) in [
        (true, true, 1 << 30),
        (false, true, 128 << 20),
        (true, false, 16 << 20),
        (false, false, 16 << 20),
    ] {
        assert_eq!(most(sha2, cached), bytes);
        assert_eq!(bytes % PIECE, 0);
    }
}

proptest! {
    #[test]
    fn each_byte_comes_once_and_in_order(
        list in prop::collection::vec((0_u64..1 << 36, prop_oneof![0_u64..100, 0..10 * PAGES]), 0..=16),
        most in 1_u64..9,
        alone in 0_usize..9,
    ) {
        let parts = parts(&list, most * PIECE, alone);
        let mut wanted = list.iter().filter(|region| region.1 != 0).map(|&(start, len)| (start, start + len));
        let mut left = wanted.next();
        for (number, part) in parts.iter().enumerate() {
            prop_assert!(!part.is_empty());
            let bytes: u64 = part.iter().map(|(start, end)| end - start).sum();
            prop_assert!(bytes <= most * PIECE);
            prop_assert!(number < alone || part.len() == 1);
            for &(start, end) in part {
                let region = left.unwrap();
                prop_assert!(start == region.0 && start < end && end <= region.1);
                prop_assert!(end == region.1 || end % PIECE == 0);
                left = if end == region.1 { wanted.next() } else { Some((end, region.1)) };
            }
        }
        prop_assert_eq!(left, None);
    }
}
