// SPDX-License-Identifier: MIT OR Apache-2.0

//! The tools that build for the bare-metal target: `$RUSTC` or the `rustc` on `PATH`, and what
//! belongs to it.

use crate::environment;
use anyhow::{Context, Result};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The image's target: no FP registers, and no unaligned access, which Device memory forbids.
pub const TARGET: &str = "aarch64-unknown-none-softfloat";

/// The compiler's own source, in its sysroot.
const SOURCE: &str = "lib/rustlib/src/rust";

/// Where `core` comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Core {
    /// The target's own, beside the compiler; rustup and Fedora ship it compiled.
    Installed,
    /// Compiled from the compiler's source: all that other distributions have.
    Source,
}

/// A compiler and its companions.
pub struct Toolchain {
    /// The compiler, as `$RUSTC` names it.
    pub rustc: OsString,
    /// The cargo of its sysroot, else the one on `PATH`.
    pub cargo: OsString,
    /// LLD: the compiler's own, else the one on `PATH`; or the requested one. rustc infers from the
    /// name how to call it.
    pub linker: OsString,
    /// Where the compiler is installed.
    pub sysroot: PathBuf,
    /// The triple that it runs on.
    pub host: String,
    /// The commit it was built from.
    pub commit: String,
    /// Where `core` comes from.
    pub core: Core,
    /// Its release.
    pub version: String,
    /// Everything that it says about itself.
    pub about: String,
}

impl Toolchain {
    /// Looks for the tools; `only` leaves out the other kind of `core`, and `linker` replaces LLD.
    pub fn find(only: Option<Core>, linker: Option<&OsStr>) -> Result<Self> {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let about = ask(&rustc, &["-vV"]).with_context(help)?;
        let field = |name| about.lines().find_map(|line| line.strip_prefix(name));
        let host = field("host: ").unwrap_or_default().to_string();
        let version = field("release: ").unwrap_or_default().to_string();
        let commit = field("commit-hash: ").unwrap_or("unknown").to_string();

        let sysroot = PathBuf::from(ask(&rustc, &["--print", "sysroot"])?.trim());
        let libraries = ask(&rustc, &["--target", TARGET, "--print", "target-libdir"])?;
        let source = sysroot.join(SOURCE).join("library/core/Cargo.toml");
        let is_there = |&core: &Core| match core {
            Core::Installed => has_core(Path::new(libraries.trim())),
            Core::Source => source.is_file(),
        };
        let allowed = [Core::Installed, Core::Source].into_iter();
        let core = allowed
            .filter(|&core| only.is_none_or(|only| only == core))
            .find(is_there)
            .with_context(|| format!("rustc {version} in {} has none", sysroot.display()))
            .with_context(help)?;

        let own = sysroot.join("lib/rustlib").join(&host).join("bin/rust-lld");
        let linker = if let Some(linker) = linker {
            ask(linker, &["--version"]).context("no such linker")?;
            linker.into()
        } else if own.is_file() {
            own.into()
        } else {
            ask(OsStr::new("ld.lld"), &["--version"]).context(
                "no LLD to link with; run `apt-get install lld` (Debian, Ubuntu) or `dnf install lld` \
                 (Fedora); rustup's toolchains bring it as rust-lld",
            )?;
            "ld.lld".into()
        };
        let cargo = sysroot.join("bin/cargo");
        let cargo = if cargo.is_file() {
            cargo.into()
        } else {
            "cargo".into()
        };
        Ok(Self {
            rustc,
            cargo,
            linker,
            sysroot,
            host,
            commit,
            core,
            version,
            about,
        })
    }

    /// Returns the folder of `core`'s source, if it is installed.
    pub fn source(&self) -> PathBuf {
        self.sysroot.join(SOURCE)
    }

    /// Returns the name of that folder in precompiled libraries.
    pub fn as_installed(&self) -> String {
        format!("/rustc/{}", self.commit)
    }
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rustc, linker) = (
            Path::new(&self.rustc).display(),
            Path::new(&self.linker).display(),
        );
        let core = match self.core {
            Core::Installed => "the installed target",
            Core::Source => "its source",
        };
        let version = &self.version;
        write!(
            f,
            "{rustc} {version}, `core` from {core}, linked by {linker}"
        )
    }
}

/// Returns the commands that help if there is no `core`.
fn help() -> String {
    format!(
        "no rustc {} or later with `core` for {TARGET}; run one of
  rustup:     rustup target add {TARGET}
  Debian 12:  apt-get install rustc-web cargo-web rust-web-src lld
  Debian 13:  apt-get install rustc cargo rust-src lld
  Fedora:     dnf install cargo rust-std-static-{TARGET} lld
and where rustup's compiler hides the distribution's: RUSTC=/usr/bin/rustc make
reason",
        env!("CARGO_PKG_RUST_VERSION")
    )
}

/// Returns a program's standard output, if it runs and succeeds.
fn ask(program: &OsStr, arguments: &[&str]) -> Result<String> {
    let name = Path::new(program).display();
    let mut command = Command::new(program);
    command.args(arguments).env_clear();
    let output = command.envs(environment::harmless()).output();
    let output = output.with_context(|| name.to_string())?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{name}: {complaint}");
    Ok(String::from_utf8(output.stdout)?)
}

fn has_core(libraries: &Path) -> bool {
    let entries = std::fs::read_dir(libraries).into_iter().flatten().flatten();
    let mut names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.any(|name| name.starts_with("libcore-") && name.ends_with(".rlib"))
}
