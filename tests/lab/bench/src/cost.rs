// SPDX-License-Identifier: MIT OR Apache-2.0

//! What verifying costs, counted in QEMU: of the image in each situation, and of the C purgatory of
//! kexec-tools.

mod case;
mod counts;
mod lab;
mod layout;

pub use self::case::{Case, Window};
pub use self::counts::Counts;
pub use self::lab::{Lab, Measured};
pub use self::layout::{Layout, MOST_REGIONS, Shape};

/// Bytes in a MiB.
pub const MIB: u64 = 1 << 20;

/// Bytes in a SHA-256 block.
pub const BLOCK: u64 = 64;

/// Bytes that the image hashes before it writes them back.
pub const PIECE: u64 = 4096;

/// SHA-256 blocks in such a piece.
pub const BLOCKS: u64 = PIECE / BLOCK;
