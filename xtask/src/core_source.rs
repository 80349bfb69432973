// SPDX-License-Identifier: MIT OR Apache-2.0

//! `core`, compiled from the compiler's source by the compiler alone. cargo could (`-Zbuild-std`),
//! but needs all crates of the whole standard library for it, from a registry.

use crate::cargo::table;
use crate::environment;
use crate::sbom::hex;
use crate::toolchain::{TARGET, Toolchain};
use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The crate that every other one is linked to. `arch::libcalls` has what ours would need from it.
const COMPILER_BUILTINS: &str = "#![feature(compiler_builtins)]
#![allow(internal_features)]
#![compiler_builtins]
#![no_std]
";

/// Makes a sysroot with `core` for the target below `directory`, compiled with these flags, unless
/// it is there. Returns its path.
pub fn sysroot(toolchain: &Toolchain, directory: &Path, flags: &[String]) -> Result<PathBuf> {
    let source = toolchain.source().join("library/core");
    let manifest = source.join("Cargo.toml");
    let edition = table(&manifest)?
        .get("package")
        .and_then(|package| Some(package.get("edition")?.as_str()?.to_string()))
        .with_context(|| format!("{}: package.edition", manifest.display()))?;

    let made_from = format!("{}\0{}", toolchain.about, flags.join("\0"));
    let digest = Sha256::digest(made_from.as_bytes());
    let sysroot = directory.join(hex(&digest[..8]));
    if sysroot.is_dir() {
        return Ok(sysroot);
    }
    // The message that cargo prints when it compiles.
    eprintln!("   Compiling core ({})", source.display());
    // If two are made at the same time, the first is taken.
    let aside = sysroot.with_extension(std::process::id().to_string());
    let compile = |name: &str, edition: &str, root: &Path, input: &str| {
        let library = aside.join("lib/rustlib").join(TARGET).join("lib");
        let mut rustc = Command::new(&toolchain.rustc);
        rustc
            .env_clear()
            .envs(environment::harmless())
            // `core` uses unstable features.
            .env("RUSTC_BOOTSTRAP", "1")
            .current_dir(&source)
            .arg(root)
            .args(["--crate-name", name, "--edition", edition, "--crate-type=rlib"])
            .args(["--target", TARGET, "--cap-lints=allow", "-Zforce-unstable-if-unmarked"])
            .args(["-Cextra-filename=-source", "-Cembed-bitcode=yes", "-Cpanic=abort"])
            .args(["-Cdebuginfo=full"])
            .args(flags)
            .arg("--sysroot")
            .arg(&aside)
            .arg("--out-dir")
            .arg(library)
            .stdin(Stdio::piped());
        run(&mut rustc, input)
    };
    let from_input = Path::new("-");
    compile("core", &edition, &source.join("src/lib.rs"), "")
        .and_then(|()| compile("compiler_builtins", "2024", from_input, COMPILER_BUILTINS))
        .and_then(|()| match fs::rename(&aside, &sysroot) {
            Err(_) if sysroot.is_dir() => Ok(fs::remove_dir_all(&aside)?),
            outcome => outcome.with_context(|| sysroot.display().to_string()),
        })
        .inspect_err(|_| drop(fs::remove_dir_all(&aside)))?;
    Ok(sysroot)
}

fn run(command: &mut Command, input: &str) -> Result<()> {
    let name = Path::new(command.get_program()).display().to_string();
    let mut child = command.spawn().with_context(|| name.clone())?;
    let stdin = child.stdin.take().context("a pipe")?;
    // A compiler that has failed has closed it; its status shows that.
    let _ = { stdin }.write_all(input.as_bytes());
    let status = child.wait()?;
    ensure!(
        status.success(),
        "{name} failed to compile `core`, see above"
    );
    Ok(())
}
