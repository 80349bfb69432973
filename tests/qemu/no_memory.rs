// SPDX-License-Identifier: MIT OR Apache-2.0

//! A region that goes on for 2^46 bytes where memory ends: a report at once, not after the hours that
//! maintaining its lines would take.

use purgatory_test_harness::Regime::El2And0;
use purgatory_test_harness::boot::{Boot, RAM};
use purgatory_test_harness::patch::{Lie, Patch};

use crate::expect::Expect;
use crate::harness::usual;

/// Adds the region, and lists what is said from the loader's values on.
fn without_end(boot: &mut Boot, off: Option<&str>, how: &str) -> Expect {
    let end = RAM + (boot.memory << 20);
    let free = boot.load.segments.len();
    boot.load.region_pokes.push((free, end, 1 << 46));
    let mut lines = vec![
        format!("purgatory: entry={:#018x}", boot.load.entry),
        format!("purgatory: dtb={:#018x}", boot.load.dtb),
    ];
    lines.extend(off.map(str::to_string));
    // Tables for all of it do not fit: a part is one region. Past the cache it has 16 MiB.
    let parts = if off.is_none() { free + 1 } else { 1 };
    let hashed =
        format!("purgatory: hashed * of 67108864.* MiB (EL2 VHE, {how}, SHA2 instructions)");
    lines.extend(vec![hashed; parts]);
    lines.push(format!(
        "purgatory: exception: data abort at EL2 VHE, ESR=* ELR=* FAR={end:#018x} offset=*"
    ));
    Expect::RefusesThus(lines)
}

#[test]
fn a_region_without_end_ends_at_its_begin() {
    usual(El2And0, |boot| without_end(boot, None, "D-cache on"));
}

/// Before a part is hashed its lines are maintained, which does not fault on missing memory: a byte
/// of each piece is loaded.
#[test]
fn a_region_without_end_past_the_cache_ends_at_its_begin() {
    usual(El2And0, |boot| {
        let mut patch = Patch::new(boot).unwrap_or_else(|error| panic!("{error}"));
        patch.lie(Lie::NoGranule);
        boot.load.image = patch.finish();
        let off = "purgatory: D-cache stays off, verification will be slow: \
                   the CPU has no 4 KiB granule";
        without_end(boot, Some(off), "D-cache off")
    });
}
