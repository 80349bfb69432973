// SPDX-License-Identifier: MIT OR Apache-2.0

//! Register values, spelled out.

use super::*;
use crate::cpu::IdRegisters;
use crate::translation::{MAX_VA_BITS, MIN_VA_BITS};

const EL1: u64 = 1 << 2;
const EL2: u64 = 2 << 2;
const E2H: u64 = 1 << 34;

fn cpu(current_el: u64, hcr_el2: u64, mmfr0: u64) -> Cpu {
    Cpu::new(&IdRegisters {
        current_el,
        hcr_el2,
        mmfr0,
        ..IdRegisters::default()
    })
}

/// `TCR_ELx` of each regime for all 16 values of `PARange`; the size field never exceeds 48 bits.
#[test]
fn tcr_over_every_parange() {
    let sizes = [0, 1, 2, 3, 4, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5];
    for (value, size) in (0..).zip(sizes) {
        let tcr = |el, hcr| super::tcr(&cpu(el, hcr, value), 48);
        // T0SZ = T1SZ = 16, IRGN0 = ORGN0 = 1, SH0 = 3, TG0 = 0, TG1 = 2, EPD1 = 1, IPS.
        let el1 = 0x8090_3510 | size << 32;
        assert_eq!(tcr(EL1, 0), el1, "EL1, PARange = {value}");
        assert_eq!(tcr(EL2, E2H), el1, "EL2&0, PARange = {value}");
        // T0SZ = 16, IRGN0 = ORGN0 = 1, SH0 = 3, TG0 = 0, PS, RES1 31 and 23.
        assert_eq!(
            tcr(EL2, 0),
            0x8080_3510 | size << 16,
            "EL2, PARange = {value}"
        );
    }
}

/// T0SZ and T1SZ are 64 less the number of bits.
#[test]
fn tcr_over_every_number_of_bits() {
    for bits in MIN_VA_BITS..=MAX_VA_BITS {
        let tcr = |el, hcr| super::tcr(&cpu(el, hcr, 5), bits);
        let offset = u64::from(64 - bits);
        for (el, hcr) in [(EL1, 0), (EL2, E2H)] {
            assert_eq!(tcr(el, hcr) & 0x3f, offset, "{bits}");
            assert_eq!(tcr(el, hcr) >> 16 & 0x3f, offset, "{bits}");
        }
        assert_eq!(tcr(EL2, 0) & 0x3f, offset, "{bits}");
    }
}

#[test]
fn sctlr_has_mmu_caches_and_traps_off() {
    for regime in [Regime::El1And0, Regime::El2, Regime::El2And0] {
        let off = sctlr_off(regime);
        // M, A, C, SA, I, WXN, EE, E0E; EnIA, EnIB, EnDA, EnDB; SPAN must stay 1.
        let must_be_0 = 1 | 2 | 4 | 8 | 1 << 12 | 1 << 19 | 1 << 25 | 1 << 24;
        assert_eq!(off & must_be_0, 0);
        assert_eq!(off & (1 << 31 | 1 << 30 | 1 << 27 | 1 << 13), 0);
        assert_eq!(off & 1 << 23, 1 << 23);
        assert_eq!(off >> 32, 0);
    }
}

/// As the Arm ARM numbers them, for others set them by these names.
#[test]
fn the_bits_of_sctlr_are_where_they_are() {
    assert_eq!((SCTLR_M, SCTLR_C, SCTLR_I), (0x1, 0x4, 0x1000));
}
