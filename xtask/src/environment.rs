//! What of the caller's environment reaches cargo: where things are fetched from and how progress
//! looks, nothing that could change a byte of the image.

/// Prefixes of the `CARGO` variables that choose places, network and progress, not code.
const HARMLESS: [&str; 8] = [
    "CARGO_HOME",
    "CARGO_HTTP_",
    "CARGO_NET_",
    "CARGO_REGISTRIES_",
    "CARGO_REGISTRY_",
    "CARGO_TERM_",
    "CARGO_BUILD_JOBS",
    "CARGO_CACHE_",
];

/// Whether a variable must not be seen by cargo, rustc or a build script.
pub fn is_unwanted(name: &str) -> bool {
    let cargos = name.starts_with("CARGO") && !HARMLESS.iter().any(|h| name.starts_with(h));
    let rustcs = name.starts_with("RUSTC")
        || ["RUSTFLAGS", "RUSTDOCFLAGS", "RUST_TARGET_PATH"].contains(&name);
    // Build scripts look for CFLAGS, TARGET_CFLAGS, CFLAGS_<triple>, <triple>_CFLAGS and the like.
    let cs = ["CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "ARFLAGS"]
        .iter()
        .any(|flags| name.contains(flags))
        || ["CC", "CXX", "LD", "AR"].iter().any(|tool| {
            name.strip_prefix(tool)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
        });
    // The linker's.
    let llds = name == "LLD_REPRODUCE";
    // LD_LIBRARY_PATH and LD_PRELOAD say how programs run, not what they make.
    (cargos || rustcs || cs || llds) && !name.starts_with("LD_LIBRARY") && name != "LD_PRELOAD"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_code_is_kept_out() {
        for name in [
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_BUILD_RUSTFLAGS",
            "CARGO_BUILD_TARGET",
            "CARGO_TARGET_DIR",
            "CARGO_TARGET_AARCH64_UNKNOWN_NONE_SOFTFLOAT_RUSTFLAGS",
            "CARGO_PROFILE_RELEASE_OPT_LEVEL",
            "CARGO_UNSTABLE_BUILD_STD",
            "CARGO_INCREMENTAL",
            "CARGO",
            "RUSTC",
            "RUSTC_WRAPPER",
            "RUSTC_BOOTSTRAP",
            "CFLAGS",
            "TARGET_CFLAGS",
            "CFLAGS_aarch64_unknown_none_softfloat",
            "CC",
            "CC_aarch64_unknown_none_softfloat",
            "LD",
            "LDFLAGS",
        ] {
            assert!(is_unwanted(name), "{name}");
        }
    }

    #[test]
    fn what_finds_files_and_the_network_stays() {
        for name in [
            "PATH",
            "HOME",
            "CARGO_HOME",
            "RUSTUP_HOME",
            "RUSTUP_TOOLCHAIN",
            "CARGO_NET_OFFLINE",
            "CARGO_HTTP_CAINFO",
            "CARGO_REGISTRIES_CRATES_IO_PROTOCOL",
            "CARGO_TERM_COLOR",
            "https_proxy",
            "LD_LIBRARY_PATH",
        ] {
            assert!(!is_unwanted(name), "{name}");
        }
    }
}
