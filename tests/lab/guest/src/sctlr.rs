// SPDX-License-Identifier: MIT OR Apache-2.0

//! Fields of `SCTLR_EL1` and `SCTLR_EL2` (Arm ARM D24.2).

/// The MMU is on.
pub const M: u64 = 1 << 0;
/// Data accesses are checked for alignment.
pub const A: u64 = 1 << 1;
/// The D-cache is on.
pub const C: u64 = 1 << 2;
/// The stack pointer is checked for alignment.
pub const SA: u64 = 1 << 3;
/// `EnDB`, `EnDA`, `EnIB` and `EnIA`: pointer authentication with each of the keys.
pub const EN_POINTER_AUTH: u64 = 1 << 13 | 1 << 27 | 1 << 30 | 1 << 31;
/// The I-cache is on.
pub const I: u64 = 1 << 12;
/// `WFI` at EL0 is not trapped.
pub const N_TWI: u64 = 1 << 16;
/// `WFE` at EL0 is not trapped.
pub const N_TWE: u64 = 1 << 18;
/// What can be written cannot be executed.
pub const WXN: u64 = 1 << 19;
/// `PSTATE.PAN` is left unchanged by an exception.
pub const SPAN: u64 = 1 << 23;
/// Data at EL0 is big-endian.
pub const E0E: u64 = 1 << 24;
/// Data is big-endian, table walks among it.
pub const EE: u64 = 1 << 25;
