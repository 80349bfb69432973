// SPDX-License-Identifier: MIT OR Apache-2.0

//! Register values, spelled out.

use super::*;

const EL1: u64 = 1 << 2;
const EL2: u64 = 2 << 2;

fn cpu(current_el: u64, hcr_el2: u64, mmfr0: u64) -> Cpu {
    Cpu::new(&IdRegisters {
        current_el,
        hcr_el2,
        mmfr0,
        ..IdRegisters::default()
    })
}

/// TGran4 is signed; the other granules are of no interest.
#[test]
fn the_4_kib_granule_over_every_tgran4() {
    for tgran4 in 0..16 {
        let mmfr0 = tgran4 << 28 | 0x0ff0_0005;
        assert_eq!(cpu(EL1, 0, mmfr0).has_4k, tgran4 < 8, "TGran4 {tgran4}");
    }
}

#[test]
fn the_cache_line_is_the_smallest_one() {
    let line = |ctr| {
        Cpu::new(&IdRegisters {
            current_el: EL1,
            ctr,
            ..IdRegisters::default()
        })
    };
    // IminLine and the top bits are not looked at.
    assert_eq!(line(0x8444_c004).dcache_line, 64);
    assert_eq!(line(0x8442_c005).dcache_line, 16);
    assert_eq!(line(0x8449_c004).dcache_line, 2048);
}

#[test]
fn tcr2_is_there_where_tcrx_says_so() {
    let has = |mmfr3| {
        Cpu::new(&IdRegisters {
            current_el: EL2,
            mmfr3,
            ..IdRegisters::default()
        })
        .has_tcr2
    };
    assert!(!has(0));
    assert!(has(1));
    assert!(!has(0xf0));
}

/// SHA2 is 1 with the SHA256 instructions, 2 with those for SHA512 too; AdvSIMD may be missing.
#[test]
fn the_sha2_instructions_need_vector_registers() {
    let has = |sha2: u64, adv_simd: u64| {
        let id = IdRegisters {
            current_el: EL1,
            isar0: sha2 << 12,
            pfr0: adv_simd << 20,
            ..IdRegisters::default()
        };
        Cpu::new(&id).has_sha2
    };
    assert!(!has(0, 0));
    assert!(has(1, 0));
    assert!(has(2, 1));
    assert!(!has(1, 0xf));
}

/// SME is 1 or more with streaming mode; its neighbours in the register are of no interest.
#[test]
fn streaming_mode_is_there_where_sme_says_so() {
    let has = |pfr1| {
        Cpu::new(&IdRegisters {
            current_el: EL1,
            pfr1,
            ..IdRegisters::default()
        })
        .has_sme
    };
    assert!(!has(0));
    assert!(has(1 << 24));
    assert!(has(2 << 24));
    assert!(!has(!(0xf << 24)));
}
