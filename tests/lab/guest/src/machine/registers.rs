// SPDX-License-Identifier: MIT OR Apache-2.0

//! Access to the system registers of the [`Register`] table.

use core::arch::asm;

use crate::briefing::FIRMWARE_NONE;
use crate::machine::briefing;
use crate::{Regime, Register};

/// Reads a system register; `-` where the regime has none.
macro_rules! mrs {
    (-) => {
        return None
    };
    ($name:literal) => {{
        let value: u64;
        // SAFETY: reading changes nothing, and the callers ask only for what the CPU has.
        unsafe { asm!(concat!("mrs {}, ", $name), out(reg) value, options(nostack)) };
        value
    }};
}

/// Writes a system register.
macro_rules! msr {
    (-, $value:expr) => {
        return false
    };
    ($name:literal, $value:expr) => {
        // SAFETY: the MMU is off, so that nothing depends on the registers of this table; which
        // regime's they are is checked by the caller.
        unsafe { asm!(concat!("msr ", $name, ", {}"), "isb", in(reg) $value, options(nostack)) }
    };
}

macro_rules! registers {
    ($($register:ident: $el1:tt, $el2:tt, $vhe:tt;)*) => {
        /// Returns what the register holds; `None` where this CPU has no such register in this
        /// regime.
        ///
        /// The CPU must be in this regime.
        pub fn read(register: Register, regime: Regime) -> Option<u64> {
            if !exists(register) {
                return None;
            }
            Some(match (register, regime) {
                $((Register::$register, Regime::El1And0) => mrs!($el1),
                  (Register::$register, Regime::El2) => mrs!($el2),
                  (Register::$register, Regime::El2And0) => mrs!($vhe),)*
            })
        }

        /// Sets the register; `false` where this CPU has no such register in this regime.
        ///
        /// The CPU must be in this regime, or about to enter it by `HCR_EL2`, and its MMU off.
        pub fn write(register: Register, regime: Regime, value: u64) -> bool {
            if !exists(register) {
                return false;
            }
            match (register, regime) {
                $((Register::$register, Regime::El1And0) => msr!($el1, value),
                  (Register::$register, Regime::El2) => msr!($el2, value),
                  (Register::$register, Regime::El2And0) => msr!($vhe, value),)*
            }
            true
        }
    };
}

// Encodings instead of names where an assembler without the extension does not know the name:
// TCR2_EL1, TCR2_EL2, TTBR1_EL2 and the `_EL12` aliases, by which a VHE kernel reaches what is
// EL1's own.
registers! {
    Hcr:        -,                "hcr_el2",        "hcr_el2";
    Cpacr:      "cpacr_el1",      "cptr_el2",       "cptr_el2";
    Mair:       "mair_el1",       "mair_el2",       "mair_el2";
    Tcr:        "tcr_el1",        "tcr_el2",        "tcr_el2";
    Tcr2:       "s3_0_c2_c0_3",   "s3_4_c2_c0_3",   "s3_4_c2_c0_3";
    Ttbr0:      "ttbr0_el1",      "ttbr0_el2",      "ttbr0_el2";
    Ttbr1:      "ttbr1_el1",      -,                "s3_4_c2_c0_1";
    Vbar:       "vbar_el1",       "vbar_el2",       "vbar_el2";
    Tpidr:      "tpidr_el1",      "tpidr_el2",      "tpidr_el2";
    LowerSctlr: -,                "sctlr_el1",      "s3_5_c1_c0_0";
    LowerCpacr: -,                "cpacr_el1",      "s3_5_c1_c0_2";
    LowerMair:  -,                "mair_el1",       "s3_5_c10_c2_0";
    LowerTcr:   -,                "tcr_el1",        "s3_5_c2_c0_2";
    LowerTtbr0: -,                "ttbr0_el1",      "s3_5_c2_c0_0";
    LowerTtbr1: -,                "ttbr1_el1",      "s3_5_c2_c0_1";
    LowerVbar:  -,                "vbar_el1",       "s3_5_c12_c0_0";
}

/// Returns whether this CPU has the register, and firmware that is older does not trap it.
fn exists(register: Register) -> bool {
    match register {
        Register::Tcr2 => id_aa64mmfr3() & 0xf != 0 && briefing().firmware == FIRMWARE_NONE,
        _ => true,
    }
}

/// Its lowest field is `TCRX`.
fn id_aa64mmfr3() -> u64 {
    let value: u64;
    // SAFETY: an ID register; where it is not implemented its encoding reads as 0.
    unsafe { asm!("mrs {}, s3_0_c0_c7_3", out(reg) value, options(nostack)) };
    value
}

/// `SCTLR_ELx`, which is not in the table: part of it must not be as it was found.
pub fn sctlr(regime: Regime) -> u64 {
    let value: u64;
    // SAFETY: reading changes nothing.
    unsafe {
        match regime {
            Regime::El1And0 => asm!("mrs {}, sctlr_el1", out(reg) value, options(nostack)),
            _ => asm!("mrs {}, sctlr_el2", out(reg) value, options(nostack)),
        }
    }
    value
}

/// Sets `SCTLR_ELx`. Neither `M` nor `EE` may be among the bits.
pub fn set_sctlr(regime: Regime, value: u64) {
    // SAFETY: the MMU stays off, and data little-endian.
    unsafe {
        match regime {
            Regime::El1And0 => asm!("msr sctlr_el1, {}", "isb", in(reg) value, options(nostack)),
            _ => asm!("msr sctlr_el2, {}", "isb", in(reg) value, options(nostack)),
        }
    }
}

/// Sets `SCTLR_ELx` to this and the MMU on, by tables for addresses of 48 bits that map all that is in use.
pub fn map(regime: Regime, tables: u64, sctlr: u64) {
    /// Normal, Non-cacheable.
    const MAIR: u64 = 0x44;
    /// `T0SZ`, and `EPD1` where there is one.
    const TCR: u64 = 16 | 1 << 23;
    for (register, value) in [
        (Register::Mair, MAIR),
        (Register::Tcr, TCR),
        (Register::Ttbr0, tables),
    ] {
        write(register, regime, value);
    }
    // SAFETY: by the caller's word nothing is elsewhere than it was.
    unsafe {
        match regime {
            Regime::El1And0 => {
                asm!("tlbi vmalle1", "dsb nsh", "msr sctlr_el1, {}", "isb", in(reg) sctlr | 1)
            }
            _ => asm!("tlbi alle2", "dsb nsh", "msr sctlr_el2, {}", "isb", in(reg) sctlr | 1),
        }
    }
}

/// Returns whether this CPU has `PSTATE.PAN`.
pub fn has_pan() -> bool {
    id_aa64mmfr1() >> 20 & 0xf != 0
}

/// Returns whether this CPU has `HCR_EL2.E2H`.
pub fn has_vhe() -> bool {
    id_aa64mmfr1() >> 8 & 0xf != 0
}

fn id_aa64mmfr1() -> u64 {
    let value: u64;
    // SAFETY: reading an ID register changes nothing.
    unsafe { asm!("mrs {}, id_aa64mmfr1_el1", out(reg) value, options(nostack)) };
    value
}

/// Returns the exception level that we run at.
pub fn current_el() -> u64 {
    let value: u64;
    // SAFETY: reading changes nothing.
    unsafe { asm!("mrs {}, CurrentEL", out(reg) value, options(nostack)) };
    value >> 2
}

/// Returns `ISR_EL1`: which interrupts and SErrors wait for being unmasked.
pub fn pending() -> u64 {
    let value;
    // SAFETY: reading has no effect.
    unsafe { asm!("mrs {}, isr_el1", out(reg) value, options(nostack)) };
    value
}
