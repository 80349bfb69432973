// SPDX-License-Identifier: MIT OR Apache-2.0

//! Each bad value, by name.

extern crate std;

use std::boxed::Box;

use super::*;
use crate::digest::Digest;

const PA_RANGE: PaRange = PaRange::new(2);

fn image() -> Region {
    Region::new(0x8000_0000, 0x9_0000, PA_RANGE).unwrap()
}

fn good() -> RawSymbols {
    let mut raw = RawSymbols {
        arm64_kernel_entry: 0x4020_0000,
        arm64_dtb_addr: 0x4800_0000,
        arm64_sink: 0x900_0000,
        ..RawSymbols::default()
    };
    raw.sha256_regions[0] = RawRegion {
        start: 0x4020_0000,
        len: 0x10_0000,
    };
    raw.sha256_regions[1] = RawRegion {
        start: 0x4800_0000,
        len: 0x1000,
    };
    raw
}

fn check(change: impl FnOnce(&mut RawSymbols)) -> Result<Request<'static>, Refusal> {
    let mut raw = good();
    change(&mut raw);
    Request::new(Box::leak(Box::new(raw)), &image(), PA_RANGE)
}

fn refusal(change: impl FnOnce(&mut RawSymbols)) -> (Symbol, Option<usize>, Problem, u64) {
    let r = check(change).expect_err("accepted");
    (r.symbol, r.index, r.problem, r.value)
}

#[test]
fn a_good_request_comes_through_unchanged() {
    let request = check(|_| ()).unwrap();
    assert_eq!(request.kernel_entry, 0x4020_0000);
    assert_eq!(request.dtb, 0x4800_0000);
    let check = request.check.unwrap();
    assert!(
        check
            .regions()
            .map(|r| (r.start(), r.len()))
            .eq([(0x4020_0000, 0x10_0000), (0x4800_0000, 0x1000)])
    );
    assert_eq!(check.count_and_bytes(), (2, 0x10_1000));
}

#[test]
fn empty_entries_in_the_middle_are_passed_over() {
    let request = check(|raw| {
        raw.sha256_regions[2] = RawRegion {
            start: 0x1234_5678,
            len: 0,
        };
        raw.sha256_regions[15] = RawRegion {
            start: 0x5000_0001,
            len: 3,
        };
    })
    .unwrap();
    let check = request.check.unwrap();
    assert_eq!(check.regions().count(), 3);
    assert!(check.regions().all(|region| !region.is_empty()));
    assert_eq!(check.regions().last().unwrap().start(), 0x5000_0001);
}

#[test]
fn a_region_that_wraps_is_refused() {
    let r = refusal(|raw| {
        raw.sha256_regions[3] = RawRegion {
            start: !0xfff,
            len: 0x2000,
        }
    });
    assert_eq!(r, (Symbol::Regions, Some(3), Problem::Wraps, !0xfff));
}

#[test]
fn a_region_beyond_the_physical_range_is_refused() {
    let region = RawRegion {
        start: (1 << 40) - 0x1000,
        len: 0x1001,
    };
    let r = refusal(|raw| raw.sha256_regions[1] = region);
    assert_eq!(
        r,
        (
            Symbol::Regions,
            Some(1),
            Problem::BeyondPhysicalRange,
            region.start
        )
    );
}

#[test]
fn a_region_over_the_purgatory_is_refused() {
    for (start, len) in [
        (0x7fff_f000, 0x1001),
        (0x8008_ffff, 1),
        (0x7000_0000, 0x2000_0000),
    ] {
        let r = refusal(|raw| raw.sha256_regions[0] = RawRegion { start, len });
        assert_eq!(
            r,
            (Symbol::Regions, Some(0), Problem::OverlapsPurgatory, start)
        );
    }
    assert!(
        check(|raw| raw.sha256_regions[2] = RawRegion {
            start: 0x8009_0000,
            len: 1
        })
        .is_ok()
    );
}

#[test]
fn the_kernel_entry_must_be_an_aligned_address_outside_the_image() {
    for (value, problem) in [
        (0x4020_0002, Problem::NotAlignedTo4),
        (1 << 40, Problem::BeyondPhysicalRange),
        (0x8000_0000, Problem::InsidePurgatory),
        (0, Problem::NotInRegion),
        (0x401f_fffc, Problem::NotInRegion),
        (0x4030_0000, Problem::NotInRegion),
    ] {
        let r = refusal(|raw| raw.arm64_kernel_entry = value);
        assert_eq!(r, (Symbol::KernelEntry, None, problem, value));
    }
}

#[test]
fn the_device_tree_must_be_an_aligned_address_outside_the_image() {
    for (value, problem) in [
        (0x4800_0004, Problem::NotAlignedTo8),
        (1 << 40, Problem::BeyondPhysicalRange),
        (0x8008_fff8, Problem::InsidePurgatory),
        (0, Problem::NotInRegion),
        (0x47ff_fff8, Problem::NotInRegion),
        (0x4800_1000, Problem::NotInRegion),
    ] {
        let r = refusal(|raw| raw.arm64_dtb_addr = value);
        assert_eq!(r, (Symbol::Dtb, None, problem, value));
    }
}

#[test]
fn skip_checks_is_0_or_1() {
    assert_eq!(check(|raw| raw.skip_checks = 1).unwrap().check, None);
    let r = refusal(|raw| raw.skip_checks = 0x0100_0000);
    assert_eq!(
        r,
        (
            Symbol::SkipChecks,
            None,
            Problem::NeitherZeroNorOne,
            0x0100_0000
        )
    );
}

#[test]
fn with_skip_checks_no_region_is_looked_at() {
    let raw = RawSymbols {
        skip_checks: 1,
        sha256_regions: [RawRegion::default(); 16],
        ..good()
    };
    assert!(Request::new(&raw, &image(), PA_RANGE).is_ok());
}

/// On some machines memory begins at 0.
#[test]
fn a_kernel_or_a_device_tree_at_0_is_as_good_as_any() {
    let at_0 = |raw: &mut RawSymbols| {
        raw.sha256_regions[2] = RawRegion {
            start: 0,
            len: 0x1000,
        };
    };
    let request = check(|raw| {
        at_0(raw);
        raw.arm64_kernel_entry = 0;
    })
    .unwrap();
    assert_eq!(request.kernel_entry, 0);
    let regions = request.check.unwrap().regions();
    assert!(regions.map(|r| r.start()).any(|start| start == 0));
    let request = check(|raw| {
        at_0(raw);
        raw.arm64_dtb_addr = 0;
    })
    .unwrap();
    assert_eq!(request.dtb, 0);
    // Nobody verifies them: then that is what the user wants.
    let unchecked = check(|raw| {
        raw.sha256_regions = [RawRegion::default(); 16];
        raw.skip_checks = 1;
        (raw.arm64_kernel_entry, raw.arm64_dtb_addr) = (0, 0);
    });
    assert!(unchecked.is_ok());
}

#[test]
fn a_kernel_clears_only_with_the_digest_or_without_a_check() {
    let expected = |raw: &mut RawSymbols| raw.sha256_digest[3] = 7;
    let request = check(expected).unwrap();
    let check_of = request.check.unwrap();
    let right = Digest([7, 0, 0, 0, 0, 0, 0, 0]);
    let wrong = Digest([8, 0, 0, 0, 0, 0, 0, 0]);
    let clear = |sha256, kexec_tools| {
        let computed = Digests {
            sha256,
            kexec_tools,
        };
        check_of.clear(&computed).is_some()
    };
    assert!(clear(right, right) && clear(right, wrong) && clear(wrong, right));
    assert!(!clear(wrong, wrong));
    assert!(request.waive().is_none());
    let unchecked = check(|raw| raw.skip_checks = 1).unwrap();
    assert!(unchecked.waive().is_some());
}

/// Right only for the length that kexec-tools counts: the console says so.
#[test]
fn which_of_the_two_digests_was_right_is_known() {
    let request = check(|raw| raw.sha256_digest[3] = 7).unwrap();
    let right = Digest([7, 0, 0, 0, 0, 0, 0, 0]);
    let miscounted = |sha256, kexec_tools| {
        let computed = Digests {
            sha256,
            kexec_tools,
        };
        let cleared = request.check.unwrap().clear(&computed);
        cleared.unwrap().miscounted()
    };
    assert!(!miscounted(right, right));
    assert!(!miscounted(right, Digest::default()));
    assert!(miscounted(Digest::default(), right));
}

/// A carry is lost with each 4 GiB of a segment but the first; all segments count.
#[test]
fn the_length_as_kexec_tools_counts_it_is_that_of_all_regions() {
    const GIB: u64 = 1 << 30;
    let request = check(|raw| {
        raw.sha256_regions[7] = RawRegion {
            start: 64 * GIB,
            len: 12 * GIB,
        };
    })
    .unwrap();
    let check = request.check.unwrap();
    assert_eq!(check.count_and_bytes(), (3, 12 * GIB + 0x10_1000));
    assert_eq!(check.kexec_tools_bytes(), 4 * GIB + 0x10_1000);
}

/// Tables are offered where there is an address, whatever else is there, and they are for us only
/// where the loader knows where the image is, and that it is all there.
#[test]
fn an_offer_of_tables_is_for_us_where_it_names_our_place() {
    let offer = |base, at, len| {
        let request = check(|raw| {
            raw.pgtble_base = base;
            raw.purgatory_base = at;
            raw.purgatory_len = len;
        });
        request.unwrap().tables
    };
    let (at, len) = (image().start(), image().len());
    assert_eq!(offer(0, at, len), None);
    for (base_at, base_len, for_us) in [
        (at, len, true),
        (at, len + 1, true),
        (at, u64::MAX, true),
        (at, len - 1, false),
        (at, 0, false),
        (at - 0x1000, len, false),
        (at + 0x1000, len, false),
        (0, len, false),
    ] {
        let root = 0x4900_0000;
        let expected = Some(TableOffer { root, for_us });
        let got = offer(root, base_at, base_len);
        assert_eq!(got, expected, "{base_at:#x} + {base_len:#x}");
    }
}
