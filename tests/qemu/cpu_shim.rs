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
    /// The same this many times.
    Windows(usize, String),
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
    let expected = match seen {
        Seen::Mmu(seen) => windows(1, &seen),
        Seen::Windows(count, seen) => windows(count, &seen),
        Seen::Nothing => vec![],
        Seen::NoMmu(tcr2) => vec![format!("{KERNEL}, {tcr2}, TLB stale, I-cache empty")],
    };
    assert_eq!(shim, expected, "{}\n{outcome}", this_test::alone());
}

/// The kernel finds what the old one had left.
const KERNEL: &str = "kernel: 64 KiB granule, IPS=6";

/// No TLB or I-cache entry of before may be left, neither there nor here.
fn windows(count: usize, seen: &str) -> Vec<String> {
    let mut all = vec![format!("MMU on: {seen}, TLB empty, I-cache empty"); count];
    let tcr2 = tcr2(seen);
    all.push(format!("{KERNEL}, {tcr2}, TLB empty, I-cache empty"));
    all
}

/// `TCR2=…` stays as it was in the window.
fn tcr2(seen: &str) -> &str {
    seen.rsplit(", ").next().unwrap_or(seen)
}

/// What the old kernel has left in `TCR2_EL1`, and no code touches if it does not seem to be there.
const PIE_LEFT: &str = "TCR2=0x2";

/// Returns the size of the tables' addresses.
fn ips(ips: u64) -> String {
    format!("4 KiB granule, IPS={ips}, {PIE_LEFT}")
}

/// Returns the same in the one window that there is.
fn seen(size: u64) -> Seen {
    Seen::Mmu(ips(size))
}

fn boots(_: &mut Boot) -> Expect {
    Expect::BootsThus(vec![], "D-cache on, SHA2 instructions")
}

fn boots_with_software(_: &mut Boot) -> Expect {
    Expect::BootsThus(vec![], "D-cache on, software SHA-256")
}

fn uncached(_: &mut Boot) -> Expect {
    let line = "purgatory: D-cache stays off, verification will be slow: \
                the CPU has no 4 KiB granule";
    Expect::BootsThus(vec![line.into()], "D-cache off, SHA2 instructions")
}

/// Writes a test of each row.
macro_rules! cpus {
    ($($(#[$doc:meta])* $name:ident: $told:expr;)*) => {$(
        $(#[$doc])*
        #[test]
        fn $name() {
            $told;
        }
    )*};
}

cpus! {
    granules_of_4_kib: told(&[(TGRAN4, 0)], boots, seen(5));
    granules_of_4_kib_with_52_bit_addresses: told(&[(TGRAN4, 1)], boots, seen(5));
    /// No others than those of 4 KiB.
    granules_of_4_kib_alone: told(&[(TGRAN64, NO), (TGRAN16, 0)], boots, seen(5));
    /// There are others.
    no_granules_of_4_kib:
        told(&[(TGRAN4, NO), (TGRAN64, 0), (TGRAN16, 1)], uncached, Seen::NoMmu(PIE_LEFT));
    reserved_granules_of_4_kib: told(&[(TGRAN4, 8)], uncached, Seen::NoMmu(PIE_LEFT));
    no_granules:
        told(&[(TGRAN4, NO), (TGRAN64, NO), (TGRAN16, 0)], uncached, Seen::NoMmu(PIE_LEFT));
    no_sha2_instructions: told(&[(SHA2, 0)], boots_with_software, seen(5));
    sha512_instructions_as_well: told(&[(SHA2, 2)], boots, seen(5));
    no_vector_registers: told(&[(ADV_SIMD, NO)], boots_with_software, seen(5));
    vector_registers_with_half_precision: told(&[(ADV_SIMD, 1)], boots, seen(5));
    tcr2_is_cleared_where_there_is_no_window:
        told(&[(TCRX, 1), (TGRAN4, NO), (TGRAN64, NO), (TGRAN16, 0)], uncached, Seen::NoMmu("TCR2=0x0"));
    tcr2_is_left_alone_where_it_is_not: told(&[(TCRX, 0)], boots, seen(5));
}

/// Good tables of the loader's are of no use then.
#[test]
fn a_loaders_tables_without_granules_of_4_kib() {
    let with_tables = |boot: &mut Boot| {
        boot.make_tables(|_| ());
        uncached(boot)
    };
    told(&[(TGRAN4, NO)], with_tables, Seen::NoMmu(PIE_LEFT));
}

/// Segments over borders of 1 GiB: each takes four tables of its own, so not all tables fit at once.
/// Then each region has a window, without the TLB entries of the one before.
#[test]
fn tables_of_one_region_at_a_time_fit() {
    let regions = 7;
    let over_borders = |boot: &mut Boot| {
        boot.load.unlike_kexec = true;
        boot.memory = 4608;
        for border in (2..=5).map(|border| border << 30) {
            let segment = Segment::new(&format!("over {border:#x}"), border - 4096, noise(8192));
            boot.load.segments.push(segment);
        }
        assert_eq!(boot.load.segments.len(), regions);
        let line = "purgatory: hashed * of * MiB (EL1, D-cache on, SHA2 instructions)";
        let lines = vec![line.into(); regions];
        Expect::BootsThus(lines, "D-cache on, SHA2 instructions")
    };
    // The same as without the shim, but seen.
    told(&[(TGRAN4, 0)], over_borders, Seen::Windows(regions, ips(5)));
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

/// Sizes of physical addresses by `PARange`; the tables go no further than 48 bits.
#[test]
fn physical_addresses_of_every_size() {
    for pa_range in [0, 1, 2, 3, 4, 5, 6, 7, 15] {
        let seen = seen(pa_range.min(5));
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
        let seen = seen(5);
        told(&[(D_MIN_LINE, words)], boots, seen);
    }
}
