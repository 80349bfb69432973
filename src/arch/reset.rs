// SPDX-License-Identifier: MIT OR Apache-2.0

//! A reset of the machine by its firmware.

use purgatory::translation::Regime;
use spin::relax::{RelaxStrategy, Spin};

use super::attempt::{psci_hvc, psci_smc};
use super::timer;

/// `SYSTEM_RESET` (PSCI, Arm DEN 0022, 5.1): the function's number.
const SYSTEM_RESET: u32 = 0x8400_0009;

/// Timer reads in all, for each second, before nothing is waited for any more: the counter may be
/// stopped. A read takes some 20 to 100 ns.
const PATIENCE: u64 = 1 << 25;

/// Waits for so many seconds.
pub fn wait(seconds: u32) {
    let seconds = u64::from(seconds);
    let (start, ticks) = (timer::now(), timer::frequency().saturating_mul(seconds));
    for _ in 0..PATIENCE * seconds {
        if timer::now().wrapping_sub(start) >= ticks {
            break;
        }
        Spin::relax();
    }
}

/// Resets the machine. Returns if nobody does that here.
pub fn system(regime: Regime) {
    // SAFETY: ends this machine, or returns as a function does (SMC Calling Convention, Arm DEN
    // 0028).
    unsafe {
        // At EL2 nobody would take an HVC but we.
        if regime == Regime::El1And0 {
            psci_hvc(SYSTEM_RESET);
        }
        psci_smc(SYSTEM_RESET);
    }
}
