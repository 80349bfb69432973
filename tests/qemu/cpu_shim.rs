// SPDX-License-Identifier: MIT OR Apache-2.0

//! On CPUs that QEMU does not have: a shim at EL2 says in the ID registers what they would say, and
//! what it has seen when the MMU went on and when the kernel ran.

use std::ops::Range;

use purgatory_test_harness::boot::{Boot, Place, noise};
use purgatory_test_harness::loader::Segment;
use purgatory_test_harness::{IdRegister, Regime, this_test};

use crate::expect::Expect;
use crate::harness::case;

/// A field of an ID register.
type Field = (IdRegister, Range<u32>);

const PA_RANGE: Field = (IdRegister::Mmfr0, 0..4);
const TGRAN16: Field = (IdRegister::Mmfr0, 20..24);
const TGRAN64: Field = (IdRegister::Mmfr0, 24..28);
const TGRAN4: Field = (IdRegister::Mmfr0, 28..32);
const TCRX: Field = (IdRegister::Mmfr3, 0..4);
const SHA2: Field = (IdRegister::Isar0, 12..16);
const ADV_SIMD: Field = (IdRegister::Pfr0, 20..24);
const D_MIN_LINE: Field = (IdRegister::Ctr, 16..20);

/// A signed field says no.
const NO: u64 = 0xf;

/// What the shim sees.
enum Seen {
    /// The MMU goes on with this.
    Mmu(String),
    /// It does not; the kernel finds this in `TCR2_EL1`.
    NoMmu(&'static str),
    /// There is no kernel either.
    Nothing,
}

/// The purgatory is told this, and the shim sees that.
fn told(overrides: &[(Field, u64)], change: impl FnOnce(&mut Boot) -> Expect, seen: Seen) {
    let outcome = case("max", Regime::El1And0, Place::Low, |boot| {
        for ((register, bits), value) in overrides {
            boot.override_id(*register, bits.clone(), *value);
        }
        change(boot)
    });
    let shim: Vec<_> = outcome
        .console
        .lines()
        .filter_map(|line| line.strip_prefix("shim: "))
        .collect();
    // What the old kernel had left is back.
    let kernel = "kernel: 64 KiB granule, IPS=6";
    let expected = match seen {
        // No TLB or I-cache entry of before may be left, neither there nor here.
        Seen::Mmu(seen) => vec![
            format!("MMU on: {seen}, TLB empty, I-cache empty"),
            format!("{kernel}, {}, TLB empty, I-cache empty", tcr2(&seen)),
        ],
        Seen::Nothing => vec![],
        Seen::NoMmu(tcr2) => vec![format!("{kernel}, {tcr2}, TLB stale, I-cache empty")],
    };
    assert_eq!(shim, expected, "{}\n{outcome}", this_test::alone());
}

/// `TCR2=…` stays as it was in the window.
fn tcr2(seen: &str) -> &str {
    seen.rsplit(", ").next().unwrap_or(seen)
}

/// What the old kernel has left in `TCR2_EL1`, and nobody touches if it does not seem to be there.
const PIE_LEFT: &str = "TCR2=0x2";

/// The tables' granule and size of addresses.
fn seen(granule: &str, ips: u64) -> Seen {
    Seen::Mmu(format!("{granule} granule, IPS={ips}, {PIE_LEFT}"))
}

fn boots(_: &mut Boot) -> Expect {
    Expect::BootsThus(vec![], "D-cache on, SHA2 instructions")
}

fn boots_with_64_kib(_: &mut Boot) -> Expect {
    Expect::BootsThus(vec![], "D-cache on, 64 KiB granule, SHA2 instructions")
}

fn boots_with_16_kib(_: &mut Boot) -> Expect {
    Expect::BootsThus(vec![], "D-cache on, 16 KiB granule, SHA2 instructions")
}

fn boots_with_software(_: &mut Boot) -> Expect {
    Expect::BootsThus(vec![], "D-cache on, software SHA-256")
}

/// There are good tables of the loader's, of 4 KiB granules.
fn has_other_granules(boot: &mut Boot) -> Expect {
    boot.make_tables(|_| ());
    let at = boot.load.pgtble_base.unwrap_or_default();
    let line = format!(
        "purgatory: loader's page tables at {at:#018x} ignored: the CPU has no 4 KiB granule"
    );
    Expect::BootsThus(vec![line], "D-cache on, 64 KiB granule, SHA2 instructions")
}

fn uncached(_: &mut Boot) -> Expect {
    let line = "purgatory: D-cache stays off, verification will be slow: no translation granule";
    Expect::BootsThus(vec![line.into()], "D-cache off, SHA2 instructions")
}

#[test]
fn granules_of_4_kib() {
    told(&[(TGRAN4, 0)], boots, seen("4 KiB", 5));
}

#[test]
fn granules_of_4_kib_with_52_bit_addresses() {
    told(&[(TGRAN4, 1)], boots, seen("4 KiB", 5));
}

#[test]
fn no_granules_of_4_kib() {
    told(&[(TGRAN4, NO)], boots_with_64_kib, seen("64 KiB", 5));
}

#[test]
fn reserved_granules_of_4_kib() {
    told(&[(TGRAN4, 8)], boots_with_64_kib, seen("64 KiB", 5));
}

#[test]
fn granules_of_16_kib_alone() {
    told(
        &[(TGRAN4, NO), (TGRAN64, NO)],
        boots_with_16_kib,
        seen("16 KiB", 5),
    );
}

#[test]
fn granules_of_16_kib_with_52_bit_addresses() {
    told(
        &[(TGRAN4, NO), (TGRAN64, NO), (TGRAN16, 2)],
        boots_with_16_kib,
        seen("16 KiB", 5),
    );
}

#[test]
fn no_granules() {
    told(
        &[(TGRAN4, NO), (TGRAN64, NO), (TGRAN16, 0)],
        uncached,
        Seen::NoMmu(PIE_LEFT),
    );
}

#[test]
fn tables_of_another_granule() {
    told(&[(TGRAN4, NO)], has_other_granules, seen("64 KiB", 5));
}

/// Adds a segment over each of these addresses: two last-level tables wherever a table ends there.
fn straddle(boot: &mut Boot, borders: impl Iterator<Item = u64>) {
    boot.memory = 4608;
    for border in borders {
        let name = format!("over {border:#x}");
        let segment = Segment::new(&name, border - 4096, noise(8192));
        boot.load.segments.push(segment);
    }
}

/// Borders of the 512 MiB that a last-level table of 64 KiB pages maps, up to 4.5 GiB: eight
/// tables, and there are seven frames of 64 KiB. 16 KiB pages take two for each border, and there
/// are 31.
#[test]
fn tables_of_64_kib_do_not_fit_and_those_of_16_kib_do() {
    told(
        &[(TGRAN4, NO)],
        |boot| {
            boot.load.unlike_kexec = true;
            straddle(boot, (3..=9).map(|border| border << 29));
            Expect::BootsThus(vec![], "D-cache on, 16 KiB granule, SHA2 instructions")
        },
        seen("16 KiB", 5),
    );
}

/// The same, and borders of the 32 MiB that a last-level table of 16 KiB pages maps, some of the
/// image beyond one of them too: two for each of these 15, the kernel's, and one
/// above.
#[test]
fn tables_of_no_granule_fit() {
    told(
        &[(TGRAN4, NO)],
        |boot| {
            boot.load.unlike_kexec = true;
            boot.load
                .segments
                .retain(|segment| segment.name != "initrd");
            boot.load.purgatory_at = 0x4400_0000 - 0x3000;
            // From 1.5 GiB to 2 GiB and on.
            let rest = (1..=7).map(|border| (3 << 29) + (border << 26));
            straddle(boot, (3..=9).map(|border| border << 29).chain(rest));
            let line = "purgatory: D-cache stays off, verification will be slow: \
                        no memory for so many page tables";
            Expect::BootsThus(vec![line.into()], "D-cache off, SHA2 instructions")
        },
        Seen::NoMmu(PIE_LEFT),
    );
}

#[test]
fn no_sha2_instructions() {
    told(&[(SHA2, 0)], boots_with_software, seen("4 KiB", 5));
}

#[test]
fn sha512_instructions_as_well() {
    told(&[(SHA2, 2)], boots, seen("4 KiB", 5));
}

#[test]
fn no_vector_registers() {
    told(&[(ADV_SIMD, NO)], boots_with_software, seen("4 KiB", 5));
}

#[test]
fn vector_registers_with_half_precision() {
    told(&[(ADV_SIMD, 1)], boots, seen("4 KiB", 5));
}

#[test]
fn tcr2_is_cleared_before_the_mmu_is_on() {
    let seen = "4 KiB granule, IPS=5, TCR2=0x0".into();
    told(&[(TCRX, 1)], boots, Seen::Mmu(seen));
}

/// A kernel that is older than the register would not do it.
#[test]
fn tcr2_is_cleared_without_checks() {
    let unchecked = |boot: &mut Boot| {
        boot.load.skip_checks = true;
        Expect::BootsUnchecked
    };
    told(&[(TCRX, 1)], unchecked, Seen::NoMmu("TCR2=0x0"));
}

#[test]
fn tcr2_is_cleared_where_there_is_no_window() {
    told(
        &[(TCRX, 1), (TGRAN4, NO), (TGRAN64, NO), (TGRAN16, 0)],
        uncached,
        Seen::NoMmu("TCR2=0x0"),
    );
}

#[test]
fn tcr2_is_left_alone_where_it_is_not() {
    told(&[(TCRX, 0)], boots, seen("4 KiB", 5));
}

/// Sizes of physical addresses by `PARange`; the tables go no further than 48 bits.
#[test]
fn physical_addresses_of_every_size() {
    for pa_range in [0, 1, 2, 3, 4, 5, 6, 7, 15] {
        let seen = seen("4 KiB", pa_range.min(5));
        told(&[(PA_RANGE, pa_range)], boots, seen);
    }
}

#[test]
fn a_region_beyond_physical_addresses_of_every_size() {
    for (pa_range, bits) in (0..).zip([32, 36, 40, 42, 44, 48, 52]) {
        let beyond = |boot: &mut Boot| {
            boot.load.region_pokes.push((1, 1 << bits, 4096));
            Expect::Refuses(format!(
                "purgatory: sha256_regions[1]: lies beyond the physical address range: {:#018x} \
                 + 0x0000000000001000",
                1_u64 << bits
            ))
        };
        told(&[(PA_RANGE, pa_range)], beyond, Seen::Nothing);
    }
}

/// 16 to 2048 bytes, and 4: slow, but right.
#[test]
fn cache_lines_of_every_length() {
    for words in [0, 2, 3, 4, 5, 6, 7, 8, 9] {
        let seen = seen("4 KiB", 5);
        told(&[(D_MIN_LINE, words)], boots, seen);
    }
}
