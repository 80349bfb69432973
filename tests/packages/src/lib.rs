// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the tests of packages stand on: Debian systems, each with the packages that a test wants
//! and no others, in which commands run with or without network.

pub mod suite;
