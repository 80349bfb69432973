// SPDX-License-Identifier: MIT OR Apache-2.0

//! Building the image: on any machine, in any directory, environment and configuration, by `make`
//! and by plain cargo, the same bytes, or one message that says what to install.
//!
//! `core` is compiled from its source too, which takes the compiler's `rust-src`. Where that is not
//! to be had, `PURGATORY_WITHOUT=rust-src` leaves this out, and says so.

mod builds;
mod configuration;
mod core_source;
mod hostile;
mod leftovers;
mod missing_tools;
mod probe;
mod same_bytes;
