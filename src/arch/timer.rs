//! The generic timer, which counts whatever the old kernel did.

use aarch64_cpu::registers::{CNTFRQ_EL0, CNTVCT_EL0, Readable};

/// Ticks now (`CNTVCT_EL0`).
pub fn now() -> u64 {
    CNTVCT_EL0.get()
}

/// Ticks a second (`CNTFRQ_EL0`); 0 where firmware has not set it.
pub fn frequency() -> u64 {
    CNTFRQ_EL0.get()
}
