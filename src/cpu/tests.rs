//! Register values, spelled out.

use super::*;

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

#[test]
fn the_regime_is_told_by_level_and_e2h() {
    assert_eq!(Regime::new(EL1, 0), Regime::El1And0);
    assert_eq!(Regime::new(EL1, E2H), Regime::El1And0);
    assert_eq!(Regime::new(EL2, 0), Regime::El2);
    assert_eq!(Regime::new(EL2, !E2H), Regime::El2);
    assert_eq!(Regime::new(EL2, E2H | 1 << 27), Regime::El2And0);
}

/// TGran4 and TGran64 are signed, TGran16 is not; 4 KiB comes first, then 64 KiB.
#[test]
fn the_granule_over_every_tgran4_tgran64_and_tgran16() {
    for (tgran4, tgran64, tgran16) in
        (0..16).flat_map(|a| (0..16).flat_map(move |b| (0..16).map(move |c| (a, b, c))))
    {
        let granule = cpu(EL1, 0, tgran4 << 28 | tgran64 << 24 | tgran16 << 20 | 5).granule;
        let expected = match (tgran4, tgran64, tgran16) {
            (0..8, _, _) => Some(Granule::Size4K),
            (_, 0..8, _) => Some(Granule::Size64K),
            (_, _, 1..) => Some(Granule::Size16K),
            _ => None,
        };
        assert_eq!(
            granule, expected,
            "TGran4 {tgran4} TGran64 {tgran64} TGran16 {tgran16}"
        );
    }
}

#[test]
fn every_parange_has_its_width() {
    let bits = [
        32, 36, 40, 42, 44, 48, 52, 52, 52, 52, 52, 52, 52, 52, 52, 52,
    ];
    for (value, bits) in (0..).zip(bits) {
        assert_eq!(cpu(EL1, 0, value).pa_bits, bits, "PARange = {value}");
    }
}

/// `TCR_ELx` of each regime for all 16 values of `PARange`; the size field never exceeds 48 bits.
#[test]
fn tcr_over_every_parange() {
    let sizes = [0, 1, 2, 3, 4, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5];
    for (value, size) in (0..).zip(sizes) {
        let tcr = |el, hcr| cpu(el, hcr, value).tcr(Granule::Size4K);
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
