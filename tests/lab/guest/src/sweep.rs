// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the test of every system register tells its guest, and what both know of registers.

pub mod encoding;
pub mod left_out;
pub mod rule;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

pub use self::encoding::Encoding;

/// The piece of the briefing with the [`Orders`].
pub const ORDERS: &str = "orders";

/// The distance from the guest's first instruction to the one that the kernel's page branches to.
pub const ARRIVAL: u64 = 4;

/// Where the image is, and what to call it with.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Orders {
    /// Where the image is called.
    pub image: u64,
    /// How long it is in memory, zeros included.
    pub image_memsz: u64,
    /// A copy of it as it was loaded.
    pub pristine: u64,
    /// How long that is.
    pub pristine_len: u64,
    /// The image's first instruction.
    pub start: u64,
    /// What must be in `x0` at the kernel's entry.
    pub dtb: u64,
    /// The one register that is set alone, by its [`Encoding::number`]; 0: each.
    pub only: u64,
    /// What random combinations begin with.
    pub seed: u64,
    /// How many of them there are.
    pub combinations: u64,
}
