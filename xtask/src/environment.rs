// SPDX-License-Identifier: MIT OR Apache-2.0

//! The part of the caller's environment that the tools see.

use std::env;
use std::ffi::OsString;

/// The variables that reach the tools: where things are found and fetched from, and how progress
/// looks; nothing that could change a byte of the image. Proxies have names in either case.
const HARMLESS: &str = "CARGO_BUILD_JOBS CARGO_HOME CARGO_HTTP_* CARGO_NET_* CARGO_REGISTRIES_* \
    CARGO_REGISTRY_* CARGO_TERM_* RUSTUP_* HOME LANG LD_LIBRARY_PATH NO_COLOR PATH SSL_CERT_DIR \
    SSL_CERT_FILE TERM TMPDIR USER ALL_PROXY HTTPS_PROXY HTTP_PROXY NO_PROXY";

/// Returns the variables that the tools may see, with their values.
pub fn harmless() -> impl Iterator<Item = (OsString, OsString)> {
    env::vars_os().filter(|(name, _)| is_harmless(&name.to_string_lossy()))
}

fn is_harmless(name: &str) -> bool {
    let proxy = name.ends_with("_proxy").then(|| name.to_uppercase());
    is_among(HARMLESS, proxy.as_deref().unwrap_or(name))
}

/// Returns whether a list has this name; `*` stands for any end.
pub fn is_among(names: &str, name: &str) -> bool {
    names.split(' ').any(|one| match one.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == one,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_finds_files_and_the_network_is_harmless_and_nothing_else() {
        for name in ["PATH", "RUSTUP_HOME", "CARGO_NET_RETRY", "https_proxy"] {
            assert!(is_harmless(name), "{name}");
        }
        for name in ["RUSTFLAGS", "CARGO_PROFILE_IMAGE_LTO", "CC", "path"] {
            assert!(!is_harmless(name), "{name}");
        }
    }
}
