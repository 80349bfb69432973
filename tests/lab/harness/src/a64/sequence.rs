// SPDX-License-Identifier: MIT OR Apache-2.0

//! Makes short sequences of instructions.

use crate::Regime;

/// `MRS X9, HCR_EL2` and `MSR HCR_EL2, X9`.
pub const HCR_TO_ITSELF: [u32; 2] = [0xd53c_1109, 0xd51c_1109];

/// `MOVZ` and `MOVK`s: any address into a register.
pub fn load_address(to: u32, address: u64) -> Vec<u32> {
    let part = |shift: u32| ((address >> (16 * shift)) as u32 & 0xffff) << 5 | shift << 21 | to;
    let rest = (1..4).map(|shift| 0xf280_0000 | part(shift));
    std::iter::once(0xd280_0000 | part(0)).chain(rest).collect()
}

/// Makes FP/SIMD trap.
pub fn trap_fp(regime: Regime) -> Vec<u32> {
    match regime {
        // MSR CPACR_EL1, XZR.
        Regime::El1And0 => vec![0xd518_105f],
        // MSR CPTR_EL2, X3: TFP, and what is RES1.
        Regime::El2 => [load_address(3, 0x37ff), vec![0xd51c_1143]].concat(),
        // MSR CPTR_EL2, XZR: FPEN = 0.
        Regime::El2And0 => vec![0xd51c_115f],
    }
}

/// Returns a return to the next instruction, with `SPSR.IL` set.
pub fn illegal_return(el: u64) -> Vec<u32> {
    let (spsr, elr) = if el == 1 {
        (0xd518_4003, 0xd518_4024)
    } else {
        (0xd51c_4003, 0xd51c_4024)
    };
    let mode = if el == 1 { 0x3c5 } else { 0x3c9 };
    let mut words = load_address(3, 1 << 20 | mode);
    // MSR SPSR_ELx, X3; ADR X4, #12; MSR ELR_ELx, X4; ERET.
    words.extend([spsr, 0x1000_0064, elr, 0xd69f_03e0]);
    words
}

#[cfg(test)]
#[test]
fn an_address_takes_four_instructions() {
    let address = [0xd282_0003, 0xf2a8_2003, 0xf2c0_0003, 0xf2e0_0003];
    assert_eq!(load_address(3, 0x4100_1000), address);
}
