// SPDX-License-Identifier: MIT OR Apache-2.0

//! The command line.

use crate::toolchain::Core;
use anyhow::{Result, anyhow, bail, ensure};
use lexopt::{Arg, Parser, ValueExt};
use std::ffi::OsString;
use std::path::PathBuf;

const USAGE: &str = "usage: cargo xtask [options] <command>
commands:
  image          build target/purgatory.ro, .elf, .map and .spdx, and print what is in them
  probe          build target/probe.Image and .elf, a kernel that only looks around
  guests         build the tests' bare-metal programs into target/guests/
  cargo <args>   run a cargo command (clippy, rustdoc …) as the image is built
options:
  --sha256=own|sha2         whose SHA-256 the image has where the CPU has no instructions for it:
                            its own, or that of the crate `sha2`, in target/purgatory-sha2.*
  --on-failure=<seconds>    what the image does where it starts no kernel: 0 halts, more resets the
                            machine after so many seconds (default: what it does now)
  --default                 image: refuse if it was chosen to be another than that of a new tree
  --core=installed|source   where `core` comes from (default: installed, else source)
  --linker=<program>        instead of LLD: GNU ld for AArch64, by the name *-ld
  --root=<dir>              the workspace to build (default: the one around)
  --target-dir=<dir>        instead of its target/";

/// The request.
#[derive(Debug, PartialEq, Eq)]
pub enum Verb {
    /// Build and wrap the image.
    Image(Variant),
    /// Build the probe.
    Probe,
    /// Build the test guests.
    Guests,
    /// Run any cargo command for the bare-metal target: its name and arguments.
    Cargo(String, Vec<OsString>),
}

/// Which image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Variant {
    /// The SHA-256 in it.
    pub sha256: Sha256,
    /// The symbol `on_failure`: seconds until a reset, 0 for none. If it is not given, the value
    /// chosen before.
    pub on_failure: Option<u32>,
    /// Whether the settings must be those of a new tree.
    pub default: bool,
}

/// The software SHA-256 in the image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sha256 {
    /// The project's.
    #[default]
    Own,
    /// That of the crate `sha2`.
    Crate,
}

impl Sha256 {
    /// Returns the name of an image with it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Own => "purgatory",
            Self::Crate => "purgatory-sha2",
        }
    }
}

/// Input and output folders.
#[derive(Debug)]
pub struct Options {
    /// The workspace.
    pub root: PathBuf,
    /// The folder used as `target/` in this run.
    pub target_dir: PathBuf,
    /// The one source of `core` that is allowed, if only one is.
    pub core: Option<Core>,
    /// The linker, if not LLD.
    pub linker: Option<OsString>,
}

/// Reads the arguments.
pub fn parse(mut arguments: Parser) -> Result<(Options, Verb)> {
    let (mut root, mut target_dir, mut core, mut verb) = (here(), None, None, None);
    let (mut sha256, mut on_failure, mut linker) = (None, None, None);
    let mut default = None;
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("root") => root = std::path::absolute(arguments.value()?)?,
            Arg::Long("target-dir") => target_dir = Some(std::path::absolute(arguments.value()?)?),
            Arg::Long("core") => match &*arguments.value()?.string()? {
                "installed" => core = Some(Core::Installed),
                "source" => core = Some(Core::Source),
                other => bail!("no `core` is called {other}\n{USAGE}"),
            },
            Arg::Long("linker") => linker = Some(arguments.value()?),
            Arg::Long("sha256") => match &*arguments.value()?.string()? {
                "own" => sha256 = Some(Sha256::Own),
                "sha2" => sha256 = Some(Sha256::Crate),
                other => bail!("no SHA-256 is called {other}\n{USAGE}"),
            },
            Arg::Long("on-failure") => {
                let seconds = arguments.value()?.string()?;
                on_failure = Some(seconds.parse().map_err(|_| {
                    anyhow!(
                        "{seconds:?} is no number of seconds up to {}\n{USAGE}",
                        u32::MAX
                    )
                })?);
            }
            Arg::Long("default") => default = Some(()),
            Arg::Value(word) if verb.is_none() => match word.to_str() {
                Some("image") => verb = Some(Verb::Image(Variant::default())),
                Some("probe") => verb = Some(Verb::Probe),
                Some("guests") => verb = Some(Verb::Guests),
                Some("cargo") => {
                    let subcommand = arguments.value()?.string()?;
                    verb = Some(Verb::Cargo(subcommand, arguments.raw_args()?.collect()));
                }
                _ => bail!("no command is called {word:?}\n{USAGE}"),
            },
            other => bail!("{}\n{USAGE}", other.unexpected()),
        }
    }
    let verb = match verb {
        Some(Verb::Image(_)) => Verb::Image(Variant {
            sha256: sha256.take().unwrap_or_default(),
            on_failure: on_failure.take(),
            default: default.take().is_some(),
        }),
        Some(other) => other,
        None => bail!(USAGE),
    };
    // An option that a command does not know must not look as if it had taken effect.
    for (option, is_left) in [
        ("--on-failure", on_failure.is_some()),
        ("--sha256", sha256.is_some()),
        ("--default", default.is_some()),
    ] {
        ensure!(!is_left, "{option} means nothing to this command\n{USAGE}");
    }
    let target_dir = target_dir.unwrap_or_else(|| root.join("target"));
    let options = Options {
        root,
        target_dir,
        core,
        linker,
    };
    Ok((options, verb))
}

/// Returns the workspace in which `cargo run` found this program, else the one from which it was
/// built. With one target directory for several checkouts these may differ.
fn here() -> PathBuf {
    let own = || env!("CARGO_MANIFEST_DIR").into();
    let mut package = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(own, PathBuf::from);
    package.pop();
    package
}

#[cfg(test)]
mod tests;
