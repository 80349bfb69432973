// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is compared with what.

use std::fmt;

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
    /// From the loader, Non-shareable as a patched kexec makes them.
    Loader,
    /// From the loader, Inner Shareable.
    LoaderInner,
}

impl Case {
    /// All of our image, the usual one first.
    pub const OURS: [Self; 7] = [
        Self::ours(Window::Own, true),
        Self::ours(Window::Own, false),
        Self::ours(Window::Loader, true),
        Self::ours(Window::Loader, false),
        Self::ours(Window::LoaderInner, true),
        Self::ours(Window::None, true),
        Self::ours(Window::None, false),
    ];

    /// Returns the case of our image with these tables, on a CPU with or without SHA2 instructions.
    pub const fn ours(window: Window, sha2: bool) -> Self {
        Self::Ours { window, sha2 }
    }

    /// Returns whether it uses the SHA2 instructions.
    pub fn sha2(self) -> bool {
        matches!(self, Self::Ours { sha2: true, .. })
    }

    /// Returns whether the loader makes tables.
    pub fn has_loaders_tables(self) -> bool {
        matches!(self.window(), Window::Loader | Window::LoaderInner)
    }

    /// Returns where the tables come from.
    pub fn window(self) -> Window {
        match self {
            Self::C => Window::None,
            Self::Ours { window, .. } => window,
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::C => "C".to_string(),
            Self::Ours { window, sha2 } => {
                let tables = match window {
                    Window::None => "no window",
                    Window::Own => "window",
                    Window::Loader => "loader's tables",
                    Window::LoaderInner => "loader's tables, Inner Shareable",
                };
                let path = if *sha2 { "SHA2" } else { "no SHA2" };
                format!("{tables}, {path}")
            }
        };
        f.pad(&words)
    }
}
