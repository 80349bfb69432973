// SPDX-License-Identifier: MIT OR Apache-2.0

//! Tables of all granules, read as the MMU does.

use std::ops::Range;

use purgatory_test_harness::Regime;
use purgatory_test_tracer::system::Register;

use crate::Contents;
use crate::translation::{Control, Tables};

const TABLE: u64 = 3;
const PAGE: u64 = 0x403;
const BLOCK: u64 = 0x401;

/// Tables at multiples of 128 KiB from here, so that there is something behind each.
const TABLES: u64 = 0x4000_0000;

fn table(number: u64) -> u64 {
    TABLES + number * 0x2_0000
}

/// `TCR` with this `T0SZ` and `TG0`, walks through the cache; attribute 0 is cacheable, 1 is not.
fn read(t0sz: u64, tg0: u64, entries: &[(u64, u64)]) -> Tables {
    read_at(TABLES, t0sz, tg0, entries)
}

/// The same with the first table elsewhere.
fn read_at(root: u64, t0sz: u64, tg0: u64, entries: &[(u64, u64)]) -> Tables {
    let mut memory = Contents::default();
    memory.zeros(TABLES, 0x8_0000);
    for &(at, descriptor) in entries {
        memory.store(at, 8, [descriptor, 0]);
    }
    let mut control = Control::new(Regime::El1And0, 0);
    control.write(Register::Mair(1), 0x44ff);
    control.write(Register::Ttbr0(1), root);
    control.write(Register::Tcr(1), t0sz | 1 << 8 | 1 << 10 | tg0 << 14);
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
fn pages_of_64_kib_and_42_bits_start_at_level_2() {
    // Level 2 has an entry for each 512 MiB, level 3 for each 64 KiB.
    let tables = read(
        22,
        1,
        &[
            (table(0) + 8 * 2, table(1) | TABLE),
            (table(1) + 8 * 5, 0x4005_0000 | PAGE),
            (table(0) + 8 * 4, 0x8000_0000 | BLOCK),
        ],
    );
    check(&tables, 0x4005_0000..0x4006_0000);
    check(&tables, 0x8000_0000..0xa000_0000);
    assert!(tables.contain(table(1) + 0xfff8) && !tables.contain(table(2)));
}

#[test]
fn pages_of_16_kib_and_48_bits_start_at_level_0() {
    // One bit is left for level 0; level 1 has an entry for each 64 GiB, 2 for 32 MiB, 3 for 16
    // KiB.
    let tables = read(
        16,
        2,
        &[
            (table(0), table(1) | TABLE),
            (table(1), table(2) | TABLE),
            (table(2) + 8 * 32, table(3) | TABLE),
            (table(3) + 8 * 3, 0x4000_c000 | PAGE),
        ],
    );
    check(&tables, 0x4000_c000..0x4001_0000);
    // The table of level 0 has two entries.
    assert!(tables.contain(table(0) + 8) && !tables.contain(table(0) + 16));
}

#[test]
fn pages_of_4_kib_and_39_bits_start_at_level_1() {
    let tables = read(
        25,
        0,
        &[
            (table(0) + 8, 0x4000_0000 | BLOCK),
            (table(0) + 8 * 3, table(1) | TABLE),
            (table(1) + 8, 0xc020_0000 | BLOCK),
        ],
    );
    check(&tables, 0x4000_0000..0x8000_0000);
    check(&tables, 0xc020_0000..0xc040_0000);
}

#[test]
fn the_memory_type_is_that_of_all_bytes() {
    let uncached = 1 << 2;
    let tables = read(
        25,
        0,
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
        0,
        &[
            (table(0) + 8, 0x4000_0000 | BLOCK),
            (table(0) + 16, 0x4000_0000 | BLOCK),
        ],
    );
    assert_eq!(tables.not_identity(), Some(0x8000_0000));
}

#[test]
fn the_first_level_and_the_first_table_are_as_small_as_the_address() {
    for (page_bits, tg0) in [(12, 0), (14, 2), (16, 1)] {
        for bits in 32..=48 {
            let index_bits = page_bits - 3;
            let shift = |level: u64| page_bits + (3 - level) * index_bits;
            let first = 3 - (bits - 1 - page_bits) / index_bits;
            // The last page that can be named.
            let page = (1 << bits) - (1 << page_bits);
            let index = |level| (page >> shift(level)) % (1 << index_bits);
            let mut entries: Vec<_> = (first..3)
                .map(|level| {
                    (
                        table(level - first) + 8 * index(level),
                        table(level - first + 1) | TABLE,
                    )
                })
                .collect();
            entries.push((table(3 - first) + 8 * index(3), page | PAGE));
            let tables = read(64 - bits, tg0, &entries);
            check(&tables, page..1 << bits);
            let end = table(0) + (8 << (bits - shift(first)));
            assert!(tables.contain(end - 8), "{page_bits}, {bits}");
            assert!(!tables.contain(end), "{page_bits}, {bits}");
        }
    }
}

#[test]
fn the_first_table_is_aligned_to_its_size_or_to_64_bytes() {
    // Addresses of 32 bits: pages of 4 KiB have 4 entries of 1 GiB, of 64 KiB 8 of 512 MiB; of 36
    // bits 64 of 1 GiB.
    for (bits, tg0, align) in [(32, 0, 64), (32, 1, 64), (36, 0, 512), (48, 0, 4096)] {
        for (beside, misaligned) in [(0, false), (align, false), (align / 2, true)] {
            let tables = read_at(TABLES + beside, 64 - bits, tg0, &[]);
            assert_eq!(tables.misaligned, misaligned, "{bits} bits, {beside:#x}");
        }
    }
}
