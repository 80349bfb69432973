// SPDX-License-Identifier: MIT OR Apache-2.0

//! The registers that are trapped: what is read is a lie, what is written is looked at.

use core::arch::asm;
use core::fmt::Write;

use purgatory_test_guest::briefing::HASH_RAISES_SERROR;
use purgatory_test_guest::id_register::{IdRegister, trap};
use purgatory_test_guest::machine::{self, Uart};
use purgatory_test_guest::sctlr::M;

use crate::VSE;
use crate::access::{get, set};
use crate::traps::{broken, by_the_purgatory};

/// `ID_AA64MMFR3_EL1.TCRX`: the CPU has `TCR2_EL1`.
const TCRX: u64 = 0xf;
/// `TCR2_EL1.PIE`: what Linux leaves on a machine that has it.
const PIE: u64 = 1 << 1;

/// What has been seen so far.
struct Seen {
    tcr2: u64,
    /// Since the MMU was on, or the old kernel ran.
    tlb_empty: bool,
    icache_empty: bool,
    purgatory_ran: bool,
}

static mut SEEN: Seen = Seen {
    tcr2: PIE,
    tlb_empty: false,
    icache_empty: false,
    purgatory_ran: false,
};

const SCTLR_EL1: u64 = trap(3, 0, 1, 0, 0);
const TTBR0: u64 = trap(3, 0, 2, 0, 0);
const TTBR1: u64 = trap(3, 0, 2, 0, 1);
const TCR: u64 = trap(3, 0, 2, 0, 2);
/// `TCR2_EL1`, as a trap names it.
pub const TCR2: u64 = trap(3, 0, 2, 0, 3);
const MAIR: u64 = trap(3, 0, 10, 2, 0);
const IC_IALLU: u64 = trap(1, 0, 7, 5, 0);
const TLBI_VMALLE1: u64 = trap(1, 0, 8, 7, 0);

/// Reads what an ID register holds, or is said to hold.
pub fn read(register: u64) -> u64 {
    let mut real = if register == IdRegister::Ctr.trap() {
        get!("ctr_el0")
    } else {
        id(register)
    };
    if register == IdRegister::Mmfr3.trap() {
        real &= !TCRX;
    }
    let briefing = machine::briefing();
    let overrides = briefing
        .overrides
        .iter()
        .filter(|one| one.register == register);
    if !by_the_purgatory(briefing) {
        return real;
    }
    overrides.fold(real, |said, one| said & !one.mask | one.value & one.mask)
}

/// Reads any of what `HCR_EL2.TID3` traps, by how a trap names it: CRm 1 to 7. What a CPU does not
/// have there is 0.
fn id(register: u64) -> u64 {
    macro_rules! any_of {
        ($($crm:literal: $($op2:literal)*;)*) => {
            match register {
                $($(_ if register == trap(3, 0, 0, $crm, $op2) => {
                    get!(concat!("s3_0_c0_c", $crm, "_", $op2))
                })*)*
                _ => broken(),
            }
        };
    }
    any_of! {
        1: 0 1 2 3 4 5 6 7;
        2: 0 1 2 3 4 5 6 7;
        3: 0 1 2 3 4 5 6 7;
        4: 0 1 2 3 4 5 6 7;
        5: 0 1 2 3 4 5 6 7;
        6: 0 1 2 3 4 5 6 7;
        7: 0 1 2 3 4 5 6 7;
    }
}

/// Does what EL1 wanted to do, and looks at it.
pub fn write(register: u64, value: u64) {
    let seen = &raw mut SEEN;
    // SAFETY: there is one CPU, and no exception while one is handled.
    let seen = unsafe { &mut *seen };
    let purgatory = by_the_purgatory(machine::briefing()) || register == TCR2;
    match register {
        SCTLR_EL1 => {
            if purgatory && value & !get!("sctlr_el1") & M != 0 {
                seen.report("MMU on");
                (seen.tlb_empty, seen.icache_empty) = (false, false);
            } else if !purgatory && seen.purgatory_ran {
                seen.report("kernel");
                seen.purgatory_ran = false;
            }
            let late = machine::briefing().sink == HASH_RAISES_SERROR;
            if late && purgatory && get!("sctlr_el1") & !value & M != 0 {
                set!("hcr_el2", get!("hcr_el2") | VSE);
            }
            seen.purgatory_ran |= purgatory;
            set!("sctlr_el1", value);
        }
        TTBR0 => set!("ttbr0_el1", value),
        TTBR1 => set!("ttbr1_el1", value),
        TCR => set!("tcr_el1", value),
        MAIR => set!("mair_el1", value),
        TCR2 if get!("sctlr_el1") & M == 0 => seen.tcr2 = value,
        IC_IALLU => {
            seen.icache_empty = purgatory;
            // SAFETY: costs nothing but time.
            unsafe { asm!("ic iallu", options(nostack)) };
        }
        TLBI_VMALLE1 => {
            seen.tlb_empty = purgatory;
            // SAFETY: as above.
            unsafe { asm!("tlbi vmalle1", options(nostack)) };
        }
        _ => broken(),
    }
}

impl Seen {
    fn report(&self, when: &str) {
        let tcr = get!("tcr_el1");
        let granule = ["4 KiB", "64 KiB", "16 KiB", "reserved"][(tcr >> 14 & 3) as usize];
        let word = |empty| if empty { "empty" } else { "stale" };
        let mut uart = Uart::new(machine::briefing().uart);
        let _ = writeln!(
            uart,
            "shim: {when}: {granule} granule, IPS={}, TCR2={:#x}, TLB {}, I-cache {}",
            tcr >> 32 & 7,
            self.tcr2,
            word(self.tlb_empty),
            word(self.icache_empty),
        );
    }
}
