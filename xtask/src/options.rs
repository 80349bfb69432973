// SPDX-License-Identifier: MIT OR Apache-2.0

//! The command line.

use crate::toolchain::Core;
use anyhow::{Context, Result, anyhow, bail, ensure};
use lexopt::{Arg, Parser, ValueExt};
use std::ffi::OsString;
use std::path::PathBuf;

const USAGE: &str = "usage: cargo xtask [options] <command>
commands:
  image          build target/purgatory.ro, .elf, .map and .spdx, and print what is in them
  guests         build the tests' bare-metal programs into target/guests/
  cargo <args>   run a cargo command (clippy, rustdoc …) as the image is built
  patch <kexec>  put target/purgatory.ro into a kexec that is built; what it was stays beside it
  unpatch <kexec>  undo that
  set <file>     set on_failure of a purgatory.ro, or of the one in a kexec
  info <file>    say what the purgatory in a purgatory.ro or in a kexec is
options:
  --sha256=own|sha2         whose SHA-256 the image has where the CPU has no instructions for it:
                            its own, or that of the crate `sha2`, in target/purgatory-sha2.*
  --on-failure=<seconds>    what the image does where it starts no kernel: 0 halts (default), more
                            resets the machine after so many seconds
  --to=<file>               patch, set: change a copy of this name instead
  --ro=<file>               patch: another image
  --core=installed|source   where `core` comes from (default: installed, else source)
  --linker=<program>        instead of LLD: GNU ld for AArch64, by the name *-ld
  --root=<dir>              the workspace to build (default: the one around)
  --target-dir=<dir>        instead of its target/";

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Verb {
    /// Build and wrap the image.
    Image(Variant),
    /// Build the test guests.
    Guests,
    /// Run any cargo command for the bare-metal target: its name, and what follows.
    Cargo(String, Vec<OsString>),
    /// Put an image (or the one that was built) into a kexec, or into a copy of it.
    Patch {
        /// The program.
        kexec: PathBuf,
        /// The copy.
        to: Option<PathBuf>,
        /// The image.
        ro: Option<PathBuf>,
    },
    /// Take it out again.
    Unpatch(PathBuf),
    /// Set a symbol of an image, alone or in a kexec, or in a copy of it.
    Set {
        /// The image or the kexec.
        file: PathBuf,
        /// The copy.
        to: Option<PathBuf>,
        /// What `on_failure` is to be.
        on_failure: u32,
    },
    /// Describe an image, alone or in a kexec.
    Info(PathBuf),
}

/// Which image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Variant {
    /// Whose SHA-256 it has.
    pub sha256: Sha256,
    /// The symbol `on_failure`: seconds up to a reset, 0 for none.
    pub on_failure: u32,
}

/// Which SHA-256 the image has in software.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sha256 {
    /// The project's.
    #[default]
    Own,
    /// That of the crate `sha2`.
    Crate,
}

/// Where things are and where they go.
#[derive(Debug)]
pub struct Options {
    /// The workspace.
    pub root: PathBuf,
    /// What `target/` is for this run.
    pub target_dir: PathBuf,
    /// The one source of `core` that is allowed, if only one is.
    pub core: Option<Core>,
    /// What links, if not LLD.
    pub linker: Option<OsString>,
}

/// Reads the arguments.
pub fn parse(mut arguments: Parser) -> Result<(Options, Verb)> {
    let (mut root, mut target_dir, mut core, mut verb) = (here(), None, None, None);
    let (mut sha256, mut on_failure, mut linker) = (Sha256::Own, None, None);
    let (mut to, mut ro) = (None, None);
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
                "own" => sha256 = Sha256::Own,
                "sha2" => sha256 = Sha256::Crate,
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
            Arg::Long("to") => to = Some(file(&mut arguments)?),
            Arg::Long("ro") => ro = Some(file(&mut arguments)?),
            Arg::Value(word) if verb.is_none() => match word.to_str() {
                Some("image") => verb = Some(Verb::Image(Variant::default())),
                Some("guests") => verb = Some(Verb::Guests),
                Some("cargo") => {
                    let subcommand = arguments.value()?.string()?;
                    verb = Some(Verb::Cargo(subcommand, arguments.raw_args()?.collect()));
                }
                Some("patch") => {
                    verb = Some(Verb::Patch {
                        kexec: file(&mut arguments)?,
                        to: None,
                        ro: None,
                    });
                }
                Some("unpatch") => verb = Some(Verb::Unpatch(file(&mut arguments)?)),
                Some("set") => {
                    verb = Some(Verb::Set {
                        file: file(&mut arguments)?,
                        to: None,
                        on_failure: 0,
                    });
                }
                Some("info") => verb = Some(Verb::Info(file(&mut arguments)?)),
                _ => bail!("no command is called {word:?}\n{USAGE}"),
            },
            other => bail!("{}\n{USAGE}", other.unexpected()),
        }
    }
    let verb = match verb {
        Some(Verb::Image(_)) => Verb::Image(Variant {
            sha256,
            on_failure: on_failure.unwrap_or(0),
        }),
        Some(Verb::Patch { kexec, .. }) => Verb::Patch {
            kexec,
            to: to.take(),
            ro: ro.take(),
        },
        Some(Verb::Set { file, .. }) => Verb::Set {
            file,
            to: to.take(),
            on_failure: on_failure.with_context(|| format!("set: no --on-failure\n{USAGE}"))?,
        },
        Some(other) => other,
        None => bail!(USAGE),
    };
    // What a command does not know must not look as if it had been heeded.
    for (option, value) in [("--to", to), ("--ro", ro)] {
        ensure!(
            value.is_none(),
            "{option} means nothing to this command\n{USAGE}"
        );
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

/// The name of a file, which comes next.
fn file(arguments: &mut Parser) -> Result<PathBuf> {
    let file = arguments.value().ok().filter(|file| !file.is_empty());
    file.map(Into::into)
        .with_context(|| format!("no file is named\n{USAGE}"))
}

/// The workspace that `cargo run` found this program in, else the one it was built from. With one
/// target directory for several checkouts these may differ.
fn here() -> PathBuf {
    let own = || env!("CARGO_MANIFEST_DIR").into();
    let mut package = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(own, PathBuf::from);
    package.pop();
    package
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn parse(line: &str) -> Result<(Options, Verb)> {
        super::parse(Parser::from_args(line.split_whitespace()))
    }

    #[test]
    fn what_follows_cargo_is_cargos() {
        let line = "--core=source --root=/w --linker=x-ld --target-dir=/x cargo clippy --core=no";
        let (options, verb) = parse(line).unwrap();
        assert_eq!(options.core, Some(Core::Source));
        assert_eq!(options.linker, Some("x-ld".into()));
        assert_eq!(options.root, Path::new("/w"));
        assert_eq!(options.target_dir, Path::new("/x"));
        assert_eq!(verb, Verb::Cargo("clippy".into(), vec!["--core=no".into()]));
    }

    #[test]
    fn an_option_may_follow_the_command() {
        let variant = Variant {
            sha256: Sha256::Crate,
            on_failure: 10,
        };
        for line in [
            "--sha256=sha2 --on-failure=10 image",
            "image --on-failure=10 --sha256=sha2",
        ] {
            assert_eq!(parse(line).unwrap().1, Verb::Image(variant), "{line}");
        }
        assert_eq!(parse("image").unwrap().1, Verb::Image(Variant::default()));
    }

    #[test]
    fn a_command_about_a_file_may_have_options_around_it() {
        let patch = |to: Option<&str>, ro: Option<&str>| Verb::Patch {
            kexec: "k".into(),
            to: to.map(Into::into),
            ro: ro.map(Into::into),
        };
        assert_eq!(parse("patch k").unwrap().1, patch(None, None));
        let both = patch(Some("t"), Some("r"));
        assert_eq!(parse("--to=t patch k --ro r").unwrap().1, both);
        assert_eq!(
            parse("set f --on-failure=0").unwrap().1,
            Verb::Set {
                file: "f".into(),
                to: None,
                on_failure: 0
            }
        );
    }

    #[test]
    fn anything_else_is_refused_with_the_usage() {
        for line in [
            "",
            "image now",
            "--core=both image",
            "--fast image",
            "--on-failure=soon image",
            "--on-failure=4294967296 image",
            "dance",
            "patch",
            "patch --ro= k",
            "set f",
            "set f --on-failure=1 --ro=r",
            "unpatch k --to=t",
            "info f g",
        ] {
            let error = parse(line).unwrap_err().to_string();
            assert!(error.contains("usage:"), "{line}: {error}");
        }
    }
}
