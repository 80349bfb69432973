// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the image should come to, written down once more from the documents: nothing here uses the
//! library's own arithmetic, but its types.

mod pages;
mod request;
mod walk;

pub use self::pages::{Page, tables, touched, wanted};
pub use self::request::refusal;
pub use self::walk::Judge;
