// SPDX-License-Identifier: MIT OR Apache-2.0

//! The userland of all kernels of a cycle, as one file.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use cpio::newc::{Builder, ModeFileType, trailer};
use tempfile::NamedTempFile;

use crate::root;

/// Where files come from.
pub(super) struct Sources<'a> {
    /// Debian's busybox.
    pub busybox: &'a Path,
    /// The program under test, with our purgatory in it.
    pub kexec: &'a Path,
    /// What it is linked to.
    pub libraries: &'a [PathBuf],
    /// The kernel that is loaded.
    pub image: &'a Path,
}

/// A cpio archive of executable files, as the kernel unpacks it.
#[derive(Clone, Debug, Default)]
pub struct Archive(Vec<u8>);

impl Archive {
    /// Appends a file, and the directory that it is in.
    ///
    /// # Errors
    /// When it is too long for the format.
    pub fn add(&mut self, name: &str, contents: &[u8]) -> io::Result<()> {
        if let Some((directory, _)) = name.split_once('/') {
            let builder = Builder::new(directory)
                .mode(0o755)
                .set_mode_file_type(ModeFileType::Directory);
            builder.write(&mut self.0, 0).finish()?;
        }
        let length = u32::try_from(contents.len()).map_err(io::Error::other)?;
        let builder = Builder::new(name)
            .mode(0o755)
            .set_mode_file_type(ModeFileType::Regular);
        let mut writer = builder.write(&mut self.0, length);
        writer.write_all(contents)?;
        writer.finish()?;
        Ok(())
    }

    /// Ends it, and returns its bytes.
    ///
    /// # Errors
    /// As [`Archive::add`].
    pub fn finish(self) -> io::Result<Vec<u8>> {
        trailer(self.0)
    }
}

/// Writes the first kernel's files; among them the last one's, which has neither kernel nor kexec.
pub(super) fn write_initramfs(to: &Path, from: &Sources) -> io::Result<()> {
    fs::create_dir_all(root().join("target/kexec"))?;
    let mut last = Archive::default();
    last.add("init", &fs::read(root().join("tests/kexec/init"))?)?;
    last.add("bin/busybox", &fs::read(from.busybox)?)?;
    let mut first = last.clone();
    first.add("last.cpio", &last.finish()?)?;
    first.add("streaming", &streaming_program()?)?;
    for (name, path) in [("kexec", from.kexec), ("Image", from.image)] {
        first.add(name, &fs::read(path)?)?;
    }
    for path in from.libraries {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        first.add(&format!("lib/{name}"), &fs::read(path)?)?;
    }
    // Whole or not at all, as two tests may write the same at the same time.
    let mut whole = NamedTempFile::new_in(root().join("target/kexec"))?;
    whole.write_all(&first.finish()?)?;
    whole.persist(to)?;
    Ok(())
}

/// Builds the program of `tests/kexec/streaming.S`.
fn streaming_program() -> io::Result<Vec<u8>> {
    let program = NamedTempFile::new_in(root().join("target/kexec"))?.into_temp_path();
    let built = Command::new("aarch64-linux-gnu-gcc")
        .args(["-nostdlib", "-static", "-o"])
        .arg(&program)
        .arg(root().join("tests/kexec/streaming.S"))
        .output()
        .map_err(|error| io::Error::other(format!("aarch64-linux-gnu-gcc: {error}")))?;
    if !built.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&built.stderr)));
    }
    fs::read(&program)
}
