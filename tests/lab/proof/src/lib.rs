// SPDX-License-Identifier: MIT OR Apache-2.0

//! A proof that the block routines in the linked image are SHA-256, for all inputs.
//!
//! # What is proven
//!
//! Of the bytes of `sha256_software` and `sha256_instructions` in the linked ELF file, for every
//! hash value, every message of one block or more, every other content of registers and memory:
//!
//! * the routine returns, and the state is then what FIPS 180-4, 6.2.2 makes of it with all blocks,
//!   from the first to the last;
//! * it loads from nothing but the state, the blocks, the 64 constants and its frame on the stack,
//!   stores to nothing but the state and the frame, and each access is aligned if the state and the
//!   blocks are aligned to 8 bytes; none is below the stack pointer of its moment;
//! * `sp` and `x19` to `x30` are back, and with `sha256_software` all vector registers as they
//!   were;
//! * the cache is asked for nothing but the state, the blocks, and addresses after them that are
//!   below `ahead`.
//!
//! And of `clear_vectors`: it leaves zeros in all vector registers, and accesses no memory. Who
//! calls it, [`calls`] looks at.
//!
//! `sha256_instructions` changes `v8` to `v15`, whose lower halves AAPCS64 6.1.2 has a callee save.
//! The image is compiled for a softfloat target: no compiled code has anything in them.
//!
//! # What is taken for granted
//!
//! * `x0` to `x3` and the stack pointer are as the contracts of the routines have them; the stack
//!   pointer is a multiple of 16; the blocks' length is a multiple of 64 bytes.
//! * State, blocks, the frame and the image do not overlap, and no other code writes to them.
//! * No address that comes up reaches around the end of the address space. All regions lie below
//!   2^52.
//! * The instructions do what [`machine`] says, which is tested against QEMU.
//! * Loads and stores work: the MMU lets them pass, and, if the blocks are not aligned, memory is
//!   Normal.
//!
//! # How
//!
//! [`machine`] runs the instructions on words that are not known: [`Term`]s in a normal form, in
//! which equal is what looks alike. The loop over the blocks is an induction ([`claim`]): from the
//! entry to the loop's head, from there to there with a block that another follows, from there to
//! the return with the last one; each from new unknowns, of which only the invariant is known.

pub mod calls;
pub mod claim;
pub mod encoding;
pub mod fips;
pub mod image;
pub mod machine;
mod term;
mod word;

pub use self::image::Image;
pub use self::term::{Term, Values};
pub use self::word::Word;
