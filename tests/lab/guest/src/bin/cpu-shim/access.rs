// SPDX-License-Identifier: MIT OR Apache-2.0

//! Access to system registers by their names.

/// Reads a system register.
macro_rules! get {
    ($name:expr) => {{
        let value: u64;
        // SAFETY: reading has no effect.
        unsafe { core::arch::asm!(concat!("mrs {}, ", $name), out(reg) value, options(nostack)) };
        value
    }};
}

/// Writes a system register.
macro_rules! set {
    ($name:literal, $value:expr) => {{
        let value: u64 = $value;
        // SAFETY: what EL1 wanted to write, or where it goes on: nothing of ours depends on it.
        unsafe { core::arch::asm!(concat!("msr ", $name, ", {}"), in(reg) value, options(nostack)) }
    }};
}

pub(crate) use {get, set};
