//! Which compiler builds for the bare-metal target, and where its `core` comes from.
//!
//! rustup installs the target's `core` ready-made; distributions often have no package for it, but
//! one with `core`'s source. Ready-made, from whichever compiler has it, is preferred: it needs no
//! unstable flag. This module decides from facts; `probe` finds them.

use std::fmt;
use std::path::PathBuf;

/// What the image runs on: no FP registers, and no unaligned access, which Device memory forbids.
pub const TARGET: &str = "aarch64-unknown-none-softfloat";

/// The lowest compiler version: edition 2024 came with it.
pub const MINIMUM: (u32, u32) = (1, 85);

/// Where `core` comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Core {
    /// The target's own, beside the compiler.
    Installed,
    /// Compiled by cargo from the compiler's source package.
    Source,
}

impl fmt::Display for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Installed => "the installed target",
            Self::Source => "its source",
        })
    }
}

/// A compiler, and what lies in its sysroot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The compiler itself.
    pub rustc: PathBuf,
    /// The cargo that goes with it.
    pub cargo: PathBuf,
    /// What it prints for `--print sysroot`.
    pub sysroot: PathBuf,
    /// The triple it runs on.
    pub host: String,
    /// The commit it was built from, for paths of `core` as the ready-made one has them.
    pub commit: String,
    /// Major and minor version.
    pub version: (u32, u32),
    /// The sysroot has the target's `core`.
    pub installed: bool,
    /// The sysroot has `core`'s source.
    pub source: bool,
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor) = self.version;
        write!(f, "{} {major}.{minor}", self.rustc.display())
    }
}

impl Candidate {
    fn offers(&self, core: Core) -> bool {
        self.version >= MINIMUM
            && match core {
                Core::Installed => self.installed,
                Core::Source => self.source,
            }
    }
}

/// The first candidate with a ready-made `core`, else the first with its source. `only` leaves out
/// the other kind.
pub fn choose(candidates: &[Candidate], only: Option<Core>) -> Result<(&Candidate, Core), String> {
    [Core::Installed, Core::Source]
        .into_iter()
        .filter(|&core| only.is_none_or(|only| only == core))
        .find_map(|core| {
            candidates
                .iter()
                .find(|c| c.offers(core))
                .map(|c| (c, core))
        })
        .ok_or_else(|| help(candidates))
}

/// What was found, and the commands that help.
fn help(candidates: &[Candidate]) -> String {
    let (major, minor) = MINIMUM;
    let mut text = format!("no rustc {major}.{minor} or later with `core` for {TARGET}; found ");
    if candidates.is_empty() {
        text += "none at all";
    }
    let found = candidates.iter().map(ToString::to_string);
    text += &found.collect::<Vec<_>>().join(", ");
    text += &format!(
        "; run one of
  rustup:     rustup target add {TARGET}
  Debian 12:  apt-get install rustc-web cargo-web rust-web-src lld
  Debian 13:  apt-get install rustc cargo rust-src lld
  Fedora:     dnf install cargo rust-std-static-{TARGET} lld"
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(name: &str, version: (u32, u32), installed: bool, source: bool) -> Candidate {
        Candidate {
            rustc: name.into(),
            cargo: "cargo".into(),
            sysroot: "/usr".into(),
            host: "x86_64-unknown-linux-gnu".into(),
            commit: "c0ffee".into(),
            version,
            installed,
            source,
        }
    }

    fn chosen(candidates: &[Candidate], only: Option<Core>) -> (String, Core) {
        let (c, core) = choose(candidates, only).unwrap();
        (c.rustc.display().to_string(), core)
    }

    #[test]
    fn an_installed_core_anywhere_wins_over_source_anywhere() {
        let found = [
            candidate("source", (1, 96), false, true),
            candidate("installed", (1, 85), true, false),
        ];
        assert_eq!(chosen(&found, None), ("installed".into(), Core::Installed));
    }

    #[test]
    fn among_equals_the_first_wins() {
        let found = [
            candidate("bare", (1, 95), false, false),
            candidate("first", (1, 96), false, true),
            candidate("second", (1, 97), false, true),
        ];
        assert_eq!(chosen(&found, None), ("first".into(), Core::Source));
    }

    #[test]
    fn a_compiler_that_is_too_old_is_passed_over() {
        let found = [
            candidate("old", (1, 84), true, true),
            candidate("new", (2, 0), false, true),
        ];
        assert_eq!(chosen(&found, None), ("new".into(), Core::Source));
        assert!(choose(&found[..1], None).is_err());
    }

    #[test]
    fn one_kind_can_be_insisted_on() {
        let found = [candidate("both", (1, 90), true, true)];
        assert_eq!(chosen(&found, Some(Core::Source)).1, Core::Source);
        let found = [candidate("installed", (1, 90), true, false)];
        assert!(choose(&found, Some(Core::Source)).is_err());
    }

    #[test]
    fn without_one_the_error_names_what_was_found_and_the_commands() {
        let message = choose(&[candidate("/opt/rustc", (1, 84), true, true)], None).unwrap_err();
        for needle in [
            "/opt/rustc 1.84",
            "rustup target add aarch64-unknown-none-softfloat",
            "apt-get install rustc-web cargo-web rust-web-src",
            "apt-get install rustc cargo rust-src lld",
            "dnf install cargo rust-std-static-aarch64-unknown-none-softfloat",
        ] {
            assert!(message.contains(needle), "{needle} not in: {message}");
        }
    }
}
