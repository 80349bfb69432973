// SPDX-License-Identifier: MIT OR Apache-2.0

//! Enums whose variants the console has words for.

/// Declares an enum and a macro that expands to its words, in the order of the variants and with
/// `|` between them, as a choice in one of [`report`](crate::report)'s templates requires.
macro_rules! worded {
    (
        $(#[$enum_meta:meta])*
        pub enum $name:ident, $words:ident! {
            $($(#[$meta:meta])* $variant:ident = $word:literal,)+
        }
    ) => {
        $(#[$enum_meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$meta])* $variant,)+
        }

        macro_rules! $words {
            () => {
                worded!(@joined $($word),+)
            };
        }
        #[allow(unused_imports, reason = "the module of the enum may be the only user")]
        pub(crate) use $words;
    };
    (@joined $first:literal $(, $rest:literal)*) => {
        concat!($first $(, "|", $rest)*)
    };
}
