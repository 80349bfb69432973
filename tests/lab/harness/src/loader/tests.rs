// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the loader makes, and what it refuses to make.

use sha2::{Digest, Sha256};

use super::*;
use crate::abi::{ENTRY_POINT, VARIABLES};
use crate::purgatory_ro;

const REGIONS: u64 = 0x100;
const DIGEST: u64 = 0x200;

/// Returns an image of two pages with all symbols that a loader sets.
fn image() -> PurgatoryRo {
    use object::write::{Object, Symbol, SymbolSection};
    use object::{Architecture, BinaryFormat, Endianness, SectionKind, SymbolKind, SymbolScope};

    let mut object = Object::new(BinaryFormat::Elf, Architecture::Aarch64, Endianness::Little);
    let text = object.add_section(vec![], b".text".to_vec(), SectionKind::Text);
    object.append_section_data(text, &[0x11; 0x2000], PAGE);
    let offsets = [
        REGIONS, DIGEST, 0x220, 0x228, 0x230, 0x238, 0x240, 0x248, 0x250,
    ];
    let variables = VARIABLES.into_iter().zip(offsets);
    for ((name, size), value) in variables.chain([((ENTRY_POINT, 4), 0x40)]) {
        object.add_symbol(Symbol {
            name: name.into(),
            value,
            size,
            kind: SymbolKind::Data,
            scope: SymbolScope::Dynamic,
            weak: false,
            section: SymbolSection::Section(text),
            flags: object::SymbolFlags::None,
        });
    }
    PurgatoryRo::read(&object.write().unwrap()).unwrap()
}

fn load() -> Load {
    let kernel = Segment::new("kernel", 0x4100_0000, vec![0x22; 0x1001]);
    let dtb = Segment::new("dtb", 0x4180_0000, b"dtb".to_vec());
    Load::new(
        image(),
        vec![kernel, dtb],
        0x4200_0000,
        0x4100_0000,
        0x4180_0000,
    )
}

fn purgatory(loaded: &Loaded, at: u64, len: usize) -> &[u8] {
    let last = loaded.segments.last().unwrap();
    assert_eq!(last.name, PURGATORY);
    &last.bytes[at as usize..][..len]
}

#[test]
fn the_digest_is_over_whole_padded_segments_in_order() {
    let loaded = load().finish().unwrap();
    let mut all = vec![0; 0x3000];
    all[..0x1001].fill(0x22);
    all[0x2000..0x2003].copy_from_slice(b"dtb");
    let digest: [u8; 32] = Sha256::digest(all).into();
    assert_eq!(loaded.digest, digest);
    assert_eq!(purgatory(&loaded, DIGEST, 32), digest);
}

#[test]
fn the_symbols_are_set_and_the_others_left_alone() {
    let mut load = load();
    load.sink = 0x0900_0000;
    let loaded = load.finish().unwrap();
    assert_eq!(loaded.start, 0x4200_0040);
    let words = [0x4100_0000_u64, 0x2000, 0x4180_0000, 0x1000, 0, 0].map(u64::to_le_bytes);
    assert_eq!(purgatory(&loaded, REGIONS, 48), words.concat());
    assert_eq!(
        purgatory(&loaded, REGIONS + 48, 208),
        [0; 208],
        "unused entries"
    );
    assert_eq!(purgatory(&loaded, 0x220, 4), [0; 4], "skip_checks");
    let words = [0x4100_0000_u64, 0x4180_0000, 0x0900_0000].map(u64::to_le_bytes);
    assert_eq!(purgatory(&loaded, 0x228, 24), words.concat());
    assert_eq!(
        purgatory(&loaded, 0x240, 24),
        [0x11; 24],
        "a loader that knows no tables"
    );
}

#[test]
fn a_loader_with_tables_says_where() {
    let mut load = load();
    load.pgtble_base = Some(0x4190_0000);
    let words = [0x4190_0000_u64, 0x4200_0000, 0x2000].map(u64::to_le_bytes);
    assert_eq!(
        purgatory(&load.finish().unwrap(), 0x240, 24),
        words.concat()
    );
}

#[test]
fn without_checks_there_are_neither_regions_nor_a_digest() {
    let mut load = load();
    load.skip_checks = true;
    let loaded = load.finish().unwrap();
    assert_eq!(purgatory(&loaded, REGIONS, 256 + 32), [0; 256 + 32]);
    assert_eq!(purgatory(&loaded, 0x220, 4), [1, 0, 0, 0]);
}

#[test]
fn what_is_spoilt_is_spoilt_after_the_digest() {
    let digest = load().finish().unwrap().digest;
    let mut load = load();
    load.corrupt = vec![("kernel".into(), 0), ("dtb".into(), 0xfff)];
    load.digest_flips = vec![0, 255];
    load.pokes = vec![("arm64_sink".into(), vec![7; 8])];
    load.region_pokes = vec![(1, 5, 6)];
    let loaded = load.finish().unwrap();
    assert_eq!(loaded.digest, digest);
    assert_eq!(loaded.segments[0].bytes[..2], [0x23, 0x22]);
    assert_eq!(loaded.segments[1].bytes[0xffe..], [0, 1]);
    let (first, last) = (
        purgatory(&loaded, DIGEST, 1),
        purgatory(&loaded, DIGEST + 31, 1),
    );
    assert_eq!(
        (first, last),
        ([digest[0] ^ 1].as_slice(), [digest[31] ^ 0x80].as_slice())
    );
    assert_eq!(purgatory(&loaded, 0x238, 8), [7; 8]);
    assert_eq!(
        purgatory(&loaded, REGIONS + 16, 16),
        [5_u64, 6].map(u64::to_le_bytes).concat()
    );
}

#[test]
fn more_than_15_segments() {
    let mut load = load();
    let segment = |n| Segment::new("x", 0x4000_0000 + n * PAGE, vec![1]);
    load.segments = (0..16).map(segment).collect();
    assert_eq!(load.finish().unwrap_err(), Refusal::TooMany(16));
    load.segments.pop();
    assert!(load.finish().is_ok());
}

#[test]
fn a_segment_that_is_not_in_whole_pages() {
    let mut load = load();
    load.segments[1] = Segment::ragged("dtb", 0x4180_0000, vec![1; 5]);
    assert_eq!(load.finish().unwrap_err(), Refusal::Unaligned("dtb".into()));
    load.segments[1] = Segment::new("dtb", 0x4180_0008, vec![1; 5]);
    assert_eq!(load.finish().unwrap_err(), Refusal::Unaligned("dtb".into()));
}

#[test]
fn a_purgatory_that_is_not_aligned() {
    let mut load = load();
    load.purgatory_at += 0x800;
    assert_eq!(
        load.finish().unwrap_err(),
        Refusal::Unaligned(PURGATORY.into())
    );
}

#[test]
fn segments_that_overlap() {
    let mut load = load();
    load.segments[1].at = 0x4100_1000;
    assert_eq!(
        load.finish().unwrap_err(),
        Refusal::Overlap("kernel".into(), "dtb".into())
    );
    load.segments[1].at = 0x4200_1000;
    load.unlike_kexec = true;
    assert_eq!(
        load.finish().unwrap_err(),
        Refusal::Overlap("dtb".into(), PURGATORY.into())
    );
}

#[test]
fn a_segment_above_the_purgatory() {
    let mut load = load();
    load.segments[1].at = 0x4300_0000;
    assert_eq!(
        load.finish().unwrap_err(),
        Refusal::AbovePurgatory("dtb".into())
    );
}

#[test]
fn a_corruption_where_nothing_is() {
    let mut load = load();
    load.corrupt = vec![("kernel".into(), 0x2000)];
    assert_eq!(
        load.finish().unwrap_err(),
        Refusal::NoSuchByte("kernel".into(), 0x2000)
    );
    load.corrupt = vec![("initrd".into(), 0)];
    assert_eq!(
        load.finish().unwrap_err(),
        Refusal::NoSuchByte("initrd".into(), 0)
    );
}

#[test]
fn an_image_without_a_symbol() {
    let mut load = load();
    load.pokes = vec![("no_such_symbol".into(), vec![])];
    let refusal = purgatory_ro::Refusal::Missing("no_such_symbol".into());
    assert_eq!(load.finish().unwrap_err(), Refusal::PurgatoryRo(refusal));
}
