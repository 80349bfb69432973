// SPDX-License-Identifier: MIT OR Apache-2.0

//! Tables, read as the MMU does.

use std::ops::Range;

use purgatory_test_harness::Regime;
use purgatory_test_tracer::system::Register;

use crate::Contents;
use crate::translation::{Control, Tables};

const TABLE: u64 = 3;
const PAGE: u64 = 0x403;
const BLOCK: u64 = 0x401;

/// Tables at multiples of 8 KiB from here, so that something follows each.
const TABLES: u64 = 0x4000_0000;

fn table(number: u64) -> u64 {
    TABLES + number * 0x2000
}

/// `TCR` with this `T0SZ`, walks through the cache; attribute 0 is cacheable, 1 is not.
fn read(t0sz: u64, entries: &[(u64, u64)]) -> Tables {
    read_at(TABLES, t0sz, entries)
}

/// Returns the same with the first table elsewhere.
fn read_at(root: u64, t0sz: u64, entries: &[(u64, u64)]) -> Tables {
    let mut memory = Contents::default();
    memory.zeros(TABLES, 0x8000);
    for &(at, descriptor) in entries {
        memory.store(at, 8, [descriptor, 0]);
    }
    let mut control = Control::new(Regime::El1And0, 0);
    control.write(Register::Mair(1), 0x44ff);
    control.write(Register::Ttbr0(1), root);
    control.write(Register::Tcr(1), t0sz | 1 << 8 | 1 << 10);
    Tables::read(&control, &memory).expect("all tables are there")
}

fn check(tables: &Tables, mapped: Range<u64>) {
    assert!(tables.cached_walks);
    assert_eq!(tables.not_identity(), None);
    assert_eq!(tables.memory_type(&mapped), Some(true), "{mapped:#x?}");
    for outside in [mapped.start - 8..mapped.start, mapped.end..mapped.end + 8] {
        assert_eq!(tables.memory_type(&outside), None, "{outside:#x?}");
    }
    let across = mapped.start - 4..mapped.start + 4;
    assert_eq!(tables.memory_type(&across), None, "{across:#x?}");
}

#[test]
fn addresses_of_39_bits_start_at_level_1() {
    let tables = read(
        25,
        &[
            (table(0) + 8, 0x4000_0000 | BLOCK),
            (table(0) + 8 * 3, table(1) | TABLE),
            (table(1) + 8, 0xc020_0000 | BLOCK),
        ],
    );
    check(&tables, 0x4000_0000..0x8000_0000);
    check(&tables, 0xc020_0000..0xc040_0000);
    assert!(tables.contain(table(1) + 0xff8) && !tables.contain(table(2)));
}

#[test]
fn the_memory_type_is_that_of_all_bytes() {
    let uncached = 1 << 2;
    let tables = read(
        25,
        &[
            (table(0) + 8, 0x4000_0000 | BLOCK),
            (table(0) + 16, 0x8000_0000 | BLOCK | uncached),
        ],
    );
    assert_eq!(tables.memory_type(&(0x7fff_fff8..0x8000_0000)), Some(true));
    assert_eq!(tables.memory_type(&(0x7fff_fff8..0x8000_0008)), Some(false));
}

#[test]
fn memory_that_is_mapped_elsewhere_is_found() {
    let tables = read(
        25,
        &[
            (table(0) + 8, 0x4000_0000 | BLOCK),
            (table(0) + 16, 0x4000_0000 | BLOCK),
        ],
    );
    assert_eq!(tables.not_identity(), Some(0x8000_0000));
}

#[test]
fn the_first_level_and_the_first_table_are_as_small_as_the_address() {
    for bits in 32..=48 {
        let shift = |level: u64| 12 + (3 - level) * 9;
        let first = 3 - (bits - 1 - 12) / 9;
        // The last page that can be named.
        let page = (1 << bits) - 4096;
        let index = |level| (page >> shift(level)) % 512;
        let mut entries: Vec<_> = (first..3)
            .map(|level| {
                let (at, next) = (table(level - first), table(level - first + 1));
                (at + 8 * index(level), next | TABLE)
            })
            .collect();
        entries.push((table(3 - first) + 8 * index(3), page | PAGE));
        let tables = read(64 - bits, &entries);
        check(&tables, page..1 << bits);
        let end = table(0) + (8 << (bits - shift(first)));
        assert!(tables.contain(end - 8) && !tables.contain(end), "{bits}");
    }
}

#[test]
fn the_first_table_is_aligned_to_its_size_or_to_64_bytes() {
    // Addresses of 32 bits have 4 entries of 1 GiB, of 36 bits 64.
    for (bits, align) in [(32, 64), (36, 512), (48, 4096)] {
        for (beside, misaligned) in [(0, false), (align, false), (align / 2, true)] {
            let tables = read_at(TABLES + beside, 64 - bits, &[]);
            assert_eq!(tables.misaligned, misaligned, "{bits} bits, {beside:#x}");
        }
    }
}
