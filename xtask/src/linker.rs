//! Finds LLD. GNU ld would do for the link itself, but one for arm64 is rarely there.

use crate::probe;
use crate::toolchain::Candidate;
use std::path::{Path, PathBuf};

/// The first LLD that runs: the chosen compiler's own, any other compiler's, one on `PATH`.
///
/// rustc infers from the names `rust-lld` and `ld.lld` how to call it; the option that says so is
/// unstable.
pub fn find(chosen: &Candidate, candidates: &[Candidate]) -> Result<PathBuf, String> {
    let own = std::iter::once(chosen).chain(candidates).map(|c| {
        let rustlib = c.sysroot.join("lib/rustlib");
        rustlib.join(&c.host).join("bin/rust-lld")
    });
    own.chain(on_path())
        .find(|path| works(path))
        .ok_or_else(|| {
            "no LLD to link with; run `apt-get install lld` (Debian, Ubuntu) or `dnf install lld` \
             (Fedora); rustup's toolchains bring it as rust-lld"
                .to_string()
        })
}

fn on_path() -> Vec<PathBuf> {
    let mut found = probe::all_on_path("rust-lld");
    found.extend(probe::all_on_path("ld.lld"));
    let mut versioned: Vec<(u32, PathBuf)> = probe::path_directories()
        .iter()
        .filter_map(|dir| std::fs::read_dir(dir).ok())
        .flat_map(|entries| entries.flatten())
        .filter_map(|entry| Some((version_suffix(entry.file_name().to_str()?)?, entry.path())))
        .collect();
    versioned.sort_by(|a, b| b.cmp(a));
    found.extend(versioned.into_iter().map(|(_, path)| path));
    found
}

fn version_suffix(name: &str) -> Option<u32> {
    name.strip_prefix("ld.lld-")?.parse().ok()
}

fn works(linker: &Path) -> bool {
    let generic = linker.file_name().is_some_and(|name| name == "rust-lld");
    let arguments: &[&str] = if generic {
        &["-flavor", "gnu", "--version"]
    } else {
        &["--version"]
    };
    probe::ask(linker, arguments).is_some_and(|says| says.contains("LLD"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_versioned_names_of_ld_lld_count() {
        assert_eq!(version_suffix("ld.lld-19"), Some(19));
        assert_eq!(version_suffix("ld.lld"), None);
        assert_eq!(version_suffix("ld.lld-wrapper"), None);
    }
}
