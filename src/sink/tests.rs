// SPDX-License-Identifier: MIT OR Apache-2.0

//! Sinks that could be memory.

use super::*;
use crate::abi::RawRegion;

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

#[test]
fn a_sink_that_could_be_memory_is_not_used() {
    let sink = |change: fn(&mut RawSymbols)| {
        let mut raw = good();
        change(&mut raw);
        usable_sink(&raw, &image(), PA_RANGE)
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
    let sink = usable_sink(&raw, &image(), PA_RANGE);
    assert_eq!(sink, None);
}

/// Then kexec leaves the list of regions empty, and nothing tells where it has put an initrd.
#[test]
fn without_checks_only_a_sink_below_the_kernel_and_off_the_device_tree_is_used() {
    let usable = |sink, skip_checks| {
        let raw = RawSymbols {
            sha256_regions: [RawRegion::default(); 16],
            skip_checks,
            arm64_kernel_entry: 0x4021_0000,
            arm64_dtb_addr: 0x3010_0000,
            arm64_sink: sink,
            ..good()
        };
        usable_sink(&raw, &image(), PA_RANGE).is_some()
    };
    for sink in [0x401f_ffff, 0x300f_ffff - 0x10_0000, 0x3020_0000, 1] {
        assert!(usable(sink, 1), "{sink:#x}");
    }
    // The kernel's block and all above it; the device tree's block.
    for sink in [
        0x4020_0000,
        0x4021_0000,
        0x7fff_ffff,
        0xf_ffff_ffff,
        0x3000_0000,
        0x301f_ffff,
    ] {
        assert!(!usable(sink, 1), "{sink:#x}");
    }
    // Nothing is started then, and a refusal has to be read.
    assert!(usable(0x4021_0000, 0));
}
