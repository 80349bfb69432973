// SPDX-License-Identifier: MIT OR Apache-2.0

//! Runs cargo for the bare-metal target, in the same way on every machine, in every environment and
//! with any configuration of the user's.

use crate::configuration;
use crate::core_source;
use crate::environment;
use crate::options::Options;
use crate::origin::{self, Places};
use crate::profile;
use crate::toolchain::{Core, TARGET, Toolchain};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use toml::Table;

/// A cargo, ready to compile.
pub struct Cargo {
    /// The tools it uses.
    pub toolchain: Toolchain,
    root: PathBuf,
    /// cargo's own folder, with what it has downloaded.
    home: Option<PathBuf>,
    /// Apart from the host's builds, so that neither waits for the other's lock.
    build_dir: PathBuf,
    rustflags: String,
    /// What goes before a configuration file's profile of a single package.
    profiles: Vec<String>,
    /// The sysroot with the `core` that was compiled, if it is not the installed one.
    sysroot: Option<String>,
    /// What the source is told by `env!`.
    told: Vec<(&'static str, String)>,
}

/// A program that was linked.
pub struct Linked {
    /// The program.
    pub elf: PathBuf,
    /// The crates in it whose checksum was not compared, see `origin`.
    pub unchecked: BTreeSet<String>,
}

impl Cargo {
    /// Finds the tools, which build into a directory of that name.
    pub fn new(options: &Options, build_dir: &str) -> Result<Self> {
        let toolchain = Toolchain::find(options.core, options.linker.as_deref())?;
        let below_home = || Some(PathBuf::from(env::var_os("HOME")?).join(".cargo"));
        let home = env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(below_home);
        configuration::check(&options.root, home.as_deref())?;
        let build_dir = options.target_dir.join(build_dir);
        let config = table(&options.root.join(".cargo/config.toml"))?;
        let mut rustflags = profile::flags(&config)?;
        let profiles = profile::of_packages(&config, &table(&options.root.join("Cargo.lock"))?)?;
        // Messages and debug information name files, which must not depend on where these lie. The
        // last prefix that fits counts.
        let remap = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
        rustflags.extend(home.as_ref().map(|home| remap(home, "cargo")));
        rustflags.push(remap(&toolchain.source(), &toolchain.as_installed()));
        let sysroot = match toolchain.core {
            Core::Installed => None,
            Core::Source => {
                let directory = options.target_dir.join("core");
                let sysroot = core_source::sysroot(&toolchain, &directory, &rustflags)?;
                Some(format!("--sysroot={}", sysroot.display()))
            }
        };
        rustflags.extend([remap(&options.root, "."), remap(&build_dir, "target")]);
        rustflags.extend(sysroot.clone());
        let rustflags = rustflags.join("\x1f");
        let root = options.root.clone();
        Ok(Self {
            toolchain,
            root,
            home,
            build_dir,
            rustflags,
            profiles,
            sysroot,
            told: Vec::new(),
        })
    }

    /// Tells the source something, by a variable of this name.
    pub fn with(mut self, name: &'static str, value: String) -> Self {
        self.told.push((name, value));
        self
    }

    /// Links the one program of a package, of crates that `Cargo.lock` names.
    pub fn link(&self, package: &str, features: &str) -> Result<Linked> {
        let program = ["-p", package, "--bin", package, "--features", features];
        let mut build = self.ready("build")?;
        let messages = build
            .args(program)
            .args(&self.profiles)
            .arg("--message-format=json-render-diagnostics");
        let messages = output(messages)?;
        let unchecked = origin::unchecked(
            &messages,
            &Places {
                root: &self.root,
                cargo_home: self.home.as_deref(),
                lock: &table(&self.root.join("Cargo.lock"))?,
            },
        )?;
        let elf = self.built(package);
        Ok(Linked { elf, unchecked })
    }

    /// Returns the path at which a program is built.
    pub fn built(&self, program: &str) -> PathBuf {
        self.build_dir.join(TARGET).join("image").join(program)
    }

    /// Lists the crates that are linked into a package's program: each one's depth in the tree, its
    /// name and version, a tab, its licence.
    pub fn tree(&self, package: &str, features: &str) -> Result<String> {
        let mut command = self.command("tree")?;
        command
            .args(["-p", package, "--features", features, "--target", TARGET])
            // Build scripts and macros are not linked, and nothing else is downloaded here.
            .args(["--edges", "normal,no-proc-macro", "--no-dedupe"])
            .args(["--prefix", "depth", "--format", "{p}\t{l}", "--color", "never"]);
        output(&mut command)
    }

    /// Returns `cargo <subcommand>` with the tools, the target, the flags and additional arguments.
    pub fn run(
        &self,
        subcommand: &str,
        add: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Result<()> {
        let mut command = self.ready(subcommand)?;
        let status = add(&mut command).status();
        succeeded(&command, status.with_context(|| program(&command))?)
    }

    /// Returns `cargo <subcommand>` for the image's profile and target.
    fn ready(&self, subcommand: &str) -> Result<Command> {
        let mut command = self.command(subcommand)?;
        command
            .args(["--profile", "image", "--target", TARGET, "--target-dir"])
            .arg(&self.build_dir);
        Ok(command)
    }

    /// Returns cargo in the workspace, without anything of the caller's that could change what it
    /// does.
    fn command(&self, subcommand: &str) -> Result<Command> {
        let mut command = Command::new(&self.toolchain.cargo);
        // Build scripts are linked for the host, perhaps by a linker of another name than `cc`.
        let host_linker = linker_variable(&self.toolchain.host);
        command
            .current_dir(&self.root)
            .stdin(Stdio::null())
            .env_clear()
            .envs(environment::harmless())
            .envs(env::var_os(&host_linker).map(|linker| (host_linker, linker)))
            .envs(self.told.iter().map(|(name, value)| (name, value)))
            .args([subcommand, "--locked"])
            .env("PATH", self.path()?)
            .env("RUSTC", &self.toolchain.rustc)
            // All of these go before any configuration file. Empty means none.
            .env("RUSTC_WRAPPER", "")
            .env("RUSTC_WORKSPACE_WRAPPER", "")
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_ENCODED_RUSTFLAGS", &self.rustflags)
            .envs(self.sysroot.iter().map(|sysroot| ("CARGO_ENCODED_RUSTDOCFLAGS", sysroot)))
            .env(linker_variable(TARGET), &self.toolchain.linker);
        Ok(command)
    }

    /// Returns a `PATH` with the same toolchain first, because cargo looks up its companions
    /// (clippy) there.
    fn path(&self) -> Result<OsString> {
        let path = env::var_os("PATH").unwrap_or_default();
        let own = [self.toolchain.sysroot.join("bin")].into_iter();
        env::join_paths(own.chain(env::split_paths(&path))).context("PATH")
    }
}

/// Returns what cargo prints, if it succeeds.
fn output(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.with_context(|| program(command))?;
    succeeded(command, output.status)?;
    Ok(String::from_utf8(output.stdout)?)
}

fn succeeded(command: &Command, status: ExitStatus) -> Result<()> {
    let (cargo, subcommand) = (program(command), command.get_args().next());
    let subcommand = subcommand.unwrap_or_default().to_string_lossy();
    ensure!(status.success(), "{cargo} {subcommand} failed, see above");
    Ok(())
}

fn program(command: &Command) -> String {
    command.get_program().to_string_lossy().into()
}

/// Reads a TOML file.
pub fn table(path: &Path) -> Result<Table> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    text.parse().with_context(|| path.display().to_string())
}

/// Returns the variable that configures a target's linker. Unlike a flag it is not part of what
/// cargo distinguishes builds by.
fn linker_variable(triple: &str) -> String {
    let triple = triple.to_uppercase().replace('-', "_");
    format!("CARGO_TARGET_{triple}_LINKER")
}
