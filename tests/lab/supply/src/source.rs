// SPDX-License-Identifier: MIT OR Apache-2.0

//! Whose a source file is, and where it lies.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use purgatory_test_harness::root;

/// A source file, by its name in the image's debug information.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// The crate, with its version where it is not ours and not the compiler's.
    pub krate: String,
    /// The file's name in the crate.
    pub name: String,
    /// Where it lies here, if it is installed.
    pub path: PathBuf,
}

/// Where the sources are.
pub struct Sources {
    cargo_home: PathBuf,
    library: PathBuf,
}

impl Sources {
    /// Asks cargo's and rustc's ways.
    ///
    /// # Errors
    /// Where there is no compiler.
    pub fn find() -> Result<Self> {
        let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let sysroot = Command::new(&rustc).args(["--print", "sysroot"]).output();
        let sysroot = String::from_utf8(sysroot.context("rustc")?.stdout)?;
        let home = || Some(PathBuf::from(env::var_os("HOME")?).join(".cargo"));
        let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home);
        Ok(Self {
            cargo_home: cargo_home.context("neither HOME nor CARGO_HOME is set")?,
            library: PathBuf::from(sysroot.trim()).join("lib/rustlib/src/rust/library"),
        })
    }

    /// Returns what a name stands for: xtask and rustc see to it that each begins with `.`, `cargo`
    /// or a directory of the compiler's. Where a crate's code was inlined into another one's, that
    /// one's directory may be in front.
    pub fn of(&self, file: &str) -> Option<Source> {
        let file = file.strip_prefix("./").unwrap_or(file);
        let file = file.rsplit_once("/./").map_or(file, |(_, file)| file);
        if let Some((_, in_registry)) = file.rsplit_once(REGISTRY) {
            let path = self.cargo_home.join("registry/src").join(in_registry);
            let (_, in_index) = in_registry.split_once('/')?;
            let (krate, name) = in_index.split_once('/')?;
            return Some(source(krate, name, path));
        }
        if let Some((_, in_library)) = file.split_once("/library/") {
            let (krate, name) = in_library.split_once('/')?;
            return Some(source(krate, name, self.library.join(in_library)));
        }
        file.starts_with("src/")
            .then(|| source("purgatory", file, root().join(file)))
    }
}

/// Where cargo unpacks what it has downloaded.
const REGISTRY: &str = "cargo/registry/src/";

fn source(krate: &str, name: &str, path: PathBuf) -> Source {
    let (krate, name) = (krate.into(), name.into());
    Source { krate, name, path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_ours_of_a_crate_or_of_the_compiler() {
        let sources = Sources {
            cargo_home: "/home".into(),
            library: "/library".into(),
        };
        let spin_file = "cargo/registry/src/index-1/spin-0.10.0/src/a/b.rs";
        let in_home = "/home/registry/src/index-1/spin-0.10.0/src/a/b.rs";
        let spin = || source("spin-0.10.0", "src/a/b.rs", in_home.into());
        let ours = || source("purgatory", "src/arch/b.rs", root().join("src/arch/b.rs"));
        let core = "/rustc/0123/library/core";
        let in_core = source("core", "src/a.rs", "/library/core/src/a.rs".into());
        for (file, expected) in [
            ("./src/arch/b.rs", ours()),
            ("src/arch/b.rs", ours()),
            (&format!("{core}/./src/arch/b.rs"), ours()),
            (spin_file, spin()),
            (&format!("./{spin_file}"), spin()),
            (&format!("{core}/{spin_file}"), spin()),
            (&format!("{core}/src/a.rs"), in_core),
        ] {
            assert_eq!(sources.of(file), Some(expected), "{file}");
        }
        for other in ["/home/user/src/a.rs", "a.rs", "cargo/git/a/b/src/c.rs"] {
            assert_eq!(sources.of(other), None, "{other}");
        }
    }
}
