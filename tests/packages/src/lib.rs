// SPDX-License-Identifier: MIT OR Apache-2.0

//! The basis of the tests of packages: Debian systems, each with the packages that a test needs and
//! no others, in which commands run with or without network.

pub mod suite;
