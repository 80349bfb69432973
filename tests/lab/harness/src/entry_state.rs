// SPDX-License-Identifier: MIT OR Apache-2.0

//! The state in which a kernel leaves the CPU: what Linux guarantees, and garbage in all the rest.

use purgatory_test_guest::{Regime, Register, Setting};

/// `HCR_EL2.RW`: EL1 is AArch64.
const RW: u64 = 1 << 31;
/// `HCR_EL2.TGE`: EL0 belongs to EL2.
const TGE: u64 = 1 << 27;
/// `HCR_EL2.E2H`: EL2 has a lower and an upper half as EL1 has.
const E2H: u64 = 1 << 34;

/// `FPEN` of `CPACR_EL1`, and of `CPTR_EL2` with E2H = 1: floating point is not trapped.
const FPEN: u64 = 3 << 20;
/// `CPTR_EL2` with E2H = 0: what is RES1, and floating point not trapped (`TFP` = 0).
const CPTR_NOTHING_TRAPPED: u64 = 0x33ff;

/// Returns what a kernel leaves when it branches to a purgatory. Registers that control translation
/// and exceptions hold what only the old kernel understands.
pub fn settings(regime: Regime) -> [Setting; 24] {
    let hcr = match regime {
        Regime::El1And0 | Regime::El2 => RW,
        Regime::El2And0 => RW | TGE | E2H,
    };
    let cpacr = match regime {
        Regime::El1And0 | Regime::El2And0 => FPEN,
        Regime::El2 => CPTR_NOTHING_TRAPPED,
    };
    list(&[
        (Register::Hcr, hcr),
        (Register::Cpacr, cpacr),
        (Register::Mair, 0xdead_f00d_0b1d_cafe),
        // Other page, region and address sizes than usual, both halves enabled, tags ignored.
        (Register::Tcr, 0x0000_0066_ba5a_6a27),
        (Register::Ttbr0, 0x0a55_0000_dead_b000),
        (Register::Ttbr1, 0x0b66_0000_beef_d000),
        (Register::Vbar, 0x0000_0bad_f00d_b800),
        (Register::Tpidr, 0x1234_5678_9abc_def0),
        (Register::LowerSctlr, 0x30d0_1805),
        (Register::LowerCpacr, 1 << 20),
        (Register::LowerMair, 0x0004_4fff_eb01_0203),
        (Register::LowerTcr, 0x0000_0032_b510_3510),
        (Register::LowerTtbr0, 0x0c77_0000_cafe_e000),
        (Register::LowerTtbr1, 0x0d88_0000_f1f0_a000),
        (Register::LowerVbar, 0xffff_8000_0801_0800),
    ])
}

/// Settings as the briefing requires them.
fn list(settings: &[(Register, u64)]) -> [Setting; 24] {
    let mut all = [Setting::default(); 24];
    for (setting, &(register, value)) in all.iter_mut().zip(settings) {
        *setting = Setting {
            register: register as u64,
            value,
        };
    }
    all
}
