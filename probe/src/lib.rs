// SPDX-License-Identifier: MIT OR Apache-2.0

//! The pure half of the probe: what it makes of registers, of the device tree and of what it has
//! measured, and how it says so.
//!
//! A loader takes the probe for an arm64 kernel. Started through the purgatory it tells what it finds,
//! how fast the image's own routines are here, and resets the machine or stops. The program itself is
//! `src/main.rs`, with all its `unsafe` code and assembly in `src/arch/`.

#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

pub mod arrival;
pub mod cache;
pub mod device_tree;
pub mod machine;
pub mod midr;
pub mod options;
pub mod port;
pub mod report;
pub mod speed;
pub mod terms;

pub use self::arrival::Arrival;
pub use self::terms::Term;
