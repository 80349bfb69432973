// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the environment and the configuration of others would change.

/// What distributions, users and other builds leave in the environment. Each would change the code,
/// or break the build.
pub const ENVIRONMENT: [(&str, &str); 24] = [
    ("RUSTFLAGS", "-Ctarget-cpu=neoverse-n1"),
    (
        "CARGO_ENCODED_RUSTFLAGS",
        "-Copt-level=0\x1f-Ctarget-feature=+lse",
    ),
    ("CARGO_BUILD_RUSTFLAGS", "-Cforce-frame-pointers=yes"),
    ("CARGO_BUILD_TARGET", "aarch64-unknown-none"),
    ("CARGO_BUILD_RUSTC_WRAPPER", "/bin/false"),
    ("CARGO_BUILD_INCREMENTAL", "true"),
    ("CARGO_BUILD_BUILD_DIR", "/nowhere"),
    (
        "CARGO_TARGET_AARCH64_UNKNOWN_NONE_SOFTFLOAT_RUSTFLAGS",
        "-Cdebug-assertions=yes",
    ),
    (
        "CARGO_TARGET_AARCH64_UNKNOWN_NONE_SOFTFLOAT_LINKER",
        "/bin/false",
    ),
    ("CARGO_TARGET_DIR", "/nowhere"),
    ("CARGO_INCREMENTAL", "1"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_IMAGE_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_IMAGE_LTO", "off"),
    ("CARGO_PROFILE_IMAGE_OVERFLOW_CHECKS", "true"),
    ("RUSTC_WRAPPER", "/bin/false"),
    ("RUSTC_WORKSPACE_WRAPPER", "/bin/false"),
    ("CFLAGS", "-march=armv8.1-a"),
    ("CC", "/bin/false"),
    ("LDFLAGS", "-Wl,-z,relro"),
    ("LLD_REPRODUCE", "/nowhere/reproduce.tar"),
    ("RUST_TARGET_PATH", "/nowhere"),
    ("SOURCE_DATE_EPOCH", "0"),
];

/// And in a configuration file, which cargo reads from every directory above the workspace.
pub const CONFIGURATION: &str = r#"
paths = []

[build]
rustflags = ["-Copt-level=0"]
rustc-wrapper = "/bin/false"
rustc-workspace-wrapper = "/bin/false"

[profile.release]
opt-level = 0
lto = "off"
codegen-units = 16
overflow-checks = true
debug-assertions = true
strip = true

[profile.image]
inherits = "dev"
opt-level = 0
lto = "off"
strip = true

[profile.image.package.purgatory]
opt-level = 3
debug-assertions = true

[profile.image.package."*"]
debug = 0
incremental = true
split-debuginfo = "unpacked"

[profile.image.build-override]
opt-level = 3

[target.aarch64-unknown-none-softfloat]
rustflags = ["-Ctarget-cpu=neoverse-n1"]
linker = "/bin/false"
runner = "/bin/false"

[target.'cfg(target_os = "none")']
rustflags = ["-Ctarget-cpu=neoverse-n1"]
linker = "/bin/false"

[env]
CFLAGS = "-march=armv8.1-a"
LDFLAGS = { value = "-Wl,-z,relro", force = true }
"#;

/// What users have there for good reasons.
pub const USERS_CONFIGURATION: &str = r#"
[build]
incremental = true
target = "aarch64-unknown-none"
build-dir = "build directory"

[profile.release.package.purgatory]
opt-level = 3
codegen-units = 16
overflow-checks = true
debug-assertions = true
strip = true

[profile.release.package."*"]
opt-level = 3
"#;
