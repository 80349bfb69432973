// SPDX-License-Identifier: MIT OR Apache-2.0

//! Releases of Debian.

use std::path::PathBuf;

use crate::{root, this_test};

/// A suite of Debian's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// Debian 12: Linux 6.1, kexec-tools 2.0.25.
    Bookworm,
    /// Debian 13: kexec-tools 2.0.29, installed.
    Trixie,
    /// The newest of everything. A mirror may lack parts of it, on some days.
    Sid,
}

impl Suite {
    /// Returns its name, as Debian's archive has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bookworm => "bookworm",
            Self::Trixie => "trixie",
            Self::Sid => "sid",
        }
    }

    /// Returns whether `PURGATORY_WITHOUT` names it; the results say so then.
    pub fn waived(self) -> bool {
        this_test::waived(self.name())
    }

    /// Returns a file of it that was downloaded.
    ///
    /// # Errors
    /// When it is not there; the message says what to run.
    pub fn downloaded(self, name: &str) -> Result<PathBuf, String> {
        let directory = root().join("target/downloads").join(self.name());
        present(directory.join(name), self)
    }
}

/// Returns something of this suite, or what to do about it.
pub(super) fn present(path: PathBuf, suite: Suite) -> Result<PathBuf, String> {
    if path.is_file() {
        return Ok(path);
    }
    let waive = match suite {
        Suite::Sid => "; where no mirror has it, PURGATORY_WITHOUT=sid goes on without",
        Suite::Bookworm | Suite::Trixie => "",
    };
    Err(format!(
        "{} is not there: run scripts/fetch.sh{waive}",
        path.display()
    ))
}
