// SPDX-License-Identifier: MIT OR Apache-2.0

//! The command line.

use anyhow::{Context, Result, anyhow, bail, ensure};
use lexopt::{Arg, Parser, ValueExt};
use std::path::PathBuf;

/// What `--help` prints.
pub const USAGE: &str = "usage: purgatory-tool [options] <command> <file>
commands:
  patch <kexec>    put the image of --ro into a kexec; what it was stays beside it
  unpatch <kexec>  undo that
  set <file>       set on_failure of a purgatory.ro, or of the one in a kexec
  info <file>      say what the purgatory in a purgatory.ro or in a kexec is
options:
  --ro=<file>              patch: the image, a purgatory.ro
  --to=<file>              patch, set: change a copy of this name instead
  --on-failure=<seconds>   patch, set: what the image does where it starts no kernel: 0 halts, more
                           resets the machine after so many seconds (default: what it does now)
  --help, --version
The exit code is 0 if it is done (info: and kexec can load the purgatory), 1 if not, 2 if the
command line is wrong.";

/// The request.
#[derive(Debug, PartialEq, Eq)]
pub enum Verb {
    /// Print how to call it.
    Help,
    /// Print which version it is.
    Version,
    /// Put an image into a kexec, or into a copy of it.
    Patch {
        /// The program.
        kexec: PathBuf,
        /// The copy.
        to: Option<PathBuf>,
        /// The image.
        ro: PathBuf,
        /// The new value of `on_failure`, if it is to change.
        on_failure: Option<u32>,
    },
    /// Take it out again.
    Unpatch(PathBuf),
    /// Set a symbol of an image, alone or in a kexec, or in a copy of it.
    Set {
        /// The image or the kexec.
        file: PathBuf,
        /// The copy.
        to: Option<PathBuf>,
        /// The new value of `on_failure`.
        on_failure: u32,
    },
    /// Describe an image, alone or in a kexec.
    Info(PathBuf),
}

/// Reads the arguments.
pub fn parse(mut arguments: Parser) -> Result<Verb> {
    let (mut to, mut ro, mut on_failure) = (None, None, None);
    let mut words = Vec::new();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => return Ok(Verb::Help),
            Arg::Long("version") => return Ok(Verb::Version),
            Arg::Long("to") => to = Some(file(&mut arguments)?),
            Arg::Long("ro") => ro = Some(file(&mut arguments)?),
            Arg::Long("on-failure") => {
                let seconds = arguments.value()?.string()?;
                on_failure = Some(seconds.parse().map_err(|_| {
                    anyhow!(
                        "{seconds:?} is no number of seconds up to {}\n{USAGE}",
                        u32::MAX
                    )
                })?);
            }
            Arg::Value(word) => words.push(word),
            other => bail!("{}\n{USAGE}", other.unexpected()),
        }
    }
    let (command, file) = match &*words {
        [] => bail!(USAGE),
        [command] => (command, None),
        [command, file] => (command, Some(PathBuf::from(file))),
        [_, _, more, ..] => bail!("{more:?} is one argument too many\n{USAGE}"),
    };
    let named = || {
        let file = file.filter(|file| !file.as_os_str().is_empty());
        file.with_context(|| format!("no file is named\n{USAGE}"))
    };
    let verb = match command.to_str() {
        Some("patch") => Verb::Patch {
            kexec: named()?,
            to: to.take(),
            ro: ro
                .take()
                .with_context(|| format!("patch: no --ro\n{USAGE}"))?,
            on_failure: on_failure.take(),
        },
        Some("unpatch") => Verb::Unpatch(named()?),
        Some("set") => Verb::Set {
            file: named()?,
            to: to.take(),
            on_failure: on_failure
                .take()
                .with_context(|| format!("set: no --on-failure\n{USAGE}"))?,
        },
        Some("info") => Verb::Info(named()?),
        _ => bail!("no command is called {command:?}\n{USAGE}"),
    };
    // An option that a command does not know must not look as if it had taken effect.
    for (option, is_left) in [
        ("--to", to.is_some()),
        ("--ro", ro.is_some()),
        ("--on-failure", on_failure.is_some()),
    ] {
        ensure!(!is_left, "{option} means nothing to this command\n{USAGE}");
    }
    Ok(verb)
}

/// Takes the next argument, the name of a file.
fn file(arguments: &mut Parser) -> Result<PathBuf> {
    let file = arguments.value().ok().filter(|file| !file.is_empty());
    file.map(Into::into)
        .with_context(|| format!("no file is named\n{USAGE}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Verb> {
        super::parse(Parser::from_args(line.split_whitespace()))
    }

    #[test]
    fn a_command_may_have_options_around_it() {
        let patch = |to: Option<&str>, on_failure| Verb::Patch {
            kexec: "k".into(),
            to: to.map(Into::into),
            ro: "r".into(),
            on_failure,
        };
        assert_eq!(parse("patch k --ro=r").unwrap(), patch(None, None));
        let all = patch(Some("t"), Some(7));
        let line = "--to=t patch k --ro r --on-failure=7";
        assert_eq!(parse(line).unwrap(), all);
        let set = Verb::Set {
            file: "f".into(),
            to: None,
            on_failure: 0,
        };
        assert_eq!(parse("set f --on-failure=0").unwrap(), set);
        assert_eq!(parse("info f").unwrap(), Verb::Info("f".into()));
        assert_eq!(parse("unpatch f").unwrap(), Verb::Unpatch("f".into()));
    }

    #[test]
    fn help_and_version_need_nothing_else() {
        assert_eq!(parse("patch --help").unwrap(), Verb::Help);
        assert_eq!(parse("-h").unwrap(), Verb::Help);
        assert_eq!(parse("--version").unwrap(), Verb::Version);
    }

    #[test]
    fn anything_else_is_refused_with_the_usage() {
        for line in [
            "",
            "--fast info f",
            "--on-failure=soon set f",
            "--on-failure=4294967296 set f",
            "dance f",
            "patch --ro=r",
            "patch k",
            "patch --ro= k",
            "set f",
            "set f --on-failure=1 --ro=r",
            "unpatch k --to=t",
            "unpatch k --on-failure=1",
            "info f g",
            "info f --ro=r",
        ] {
            let error = parse(line).unwrap_err().to_string();
            assert!(error.contains("usage:"), "{line}: {error}");
        }
    }
}
