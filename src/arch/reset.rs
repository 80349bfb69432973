// SPDX-License-Identifier: MIT OR Apache-2.0

//! A reset of the machine by its firmware.

use purgatory::translation::Regime;
use spin::relax::{RelaxStrategy, Spin};

use super::attempt::{psci_hvc, psci_smc};
use super::timer;

/// `SYSTEM_RESET` (PSCI, Arm DEN 0022, 5.1): the function's number.
pub const SYSTEM_RESET: u32 = 0x8400_0009;

/// Timer reads in a row that may show the same count before the counter counts as stopped. A read
/// takes 5 to 100 ns, and no counter that firmware leaves running is slower than 1 MHz.
const PATIENCE: u32 = 1 << 20;

/// Waits for this many seconds by the generic timer; not at all if the timer is stopped, or if
/// firmware has not set its frequency.
pub fn wait(seconds: u32) {
    let ticks = timer::frequency().saturating_mul(seconds.into());
    let start = timer::now();
    let (mut last, mut patience) = (start, PATIENCE);
    while last.wrapping_sub(start) < ticks && patience != 0 {
        Spin::relax();
        let now = timer::now();
        patience = if now == last { patience - 1 } else { PATIENCE };
        last = now;
    }
}

/// Resets the machine. Returns only if its firmware cannot.
pub fn system(regime: Regime) {
    // SAFETY: ends this machine, or returns as a function does (SMC Calling Convention, Arm DEN
    // 0028).
    unsafe {
        // At EL2 an HVC is taken by EL2 itself, that is by us.
        if regime == Regime::El1And0 {
            psci_hvc(SYSTEM_RESET);
        }
        psci_smc(SYSTEM_RESET);
    }
}
