// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the documents say is what the source does.

mod bench;
mod boot;
mod citations;
mod compatibility;
mod console;
mod document;
mod links;
mod map;
mod memory;
mod sentences;
