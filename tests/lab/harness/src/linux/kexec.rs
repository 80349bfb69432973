// SPDX-License-Identifier: MIT OR Apache-2.0

//! The builds of kexec-tools, each made when it is asked for.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use super::{Suite, present};
use crate::{root, this_test};

/// A build of kexec-tools: which version, around which purgatory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kexec {
    /// 2.0.25, the one of Debian 12, with our `purgatory.ro`.
    Bookworm,
    /// The newest (2.0.32 or later), with our `purgatory.ro`.
    Sid,
    /// A suite's program as Debian installs it, with our `purgatory.ro` patched into it.
    Installed {
        /// Whose: 2.0.25 is bookworm's, 2.0.29 trixie's, 2.0.32 sid's.
        suite: Suite,
        /// After how many seconds the machine is reset where no kernel is started; 0: never.
        on_failure: u32,
    },
    /// 2.0.25 as released, with the C purgatory: tells a fault of ours from one of the
    /// surroundings.
    WithCPurgatory,
}

impl Kexec {
    /// Returns the program, built again if it does not have the current `purgatory.ro` in it.
    ///
    /// # Errors
    /// When something is missing; the message says what to run.
    pub fn program(self) -> Result<PathBuf, String> {
        if let Self::Installed { suite, on_failure } = self {
            return patch_installed(suite, on_failure);
        }
        static BUILT: OnceLock<Result<(), String>> = OnceLock::new();
        BUILT.get_or_init(build_kexec_tools).clone()?;
        let (path, suite) = match self {
            Self::Sid => ("sid/kexec", Suite::Sid),
            Self::WithCPurgatory => ("bookworm/kexec-c", Suite::Bookworm),
            Self::Bookworm | Self::Installed { .. } => ("bookworm/kexec", Suite::Bookworm),
        };
        present(root().join("target/kexec").join(path), suite)
    }

    /// Returns what the program is linked to, where it is not static.
    pub(super) fn libraries(self) -> Result<Vec<PathBuf>, String> {
        let Self::Installed { suite, .. } = self else {
            return Ok(Vec::new());
        };
        let directory = suite.downloaded("installed/kexec")?.with_file_name("");
        let entries = fs::read_dir(&directory);
        let entries = entries.map_err(|error| format!("{}: {error}", directory.display()))?;
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        Ok(paths.filter(|path| !path.ends_with("kexec")).collect())
    }
}

fn build_kexec_tools() -> Result<(), String> {
    succeeds(&mut Command::new(root().join("scripts/kexec-tools.sh")))
}

/// As README.md tells the operator, who has no source.
fn patch_installed(suite: Suite, on_failure: u32) -> Result<PathBuf, String> {
    let installed = suite.downloaded("installed/kexec")?;
    let name = format!("target/kexec/{}-{on_failure}/kexec", suite.name());
    let patched = root().join(name);
    let made = fs::create_dir_all(patched.with_file_name(""));
    made.map_err(|error| format!("{}: {error}", patched.display()))?;
    // Not at the name of what another test may be about to boot.
    let half = patched.with_extension(this_test::file_name());
    let (kexec, ro_in) = (installed.display(), half.display());
    make(&["patch", &format!("KEXEC={kexec}"), &format!("TO={ro_in}")])?;
    let (to, seconds) = (patched.display(), format!("ON_FAILURE={on_failure}"));
    let set = make(&[
        "set",
        &format!("FILE={ro_in}"),
        &format!("TO={to}"),
        &seconds,
    ]);
    let _ = fs::remove_file(&half);
    set.map(|()| patched)
}

fn make(arguments: &[&str]) -> Result<(), String> {
    let mut make = Command::new("make");
    make.current_dir(root()).args(arguments);
    // What a `make test` around us says is not for this one.
    succeeds(make.env_remove("MAKEFLAGS").env_remove("MFLAGS"))
}

fn succeeds(command: &mut Command) -> Result<(), String> {
    let output = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
