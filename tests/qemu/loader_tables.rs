// SPDX-License-Identifier: MIT OR Apache-2.0

//! Page tables that the loader made: used where they are good; where not, the purgatory says why,
//! makes its own, and verifies at the same speed.

mod attributes;
mod elsewhere;
mod garbage;
mod good;
mod mapping;

use purgatory_test_harness::boot::{Boot, Place, usual_cpu};
use purgatory_test_harness::v3_tables::{BLOCK, V3Tables};

use crate::expect::Expect;
use crate::harness::INITRD;

const THEIRS: &str = "D-cache on, loader's page tables, SHA2 instructions";
const OWN: &str = "D-cache on, SHA2 instructions";

/// These are used.
fn used(boot: &mut Boot, change: impl FnOnce(&mut V3Tables)) -> Expect {
    boot.make_tables(change);
    Expect::BootsThus(vec![], THEIRS)
}

/// These are not, for this reason.
fn unused(boot: &mut Boot, why: &str, spoil: impl FnOnce(&mut V3Tables)) -> Expect {
    boot.make_tables(spoil);
    let at = boot.load.pgtble_base.unwrap_or_default();
    refused(at, why)
}

fn refused(at: u64, why: &str) -> Expect {
    let line = format!("purgatory: loader's page tables at {at:#018x} ignored: {why}");
    Expect::BootsThus(vec![line], OWN)
}

/// Good ones, but told to be elsewhere.
fn told(boot: &mut Boot, at: impl FnOnce(u64) -> u64, why: &str) -> Expect {
    boot.make_tables(|_| ());
    let at = at(boot.load.pgtble_base.unwrap_or_default());
    boot.load.pgtble_base = Some(at);
    refused(at, why)
}

/// Good ones, but this symbol says something else of the image.
fn other_image(boot: &mut Boot, symbol: &str, value: impl FnOnce(&Boot) -> u64) -> Expect {
    let expect = unused(boot, "they were made for another image", |_| ());
    let value = value(boot).to_le_bytes();
    boot.load.pokes.push((symbol.into(), value.into()));
    expect
}

/// Returns a boot with its segments there.
fn at(boot: &mut Boot, place: Place) -> &mut Boot {
    *boot = Boot::new(usual_cpu(boot.regime), boot.regime, place, INITRD)
        .unwrap_or_else(|error| panic!("{error}"));
    boot
}

/// The block of a segment gets other contents, made of what they were.
fn block(boot: &mut Boot, name: &str, why: &str, change: impl FnOnce(u64) -> u64) -> Expect {
    let address = match name {
        // The tables are placed in the block after the last segment, the purgatory in the next.
        "tables" => boot.segment("dtb").end().next_multiple_of(BLOCK),
        "purgatory" => boot.segment("dtb").end().next_multiple_of(BLOCK) + BLOCK,
        _ => boot.segment(name).at,
    };
    unused(boot, why, |tables| {
        let entry = tables.entry(2, address);
        *entry = change(*entry);
    })
}

const NOWHERE: &str = "they lie outside every region";
const UNMAPPED: &str = "they do not map all that is touched";
const ELSEWHERE: &str = "they are not an identity map";
const MORE: &str = "they map more than what is touched";
const ATTRIBUTES: &str = "their attributes are unusable";
