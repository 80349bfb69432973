// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the loader tells the two kernels, and what the old one tells the new one.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::{IdOverride, Regime, Register};

/// What the loader writes and both kernels read. The symbol [`Briefing::SYMBOL`] of either holds
/// its physical address. Behind it are the [`Logbook`] and, up to [`Briefing::STACK_TOP`], their
/// stack.
#[derive(Clone, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Briefing {
    /// [`Briefing::MAGIC`].
    pub magic: u64,
    /// The data register of the PL011 that both report on.
    pub uart: u64,

    // For the old kernel.
    /// The [`Regime`] to leave in, by number.
    pub regime: u64,
    /// Where to branch.
    pub purgatory_start: u64,
    /// The sum of `FLAG_` constants.
    pub flags: u64,
    /// Bits of `SCTLR_ELx` to set at the very end, when no memory is touched any more: `EE` among
    /// them.
    pub sctlr_set: u64,
    /// Bits of `SCTLR_ELx` to clear.
    pub sctlr_clear: u64,
    /// System registers to set, in this order. Those not named here stay as the machine starts.
    pub settings: [Setting; 24],

    // For the shim.
    /// Where it goes on, at EL1.
    pub old_kernel: u64,
    /// Where the purgatory starts and ends: only it is lied to.
    pub purgatory: [u64; 2],
    /// What it is told.
    pub overrides: [IdOverride; 4],
    /// What comes of its first access to the UART: a `SINK_` constant. Nobody else's fails.
    pub sink: u64,

    // For the firmware; it goes on at `old_kernel`, too.
    /// Whether there is one, and what it does with what it traps: a `FIRMWARE_` constant.
    pub firmware: u64,

    // For the new kernel.
    /// Where it must have been entered.
    pub kernel_entry: u64,
    /// What it must find in `x0`.
    pub dtb: u64,
    /// What it must find in memory.
    pub pieces: [Piece; 20],
}

/// What the old kernel leaves for the new one, [`Logbook::OFFSET`] after the briefing.
#[derive(Clone, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Logbook {
    /// What it left in `SCTLR_ELx`, as it read it back.
    pub sctlr: u64,
    /// The same for each [`Register`], by number; 0 where the CPU has no such register.
    pub left: [u64; 24],
}

/// One system register to set.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Setting {
    /// The [`Register`] by number; 0 ends the list.
    pub register: u64,
    /// Its value.
    pub value: u64,
}

/// Something in memory that must not have changed.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Piece {
    /// Its name, padded with zeros.
    pub name: [u8; 16],
    /// Its physical address.
    pub start: u64,
    /// Its length; a piece without length ends the list.
    pub len: u64,
    /// Its [`checksum`].
    pub checksum: u64,
}

/// `PSTATE.PAN` = 1 where the CPU has it.
pub const FLAG_PAN: u64 = 1 << 0;

/// The UART works.
pub const SINK_WORKS: u64 = 0;
/// A synchronous external abort, as where no device is.
pub const SINK_ABORTS: u64 = 1;
/// An SError some time later, as where a bus buffers the store to a device that has no clock.
pub const SINK_RAISES_SERROR: u64 = 2;
/// The UART works; an SError comes when the MMU goes off, as where memory reports an error late.
pub const HASH_RAISES_SERROR: u64 = 3;
/// It works, and another SError is pending all the time.
pub const SERROR_PENDING: u64 = 4;

/// There is none: the machine starts at the level of the old kernel.
pub const FIRMWARE_NONE: u64 = 0;
/// It ends the machine.
pub const FIRMWARE_KEEPS: u64 = 1;
/// It gives it back as an undefined instruction.
pub const FIRMWARE_GIVES_BACK: u64 = 2;

impl Briefing {
    /// "purgator", so that a briefing that was never placed is noticed.
    pub const MAGIC: u64 = u64::from_le_bytes(*b"purgator");
    /// The symbol of a guest that the loader sets to the briefing's physical address.
    pub const SYMBOL: &'static str = "guest_briefing";
    /// The end of the guests' stack, counted from the start of the briefing.
    pub const STACK_TOP: u64 = 0x8000;
}

impl Logbook {
    /// Where it is, counted from the start of the briefing.
    pub const OFFSET: u64 = 0x1000;
}

const _: () = assert!(
    size_of::<Briefing>() as u64 <= Logbook::OFFSET,
    "one page, then the logbook"
);
const _: () = assert!(
    Register::ALL.len() < 24,
    "every register has its place in `left`"
);

impl Default for Briefing {
    fn default() -> Self {
        Self {
            magic: Self::MAGIC,
            uart: 0,
            regime: Regime::El1And0 as u64,
            purgatory_start: 0,
            flags: 0,
            sctlr_set: 0,
            sctlr_clear: 0,
            settings: [Setting::default(); 24],
            old_kernel: 0,
            purgatory: [0; 2],
            overrides: [IdOverride::default(); 4],
            sink: SINK_WORKS,
            firmware: FIRMWARE_NONE,
            kernel_entry: 0,
            dtb: 0,
            pieces: [Piece::default(); 20],
        }
    }
}

impl Piece {
    /// Describes a piece of memory that holds `bytes`, and zeros up to `len`.
    pub fn new(name: &str, start: u64, bytes: &[u8], len: u64) -> Self {
        let mut padded = [0; 16];
        for (to, from) in padded.iter_mut().zip(name.bytes()) {
            *to = from;
        }
        Self {
            name: padded,
            start,
            len,
            checksum: checksum(bytes, len),
        }
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        let end = self
            .name
            .iter()
            .position(|&byte| byte == 0)
            .unwrap_or(self.name.len());
        core::str::from_utf8(&self.name[..end]).unwrap_or("?")
    }
}

/// Computes a checksum over `bytes` and the zeros after them up to `len`. It sees every single
/// changed bit, and words that have changed places.
pub fn checksum(bytes: &[u8], len: u64) -> u64 {
    /// Odd, so that multiplying loses nothing.
    const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

    let words = bytes.chunks(8).map(|chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_le_bytes(word)
    });
    words
        .chain(core::iter::repeat(0))
        .take(len.div_ceil(8) as usize)
        .fold(0, |sum: u64, word| {
            (sum.rotate_left(5) ^ word).wrapping_mul(MULTIPLIER)
        })
}
