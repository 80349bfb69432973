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
