// SPDX-License-Identifier: MIT OR Apache-2.0

//! The generic timer, which keeps counting in any state that the old kernel left.

use aarch64_cpu::registers::{CNTFRQ_EL0, CNTVCT_EL0, Readable};

/// Returns the ticks now (`CNTVCT_EL0`).
pub fn now() -> u64 {
    CNTVCT_EL0.get()
}

/// Returns the ticks per second (`CNTFRQ_EL0`); 0 if firmware has not set it.
pub fn frequency() -> u64 {
    CNTFRQ_EL0.get()
}
