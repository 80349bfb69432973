// SPDX-License-Identifier: MIT OR Apache-2.0

//! Fuzz targets over the library, and what drives them.
//!
//! A target is a plain function of bytes. It takes them apart into what a loader could have left in
//! memory, gives that to the image's own code, and panics where a second opinion does not agree. It
//! returns a number that is the same for the same kind of answer.
//!
//! [`fuzz::run`] makes the bytes: it changes those of a kept corpus, and keeps what gets an answer
//! of a new kind or, where the build is instrumented (`make fuzz`), runs new code.

pub mod corpus;
pub mod coverage;
pub mod fuzz;
pub mod input;
pub mod machine;
pub mod mutate;
pub mod random;
pub mod second_opinion;
pub mod targets;
