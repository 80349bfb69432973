// SPDX-License-Identifier: MIT OR Apache-2.0

//! A folder with a kexec and an image in it, and the program that changes them.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use purgatory_test_harness::linux::Suite;
use purgatory_test_harness::{artifact, root, this_test};
use tempfile::TempDir;

/// The names in it: Debian's, ours, and what is kept of Debian's.
pub const KEXEC: &str = "kexec";
pub const RO: &str = "purgatory.ro";
pub const BACKUP: &str = "kexec.unpatched";

/// What is done to them.
pub const PATCH: &[&str] = &["patch", KEXEC, "--ro", RO];
pub const COPY: &[&str] = &["patch", KEXEC, "--ro", RO, "--to", "to"];
pub const UNPATCH: &[&str] = &["unpatch", KEXEC];
pub const SET: &[&str] = &["set", KEXEC, "--on-failure=1"];
pub const INFO: &[&str] = &["info", KEXEC];

/// Each file: its mode, owner, place on the disk, and what is in it.
pub type Snapshot = BTreeMap<PathBuf, (u32, u32, u64, Vec<u8>)>;

pub struct Folder(TempDir);

impl Folder {
    /// With Debian 12's kexec and our image.
    pub fn new() -> Self {
        // Not below the workspace, which another user may not get into.
        let folder = Self(TempDir::with_prefix("purgatory-").unwrap());
        folder.set_mode("", 0o755);
        folder.write(KEXEC, &debian(Suite::Bookworm));
        folder.write(RO, &image());
        folder
    }

    /// Returns a file in it; the folder itself has the name "".
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn set_mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), Permissions::from_mode(mode)).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// A program, or what is to pass for one.
    pub fn write(&self, name: &str, content: &[u8]) {
        fs::write(self.path(name), content).unwrap();
        self.set_mode(name, 0o755);
    }

    /// Changes a file.
    pub fn change(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut content = self.read(name);
        change(&mut content);
        self.write(name, &content);
    }

    /// Returns the tool, called from within the folder.
    pub fn tool(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&*TOOL);
        command.current_dir(self.path("")).args(arguments);
        command
    }

    #[track_caller]
    pub fn succeeds(&self, arguments: &[&str]) -> String {
        succeeded(&self.tool(arguments).output().unwrap())
    }

    #[track_caller]
    pub fn patch(&self) -> String {
        self.succeeds(PATCH)
    }

    pub fn snapshot(&self) -> Snapshot {
        let entries = fs::read_dir(self.path(""))
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let described = entries.map(|path| {
            let metadata = path.symlink_metadata().unwrap();
            let content = match metadata.len() {
                // A file of 3 GiB is not read, nor is a FIFO.
                0..0x100_0000 if metadata.is_file() => fs::read(&path).unwrap(),
                _ => Vec::new(),
            };
            (
                path,
                (metadata.mode(), metadata.uid(), metadata.ino(), content),
            )
        });
        described.collect()
    }

    /// Returns the names of all files.
    pub fn names(&self) -> Vec<String> {
        let names = self.snapshot().into_keys();
        names
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect()
    }
}

/// A folder of a failed test stays.
impl Drop for Folder {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("left as it is: {}", self.path("").display());
            self.0.disable_cleanup(true);
        }
    }
}

#[track_caller]
pub fn succeeded(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}\n{output:?}",
        this_test::alone()
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Returns a suite's kexec.
pub fn debian(suite: Suite) -> Vec<u8> {
    fs::read(suite.downloaded("installed/kexec").unwrap()).unwrap()
}

/// Our image.
pub fn image() -> Vec<u8> {
    fs::read(artifact("purgatory.ro").unwrap()).unwrap()
}

/// The tool, built for the host. In a folder of its own, where it is not replaced while it runs.
pub static TOOL: LazyLock<PathBuf> = LazyLock::new(|| {
    let target_dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tool");
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into()));
    let host = succeeded(&rustc.args(["--print", "host-tuple"]).output().unwrap());
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(root())
        .args(["build", "--quiet", "--locked", "-p", "purgatory-tool"]);
    cargo
        .args(["--target", host.trim(), "--target-dir"])
        .arg(&target_dir);
    assert!(
        cargo.status().unwrap().success(),
        "cargo build -p purgatory-tool"
    );
    target_dir.join(host.trim()).join("debug/purgatory-tool")
});
