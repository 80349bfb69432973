// SPDX-License-Identifier: MIT OR Apache-2.0

//! The userland of both kernels, as one file.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use cpio::newc::{Builder, ModeFileType, trailer};
use tempfile::NamedTempFile;

use crate::root;

/// Writes the first kernel's files; among them the second one's, which has neither kernel nor
/// kexec.
pub fn write_initramfs(
    to: &Path,
    busybox: &Path,
    kexec: &Path,
    image: &Path,
    libraries: &[PathBuf],
) -> io::Result<()> {
    let init = fs::read(root().join("tests/kexec/init"))?;
    let busybox = fs::read(busybox)?;
    let mut second = Vec::new();
    for (name, contents) in [("init", &init), ("bin/busybox", &busybox)] {
        second = append(second, name, contents)?;
    }
    // One archive may follow another, and the kernel unpacks both.
    let mut first = NamedTempFile::new_in(root().join("target/kexec"))?;
    first.write_all(&trailer(second.clone())?)?;
    let mut first = append(first, "second.cpio", &trailer(second)?)?;
    for (name, path) in [("kexec", kexec), ("Image", image)] {
        first = append(first, name, &fs::read(path)?)?;
    }
    for path in libraries {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        first = append(first, &format!("lib/{name}"), &fs::read(path)?)?;
    }
    // Whole or not at all, as two tests may write the same at the same time.
    trailer(first)?.persist(to)?;
    Ok(())
}

/// Appends an executable file, and the directory that it is in.
fn append<W: Write>(mut archive: W, name: &str, contents: &[u8]) -> io::Result<W> {
    if let Some((directory, _)) = name.split_once('/') {
        let builder = Builder::new(directory)
            .mode(0o755)
            .set_mode_file_type(ModeFileType::Directory);
        archive = builder.write(archive, 0).finish()?;
    }
    let length = u32::try_from(contents.len()).map_err(io::Error::other)?;
    let builder = Builder::new(name)
        .mode(0o755)
        .set_mode_file_type(ModeFileType::Regular);
    let mut writer = builder.write(archive, length);
    writer.write_all(contents)?;
    writer.finish()
}
