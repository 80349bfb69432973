// SPDX-License-Identifier: MIT OR Apache-2.0

//! The builds of kexec-tools, each made when it is asked for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::{Suite, present};
use crate::root;

/// A build of kexec-tools: which version, around which purgatory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kexec {
    /// 2.0.25, the one of Debian 12, with our `purgatory.ro`.
    Bookworm,
    /// The newest (2.0.32 or later), with our `purgatory.ro`.
    Sid,
    /// Debian 12's program as it is installed, with our `purgatory.ro` patched into it.
    Installed,
    /// 2.0.25 as released, with the C purgatory: tells a fault of ours from one of the
    /// surroundings.
    WithCPurgatory,
}

impl Kexec {
    /// Returns the program, built anew when it does not have the current `purgatory.ro` in it.
    ///
    /// # Errors
    /// When something is missing; the message says what to run.
    pub fn program(self) -> Result<PathBuf, String> {
        if self == Self::Installed {
            return patch_installed();
        }
        static BUILT: OnceLock<Result<(), String>> = OnceLock::new();
        BUILT.get_or_init(build_kexec_tools).clone()?;
        let path = root().join("target/kexec").join(match self {
            Self::Bookworm => "bookworm/kexec",
            Self::Sid => "sid/kexec",
            Self::WithCPurgatory => "bookworm/kexec-c",
            Self::Installed => "installed/kexec",
        });
        let suite = match self {
            Self::Sid => Suite::Sid,
            Self::Bookworm | Self::WithCPurgatory | Self::Installed => Suite::Bookworm,
        };
        present(path, suite)
    }

    /// Returns what the program is linked to, where it is not static.
    pub(super) fn libraries(self) -> Result<Vec<PathBuf>, String> {
        if self != Self::Installed {
            return Ok(Vec::new());
        }
        let directory = root().join("target/downloads/bookworm/installed");
        let entries = fs::read_dir(&directory);
        let entries = entries.map_err(|error| format!("{}: {error}", directory.display()))?;
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        Ok(paths.filter(|path| !path.ends_with("kexec")).collect())
    }
}

fn build_kexec_tools() -> Result<(), String> {
    run_script("kexec-tools.sh", &[])
}

/// As README.md tells who has no source.
fn patch_installed() -> Result<PathBuf, String> {
    let installed = Suite::Bookworm.downloaded("installed/kexec")?;
    let patched = root().join("target/kexec/installed/kexec");
    let made = fs::create_dir_all(patched.with_file_name(""));
    made.map_err(|error| format!("{}: {error}", patched.display()))?;
    run_script("patch-kexec.sh", &[&installed, &patched])?;
    Ok(patched)
}

fn run_script(name: &str, arguments: &[&Path]) -> Result<(), String> {
    let script = root().join("scripts").join(name);
    let output = Command::new(&script)
        .args(arguments)
        .output()
        .map_err(|error| format!("{}: {error}", script.display()))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
