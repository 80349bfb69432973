// SPDX-License-Identifier: MIT OR Apache-2.0

//! The targets.

mod builder;
mod frames;
mod loader_tables;
mod request;

pub use self::builder::builder;
pub use self::loader_tables::loader_tables;
pub use self::request::request;

/// A function that is to bear any bytes.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// What it is called.
    pub name: &'static str,
    /// Panics where the image's code does not do what it should. Returns a number for the kind of
    /// answer.
    pub run: fn(&[u8]) -> u64,
}

/// All of them.
pub const ALL: [Target; 3] = [
    Target {
        name: "request",
        run: request,
    },
    Target {
        name: "loader-tables",
        run: loader_tables,
    },
    Target {
        name: "builder",
        run: builder,
    },
];
