// SPDX-License-Identifier: MIT OR Apache-2.0

//! The machine: the probe's first instructions, exceptions, registers and the UART. All of the probe's
//! `unsafe` code and assembly stands below here, and in the image's own files.

#![allow(unsafe_code)]

pub mod console;
mod entry;
mod exception;
pub mod machine;
pub mod memory;
