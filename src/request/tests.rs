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
    assert_eq!(check.bytes(), 0x10_1000);
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

#[test]
fn a_sink_that_could_be_memory_is_not_used() {
    let sink = |change: fn(&mut RawSymbols)| {
        let mut raw = good();
        change(&mut raw);
        usable_sink(&raw, &image(), PA_RANGE, KernelSize::UNKNOWN)
    };
    assert_eq!(sink(|_| ()), Some(0x900_0000));
    assert_eq!(sink(|raw| raw.arm64_sink = 0), None);
    // A byte is stored: any address will do.
    assert_eq!(sink(|raw| raw.arm64_sink = 0x900_0001), Some(0x900_0001));
    assert_eq!(sink(|raw| raw.arm64_sink = 1 << 40), None);
    assert_eq!(sink(|raw| raw.arm64_sink = 0x4800_0fff), None);
    assert_eq!(sink(|raw| raw.arm64_sink = 0x4800_1000), Some(0x4800_1000));
    assert_eq!(sink(|raw| raw.arm64_sink = 0x8008_ffff), None);
    // A region that wraps covers all above its start.
    let wraps = RawRegion {
        start: 0x4,
        len: u64::MAX,
    };
    let mut raw = good();
    raw.sha256_regions[9] = wraps;
    let sink = usable_sink(&raw, &image(), PA_RANGE, KernelSize::UNKNOWN);
    assert_eq!(sink, None);
}

/// Then kexec leaves the list of regions empty.
#[test]
fn without_checks_a_sink_in_the_kernel_or_near_the_device_tree_is_not_used() {
    let mut header = [0; 8];
    header[7] = u64::from(u32::from_le_bytes(*b"ARM\x64"));
    header[2] = 0x0180_0000;
    let kernel = KernelSize::from_header(&header);
    let no_kernel = KernelSize::from_header(&[0, 0, 0x0180_0000, 0, 0, 0, 0, 0]);
    assert_eq!(no_kernel, KernelSize::UNKNOWN);
    let usable = |sink, kernel| {
        let raw = RawSymbols {
            sha256_regions: [RawRegion::default(); 16],
            skip_checks: 1,
            arm64_kernel_entry: 0x4021_0000,
            arm64_sink: sink,
            ..good()
        };
        usable_sink(&raw, &image(), PA_RANGE, kernel).is_some()
    };
    for sink in [
        0x4020_0000,
        0x4021_0000,
        0x403f_ffff,
        0x4800_0000,
        0x481f_ffff,
    ] {
        assert!(!usable(sink, KernelSize::UNKNOWN), "{sink:#x}");
    }
    for sink in [0x401f_ffff, 0x4040_0000, 0x47ff_ffff, 0x4820_0000] {
        assert!(usable(sink, KernelSize::UNKNOWN), "{sink:#x}");
    }
    // It is all the kernel's, up to where it says that it ends.
    assert!(!usable(0x41a0_ffff, kernel));
    assert!(usable(0x41a1_0000, kernel));
}
