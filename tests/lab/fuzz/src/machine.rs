// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a loader leaves in memory, and the CPU that finds it, made of an input.

use purgatory::abi::{MAX_REGIONS, RawRegion, RawSymbols};
use purgatory::cpu::{Cpu, IdRegisters};
use purgatory::paging::layout::ImageParts;
use purgatory::paging::pool;
use purgatory::translation::Regime;

use crate::input::Input;

/// All regimes.
pub const REGIMES: [Regime; 3] = [Regime::El1And0, Regime::El2, Regime::El2And0];

/// `ID_AA64MMFR0_EL1.TGran4`: there is none, though there are others.
pub const NO_4K: u64 = 0xf << 28 | 1 << 20;

/// Returns a CPU in this regime, with this in `ID_AA64MMFR0_EL1`.
pub fn cpu(regime: Regime, mmfr0: u64) -> Cpu {
    let (current_el, hcr_el2) = match regime {
        Regime::El1And0 => (1 << 2, 0),
        Regime::El2 => (2 << 2, 0),
        Regime::El2And0 => (2 << 2, 1 << 34),
    };
    Cpu::new(&IdRegisters {
        current_el,
        hcr_el2,
        mmfr0,
        ..IdRegisters::default()
    })
}

/// Takes the place of an image that could run: in whole pages, below `bits` bits.
pub fn image(input: &mut Input<'_>, bits: u32) -> ImageParts {
    let pages: [u8; 4] = input.bytes();
    let [code, constants, stack, _] = pages.map(|byte| 0x1000 * u64::from(1 + byte % 8));
    let len = code + constants + 0x1000 + stack + pool::BYTES as u64;
    let room = (1_u64 << bits) - len;
    let text = input.number(&[0x4000_0000, 1 << 32, room]) % (room + 1) & !0xfff;
    let rodata = text + code;
    let guard = rodata + constants;
    ImageParts {
        text,
        rodata,
        guard,
        stack: guard + 0x1000,
        pool: guard + 0x1000 + stack,
    }
}

/// Takes a list of regions, near the image or anywhere.
pub fn regions(input: &mut Input<'_>, image: &ImageParts) -> [RawRegion; MAX_REGIONS] {
    let mut landmarks = vec![image.text, image.rodata, image.pool, image.end()];
    let mut regions = [RawRegion::default(); MAX_REGIONS];
    let count = usize::from(input.byte()) % (MAX_REGIONS + 1);
    for place in &mut regions[..count] {
        let start = input.number(&landmarks);
        // A length that is an end, more often than not.
        let len = match input.byte() % 4 {
            0 => input.number(&[]),
            1 => input.number(&landmarks).wrapping_sub(start),
            _ => u64::from(input.byte()) << input.one_of(&[0, 4, 12, 20, 21, 30]),
        };
        *place = RawRegion { start, len };
        landmarks.extend([start, start.wrapping_add(len)]);
    }
    regions
}

/// Takes all that a loader sets.
pub fn symbols(input: &mut Input<'_>, image: &ImageParts) -> RawSymbols {
    let sha256_regions = regions(input, image);
    let whole = image.end() - image.text;
    let mut landmarks = vec![image.text, image.end(), whole];
    for region in sha256_regions.iter().filter(|region| region.len != 0) {
        landmarks.extend([region.start, region.start.wrapping_add(region.len)]);
    }
    let mut number = || input.number(&landmarks);
    let [entry, dtb, sink, root] = [(); 4].map(|()| number());
    let (base, len) = match input.byte() % 4 {
        0 => (input.number(&landmarks), input.number(&landmarks)),
        1 => (0, 0),
        _ => (image.text, whole),
    };
    RawSymbols {
        sha256_regions,
        arm64_kernel_entry: entry,
        arm64_dtb_addr: dtb,
        arm64_sink: sink,
        pgtble_base: root,
        purgatory_base: base,
        purgatory_len: len,
        skip_checks: match input.byte() % 8 {
            0..5 => 0,
            5 | 6 => 1,
            _ => u32::from_le_bytes(input.bytes()),
        },
        on_failure: input.byte().into(),
        sha256_digest: input.bytes(),
    }
}
