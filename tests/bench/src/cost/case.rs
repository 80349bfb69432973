// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is compared with what.

use std::fmt;

/// Bytes in a MiB.
pub const MIB: u64 = 1 << 20;

/// A purgatory in a situation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// The C purgatory: neither cache nor SHA2 instructions, wherever it runs.
    C,
    /// Ours.
    Ours {
        /// Where its tables come from.
        window: Window,
        /// The CPU has the SHA2 instructions.
        sha2: bool,
    },
}

/// Where the tables come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// There are none: the D-cache stays off.
    None,
    /// From the image itself.
    Own,
    /// From the loader.
    Loader,
}

impl Case {
    /// All of them, the one that all others are compared with first.
    pub const ALL: [Self; 7] = [
        Self::C,
        Self::ours(Window::None, false),
        Self::ours(Window::None, true),
        Self::ours(Window::Own, false),
        Self::ours(Window::Loader, false),
        Self::ours(Window::Own, true),
        Self::ours(Window::Loader, true),
    ];

    /// Returns the case of our image with these tables, on a CPU with or without SHA2 instructions.
    pub const fn ours(window: Window, sha2: bool) -> Self {
        Self::Ours { window, sha2 }
    }

    /// Returns whether it uses the SHA2 instructions.
    pub fn sha2(self) -> bool {
        matches!(self, Self::Ours { sha2: true, .. })
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::C => "C, kexec-tools 2.0.25".to_string(),
            Self::Ours { window, sha2 } => {
                let tables = match window {
                    Window::None => "no window",
                    Window::Own => "window",
                    Window::Loader => "loader's tables",
                };
                let path = if *sha2 { "SHA2" } else { "no SHA2" };
                format!("{tables}, {path}")
            }
        };
        f.pad(&words)
    }
}
