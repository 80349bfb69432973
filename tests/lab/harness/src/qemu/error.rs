// SPDX-License-Identifier: MIT OR Apache-2.0

//! Why QEMU does not run: missing, too old, or something else.

use std::process::Command;
use std::sync::OnceLock;
use std::{fmt, io};

use super::program;

/// Older ones let unaligned accesses to Device memory pass, which real machines do not.
const OLDEST: u32 = 9;

/// Why QEMU did not run.
#[derive(Debug)]
pub enum Error {
    /// There is no QEMU for this machine.
    Missing,
    /// There is one, but too old.
    TooOld(String),
    /// It could not be started or watched.
    Io(io::Error),
    /// It ran for an hour and came to no end that was expected: what, and the console.
    Hung(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = program();
        let program = program.display();
        match self {
            Self::Missing => write!(f, "{program} is not installed: run `make setup`"),
            Self::TooOld(found) => {
                write!(
                    f,
                    "{program} is `{found}`, {OLDEST} or later is needed: run `make setup`"
                )
            }
            Self::Hung(run) => write!(
                f,
                "QEMU hung: after an hour it had come to no end that the test knows of; this is no \
                 verdict on what ran\nrun:     {run}"
            ),
            Self::Io(error) => write!(f, "{program}: {error}"),
        }
    }
}

impl std::error::Error for Error {}

/// Asks QEMU once for its version.
pub(super) fn check_version() -> Result<(), Error> {
    static VERSION: OnceLock<Option<String>> = OnceLock::new();
    let version = VERSION.get_or_init(|| {
        let output = Command::new(program()).arg("--version").output().ok()?;
        Some(
            String::from_utf8_lossy(&output.stdout)
                .lines()
                .next()
                .unwrap_or_default()
                .to_string(),
        )
    });
    match version {
        None => Err(Error::Missing),
        Some(line) if major(line).is_some_and(|major| major >= OLDEST) => Ok(()),
        Some(line) => Err(Error::TooOld(line.clone())),
    }
}

/// Returns the major version in `QEMU emulator version 10.0.2 (Debian …)`.
fn major(line: &str) -> Option<u32> {
    line.split("version ")
        .nth(1)?
        .split('.')
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read() {
        assert_eq!(
            major("QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2)"),
            Some(10)
        );
        assert_eq!(major("QEMU emulator version 7.2.15"), Some(7));
        assert_eq!(major("something else"), None);
    }
}
