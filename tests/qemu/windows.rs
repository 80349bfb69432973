// SPDX-License-Identifier: MIT OR Apache-2.0

//! What takes more than one window: regions whose tables do not fit the pool at once, and more bytes
//! than are hashed in a second. The console has a line before each part, and every part counts.

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::boot::{Boot, Place, noise};
use purgatory_test_harness::each_regime;
use purgatory_test_harness::loader::Segment;
use purgatory_test_harness::patch::{Lie, Patch};
use rstest::rstest;

use crate::expect::Expect;
use crate::harness::{case, usual};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// What follows the level in the lines.
const SHA2: &str = "D-cache on, SHA2 instructions";
const SOFTWARE: &str = "D-cache on, software SHA-256";
const UNCACHED: &str = "D-cache off, SHA2 instructions";
const THEIRS: &str = "D-cache on, loader's page tables, software SHA-256";

/// Adds segments over borders of this many bytes until there are `count`: each takes two tables at
/// every level below.
fn scatter(boot: &mut Boot, border: u64, count: u64) {
    boot.load.unlike_kexec = true;
    let purgatory = boot.load.purgatory_at;
    let mut at = purgatory / border * border;
    for index in boot.load.segments.len() as u64..count {
        at += border;
        let bytes = noise(2 * 4096 - index);
        let name = format!("far {index}");
        boot.load
            .segments
            .push(Segment::new(&name, at - 4096, bytes));
    }
    boot.memory = (at + GIB) / MIB - 1024;
}

fn bytes(boot: &Boot) -> u64 {
    boot.load.segments.iter().map(|segment| segment.len).sum()
}

/// Returns the line before a part.
fn hashed(boot: &Boot, done: u64, how: &str) -> String {
    let mib = |bytes: u64| bytes as f64 / MIB as f64;
    format!(
        "purgatory: hashed {:.1} of {:.1} MiB ({}, {how})",
        mib(done),
        mib(bytes(boot)),
        boot.regime.name()
    )
}

/// Returns the lines before the parts, each of one region.
fn separately(boot: &Boot) -> Vec<String> {
    let mut done = 0;
    let line = |segment: &Segment| {
        let line = hashed(boot, done, SHA2);
        done += segment.len;
        line
    };
    boot.load.segments.iter().map(line).collect()
}

each_regime! {
    usual;
    /// Tables for all of these at once would take 50 and more.
    sixteen_regions_over_borders_of_1_gib: |boot| {
        scatter(boot, GIB, 16);
        Expect::BootsThus(separately(boot), SHA2)
    };
}

#[rstest]
fn regions_and_the_image_over_borders_of_512_gib(#[values(El1And0, El2, El2And0)] regime: Regime) {
    case("max", regime, Place::Low, |boot| {
        scatter(boot, 512 * GIB, 7);
        // The last page of its code on the other side.
        boot.load.purgatory_at = 5 * 512 * GIB - 3 * 4096;
        boot.memory = (5 * 512 * GIB + GIB) / MIB - 1024;
        Expect::BootsThus(separately(boot), SHA2)
    });
}

/// One byte in each of them, and each regime in turn.
#[rstest]
fn each_part_counts(#[values(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)] number: usize) {
    usual([El1And0, El2, El2And0][number % 3], |boot| {
        scatter(boot, GIB, 16);
        let part = &boot.load.segments[number];
        // Of those over a border, a byte after it.
        let corrupt = (part.name.clone(), part.bytes.len() as u64 - 7);
        boot.load.corrupt.push(corrupt);
        let [entry, dtb] = [boot.load.entry, boot.load.dtb];
        let mut lines = vec![
            format!("purgatory: entry={entry:#018x}"),
            format!("purgatory: dtb={dtb:#018x}"),
        ];
        lines.extend(separately(boot));
        lines.push("purgatory: sha256 digests do not match".into());
        lines.extend(["digest", "sha256_digest"].map(|word| format!("purgatory: *{word}: *")));
        Expect::RefusesThus(lines)
    });
}

each_regime! {
    usual;
    /// There is no memory where the last of them would be.
    an_exception_in_the_last_part_is_reported: |boot| {
        scatter(boot, GIB, 15);
        let lines = 3 + boot.load.segments.len();
        boot.load.region_pokes.push((15, 0x0f00_0000, 4096));
        Expect::RefusesThus(
            std::iter::repeat_n("purgatory: *".to_string(), lines)
                .chain(["purgatory: exception: data abort at *".into()])
                .collect(),
        )
    };
}

/// Makes the initrd so large, of zeros after its first bytes, and what follows it move on.
fn large(boot: &mut Boot, len: u64) {
    let initrd = boot.segment("initrd");
    initrd.len = len;
    let end = initrd.end();
    boot.segment("dtb").at = end.next_multiple_of(2 * MIB);
    let dtb = boot.segment("dtb");
    let (at, end) = (dtb.at, dtb.end());
    (boot.load.dtb, boot.load.purgatory_at) = (at, end + 4096);
    boot.memory += len / MIB;
}

fn told(boot: &mut Boot, lie: Lie) {
    let mut patch = Patch::new(boot).unwrap_or_else(|error| panic!("{error}"));
    patch.lie(lie);
    boot.load.image = patch.finish();
}

each_regime! {
    usual;
    /// A part has 128 MiB where the CPU has no SHA2 instructions, and begins on a page.
    more_than_a_second_in_software: |boot| {
        large(boot, 129 * MIB);
        told(boot, Lie::NoSha2);
        let lines = [0, 128 * MIB].map(|done| hashed(boot, done, SOFTWARE));
        Expect::BootsThus(lines.into(), SOFTWARE)
    };
    /// The loader's tables map all parts.
    more_than_a_second_through_the_loaders_tables: |boot| {
        large(boot, 129 * MIB);
        boot.make_tables(|_| ());
        told(boot, Lie::NoSha2);
        let lines = [0, 128 * MIB].map(|done| hashed(boot, done, THEIRS));
        Expect::BootsThus(lines.into(), THEIRS)
    };
    /// And 16 MiB past the cache.
    more_than_a_second_uncached: |boot| {
        large(boot, 33 * MIB);
        told(boot, Lie::NoGranule);
        let mut lines = vec![
            "purgatory: D-cache stays off, verification will be slow: the CPU has no 4 KiB granule"
                .into(),
        ];
        lines.extend([0, 16 * MIB, 32 * MIB].map(|done| hashed(boot, done, UNCACHED)));
        Expect::BootsThus(lines, UNCACHED)
    };
}

/// The bytes on either side of where a region is divided.
#[rstest]
fn the_bytes_around_a_division_count(#[values(-1_i64, 0)] beside: i64) {
    usual(El2, |boot| {
        large(boot, 33 * MIB);
        told(boot, Lie::NoGranule);
        let kernel = boot.segment("kernel").len;
        let division = (16 * MIB - kernel).checked_add_signed(beside);
        let initrd = boot.segment("initrd");
        initrd.bytes.resize(17 << 20, 0);
        boot.load
            .corrupt
            .push(("initrd".into(), division.expect("it is in the initrd")));
        let [entry, dtb] = [boot.load.entry, boot.load.dtb];
        let mut lines = vec![
            format!("purgatory: entry={entry:#018x}"),
            format!("purgatory: dtb={dtb:#018x}"),
            "purgatory: D-cache stays off, *".into(),
        ];
        lines.extend(["purgatory: hashed *"; 3].map(String::from));
        lines.push("purgatory: sha256 digests do not match".into());
        lines.extend(["digest", "sha256_digest"].map(|word| format!("purgatory: *{word}: *")));
        Expect::RefusesThus(lines)
    });
}
