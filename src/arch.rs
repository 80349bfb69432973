// SPDX-License-Identifier: MIT OR Apache-2.0

//! Hardware access: registers, memory, ordering. All of the image's `unsafe` code and assembly is
//! in here.

#![allow(unsafe_code)]

mod attempt;
pub mod cache;
pub mod console;
mod entry;
mod exception;
pub mod handover;
pub mod image;
mod libcalls;
pub mod memory;
pub mod registers;
mod reset;
pub mod sha256;
pub mod symbols;
pub mod timer;
pub mod window;

pub use entry::Entry;
pub(crate) use entry::entry;
