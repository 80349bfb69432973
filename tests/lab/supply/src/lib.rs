// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the image is made of, as one can read it.
//!
//! `linked` finds by the debug information which source lines have code in the image, `source`
//! whose they are and where, `unsafety` which lines of a file are in `unsafe`, and `shares` puts
//! these together, crate by crate. `policy` does a part of what cargo-deny does, where that is not
//! installed.

pub mod linked;
pub mod policy;
pub mod shares;
pub mod source;
pub mod unsafety;
