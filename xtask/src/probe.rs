//! Asks the machine which compilers there are, and what they have.

use crate::toolchain::{Candidate, TARGET};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The usable compilers, in order of preference: `$RUSTC`, then every one on `PATH`. rustup's often
/// hides the distribution's, and the one may have what the other lacks.
pub fn candidates() -> Vec<Candidate> {
    let chosen = std::env::var_os("RUSTC").and_then(|name| which(&name));
    let mut seen = Vec::new();
    let mut found = Vec::new();
    for rustc in chosen.into_iter().chain(all_on_path("rustc")) {
        // `/bin` is `/usr/bin`. The file itself says nothing: all of rustup's tools are one.
        let directory = rustc.parent().and_then(|dir| dir.canonicalize().ok());
        let place = (directory, rustc.file_name().map(OsStr::to_os_string));
        if !seen.contains(&place) {
            seen.push(place);
            found.extend(examine(rustc));
        }
    }
    found
}

/// The file that a shell would run for `name`.
fn which(name: impl AsRef<Path>) -> Option<PathBuf> {
    let name = name.as_ref();
    if name.components().count() > 1 {
        return std::path::absolute(name).ok().filter(|p| p.is_file());
    }
    all_on_path(name).into_iter().next()
}

/// Every file of that name on `PATH`, in order.
pub fn all_on_path(name: impl AsRef<Path>) -> Vec<PathBuf> {
    let candidates = path_directories().into_iter();
    let candidates = candidates.map(|dir| dir.join(name.as_ref()));
    candidates.filter(|path| path.is_file()).collect()
}

/// `PATH`, taken apart.
pub fn path_directories() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).collect()
}

/// What a program says on its standard output, if it runs and succeeds.
pub fn ask(program: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then_some(text)
}

fn examine(rustc: PathBuf) -> Option<Candidate> {
    let about = ask(&rustc, &["-vV"])?;
    let sysroot = PathBuf::from(ask(&rustc, &["--print", "sysroot"])?.trim());
    let (host, commit, version) = parse_version(&about)?;
    let rustlib = sysroot.join("lib/rustlib");
    Some(Candidate {
        cargo: cargo_for(&rustc, &sysroot)?,
        host,
        commit,
        version,
        installed: has_core(&rustlib.join(TARGET).join("lib")),
        source: rustlib.join("src/rust/library/core/Cargo.toml").is_file(),
        rustc,
        sysroot,
    })
}

/// Beside the compiler, else in its sysroot, else on `PATH`: a cargo and a rustc of different
/// versions work together mostly, but not when `core` is built from source.
fn cargo_for(rustc: &Path, sysroot: &Path) -> Option<PathBuf> {
    let beside = rustc.with_file_name("cargo");
    let in_sysroot = sysroot.join("bin/cargo");
    [beside, in_sysroot]
        .into_iter()
        .find(|p| p.is_file())
        .or_else(|| which("cargo"))
}

fn has_core(lib: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(lib) else {
        return false;
    };
    entries.flatten().any(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.starts_with("libcore-") && name.ends_with(".rlib")
    })
}

/// Host, commit and version in what `rustc -vV` prints.
fn parse_version(about: &str) -> Option<(String, String, (u32, u32))> {
    let field = |name: &str| about.lines().find_map(|line| line.strip_prefix(name));
    let mut release = field("release: ")?.split('.');
    let version = (release.next()?.parse().ok()?, release.next()?.parse().ok()?);
    let commit = field("commit-hash: ").unwrap_or("unknown").to_string();
    Some((field("host: ")?.to_string(), commit, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rustcs_own_description_is_understood() {
        let about = "rustc 1.96.0-nightly (ac68faa20 2026-05-25)\nbinary: rustc\n\
            commit-hash: ac68faa\nhost: aarch64-unknown-linux-gnu\nrelease: 1.96.0-nightly\n";
        let expected = (
            "aarch64-unknown-linux-gnu".into(),
            "ac68faa".into(),
            (1, 96),
        );
        assert_eq!(parse_version(about), Some(expected));
        assert_eq!(parse_version("gcc 12"), None);
    }
}
