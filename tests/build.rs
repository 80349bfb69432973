//! Building the image: on any machine, in any directory and environment, the same bytes, or one
//! message that says what to install.
//!
//! The slow part is compiling `core`. Two tests share the one build that does it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

const TARGET: &str = "aarch64-unknown-none-softfloat";

/// What distributions, users and other builds leave in the environment. Each would change the code,
/// or break the build.
const ENVIRONMENT: [(&str, &str); 17] = [
    ("RUSTFLAGS", "-Ctarget-cpu=neoverse-n1"),
    (
        "CARGO_ENCODED_RUSTFLAGS",
        "-Copt-level=0\x1f-Ctarget-feature=+lse",
    ),
    ("CARGO_BUILD_RUSTFLAGS", "-Cforce-frame-pointers=yes"),
    ("CARGO_BUILD_TARGET", "aarch64-unknown-none"),
    ("CARGO_BUILD_RUSTC_WRAPPER", "/bin/false"),
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
    ("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "true"),
    ("RUSTC_WRAPPER", "/bin/false"),
    ("RUSTC_WORKSPACE_WRAPPER", "/bin/false"),
    ("CFLAGS", "-march=armv8.1-a"),
    ("CC", "/bin/false"),
    ("LDFLAGS", "-Wl,-z,relro"),
];

/// And in a configuration file, which cargo reads from every directory above the workspace.
const CONFIGURATION: &str = r#"
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

[target.aarch64-unknown-none-softfloat]
rustflags = ["-Ctarget-cpu=neoverse-n1"]
linker = "/bin/false"
"#;

/// An image that was built, and how.
struct Build {
    target_dir: PathBuf,
    image: Vec<u8>,
    says: String,
}

impl Build {
    fn compiled_core(&self) -> bool {
        self.says.contains("`core` from its source")
    }

    /// The compiler, as the build names it.
    fn rustc(&self) -> &str {
        self.says.split(' ').next().unwrap()
    }
}

/// The one that users get, in the workspace's own directory.
static ORDINARY: LazyLock<Build> = LazyLock::new(|| {
    let target_dir = root().join("target");
    built(&target_dir, &mut xtask(&root(), &target_dir))
});

/// Another checkout, everything compiled anew among all that could disturb.
static HOSTILE: LazyLock<Build> = LazyLock::new(|| {
    let above = fresh("hostile");
    let checkout = above.join("another place");
    fs::create_dir(&checkout).unwrap();
    for part in [
        "Cargo.toml",
        "Cargo.lock",
        "link.ld",
        "src",
        "tests",
        "xtask",
    ] {
        let status = Command::new("cp")
            .arg("-r")
            .arg(root().join(part))
            .arg(&checkout)
            .status();
        assert!(status.unwrap().success());
    }
    fs::create_dir(above.join(".cargo")).unwrap();
    fs::write(above.join(".cargo/config.toml"), CONFIGURATION).unwrap();
    let target_dir = checkout.join("target");
    built(&target_dir, xtask(&checkout, &target_dir).envs(ENVIRONMENT))
});

#[test]
fn another_directory_and_a_hostile_environment_change_no_byte() {
    let (ordinary, hostile) = (&ORDINARY, &HOSTILE);
    assert_eq!(ordinary.image.len(), hostile.image.len());
    let differing = ordinary
        .image
        .iter()
        .zip(&hostile.image)
        .position(|(a, b)| a != b);
    assert_eq!(differing, None, "the offset of the first byte that differs");
}

/// A machine has the one or the other. Of the one that it has not, this makes what can be made.
#[test]
fn core_is_taken_from_the_installed_target_and_from_source() {
    if HOSTILE.compiled_core() {
        let target_dir = fresh("installed");
        let mut command = xtask(&root(), &target_dir);
        let other = built(
            &target_dir,
            command.env("RUSTC", compiler_with_target(&HOSTILE)),
        );
        assert!(
            other.says.contains("`core` from the installed target"),
            "{}",
            other.says
        );
    } else {
        let mut command = xtask(&root(), &fresh("source"));
        let output = command.args(["--core=source", "image"]).output().unwrap();
        let error = text(&output.stderr);
        let refused = error.contains("no rustc 1.85 or later with `core`");
        assert!(output.status.success() || refused, "{error}");
    }
}

#[test]
fn without_a_compiler_the_error_names_the_commands_that_help() {
    let nothing = fresh("no-compiler");
    let error = failure(
        xtask(&root(), &nothing)
            .env("PATH", &nothing)
            .env_remove("RUSTC"),
    );
    for needle in [
        "no rustc 1.85 or later",
        "found none at all",
        "rustup target add aarch64-unknown-none-softfloat",
        "apt-get install rustc-web cargo-web rust-web-src lld",
        "apt-get install rustc cargo rust-src lld",
        "dnf install cargo rust-std-static-aarch64-unknown-none-softfloat lld",
    ] {
        assert!(error.contains(needle), "«{needle}» is not in:\n{error}");
    }
}

#[test]
fn without_a_linker_the_error_names_the_commands_that_help() {
    let tools = fresh("no-linker");
    let lib = tools.join("lib/rustlib").join(TARGET).join("lib");
    fs::create_dir_all(&lib).unwrap();
    fs::write(lib.join("libcore-0.rlib"), "").unwrap();
    let version = "release: 1.85.0\nhost: x86_64-unknown-linux-gnu";
    let answer = format!(
        "case $1 in -vV) echo '{version}';; *) echo '{}';; esac",
        tools.display()
    );
    script(&tools.join("rustc"), &answer);
    script(&tools.join("cargo"), "false");
    let error = failure(
        xtask(&root(), &tools)
            .env("PATH", &tools)
            .env_remove("RUSTC"),
    );
    assert!(error.contains("no LLD"), "{error}");
    assert!(error.contains("apt-get install lld"), "{error}");
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// An empty directory for this test.
fn fresh(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("build")
        .join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

/// Our own program, without a detour over cargo: the host's may well fail in an environment that the
/// image is built in.
fn xtask(root: &Path, target_dir: &Path) -> Command {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        let target_dir = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "-p", "xtask", "--target-dir"]);
        let status = cargo.arg(target_dir).current_dir(self::root()).status();
        assert!(status.unwrap().success(), "cargo build -p xtask");
        target_dir.join("debug/xtask")
    });
    let mut command = Command::new(&*PROGRAM);
    command.arg(format!("--root={}", root.display()));
    command.arg(format!("--target-dir={}", target_dir.display()));
    command
}

/// Runs a build that must succeed.
fn built(target_dir: &Path, command: &mut Command) -> Build {
    let output = command.arg("image").output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}\n{}",
        text(&output.stderr)
    );
    Build {
        target_dir: target_dir.to_path_buf(),
        image: fs::read(target_dir.join("purgatory.ro")).unwrap(),
        says: text(&output.stdout),
    }
}

/// Runs a build that must fail before it has begun.
fn failure(command: &mut Command) -> String {
    let output = command.arg("image").output().unwrap();
    assert!(
        !output.status.success(),
        "{command:?}\n{}",
        text(&output.stdout)
    );
    text(&output.stderr)
}

/// A compiler whose sysroot has the target's `core`: the one that a build compiled.
fn compiler_with_target(build: &Build) -> PathBuf {
    let sysroot = fresh("sysroot");
    let output = Command::new(build.rustc())
        .args(["--print", "sysroot"])
        .output();
    let real = PathBuf::from(text(&output.unwrap().stdout).trim());
    let rustlib = sysroot.join("lib/rustlib");
    let lib = rustlib.join(TARGET).join("lib");
    fs::create_dir_all(&lib).unwrap();
    for entry in fs::read_dir(real.join("lib/rustlib")).unwrap().flatten() {
        if entry.file_name() != TARGET && entry.file_name() != "src" {
            symlink(entry.path(), rustlib.join(entry.file_name())).unwrap();
        }
    }
    let compiled = build
        .target_dir
        .join("image")
        .join(TARGET)
        .join("release/deps");
    for entry in fs::read_dir(compiled).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        // The last one only with older compilers, between the other two.
        let parts = ["core", "compiler_builtins", "rustc_std_workspace_core"];
        let wanted = |part: &&str| name.starts_with(&format!("lib{part}-"));
        if parts.iter().any(wanted) && name.ends_with(".rlib") {
            fs::copy(entry.path(), lib.join(name)).unwrap();
        }
    }
    symlink(real.join("bin"), sysroot.join("bin")).unwrap();
    let rustc = sysroot.join("rustc");
    let sysroot = sysroot.display();
    script(
        &rustc,
        &format!("exec '{}' --sysroot '{sysroot}' \"$@\"", build.rustc()),
    );
    rustc
}

fn script(path: &Path, line: &str) {
    fs::write(path, format!("#!/bin/sh\n{line}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
