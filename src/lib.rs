// SPDX-License-Identifier: MIT OR Apache-2.0

//! The pure half of the purgatory: every decision, none of the hardware.
//!
//! What `kexec` poked into the image's symbols becomes a checked [`request::Request`]; what the ID
//! registers say becomes a [`cpu::Cpu`]; both together become page tables ([`paging`]), register
//! values and a digest. All of it is plain arithmetic without `unsafe`, so the host tests it; the
//! image (`src/main.rs`, `src/arch/`) adds the registers, the memory and the order of things.

#![no_std]
#![forbid(unsafe_code)]

#[macro_use]
mod words;

pub mod abi;
pub mod control;
pub mod cpu;
pub mod digest;
pub mod paging;
pub mod part;
pub mod region;
pub mod report;
pub mod request;
pub mod sink;
pub mod translation;
