// SPDX-License-Identifier: MIT OR Apache-2.0

//! A file at its name: as it was, or as it is to be, whatever happens in between.

use anyhow::{Context, Result, ensure};
use std::fs::{self, File, Metadata};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Far more than any kexec has.
const LARGEST: u64 = 1 << 26;

/// A file that was read.
pub struct Existing {
    /// Its name, behind all symbolic links.
    pub path: PathBuf,
    /// Its contents.
    pub bytes: Vec<u8>,
    metadata: Metadata,
}

impl Existing {
    /// Reads a regular file.
    pub fn read(path: &Path) -> Result<Self> {
        let read = || {
            let path = path.canonicalize()?;
            let metadata = path.metadata()?;
            // Before it is opened: a FIFO would keep us waiting.
            ensure!(metadata.is_file(), "no regular file");
            let size = metadata.len();
            ensure!(
                size <= LARGEST,
                "{size} bytes, which is more than any kexec has"
            );
            let bytes = fs::read(&path)?;
            Ok(Self {
                path,
                bytes,
                metadata,
            })
        };
        read().with_context(|| path.display().to_string())
    }

    /// Writes `content` at the name `to`, with owner, mode and extended attributes of this file. It
    /// has that name only when all of it is on the disk. What was there keeps the name `backup`.
    pub fn write(&self, to: &Path, content: &[u8], backup: Option<&Path>) -> Result<()> {
        let name = to.file_name().context("no file name")?.to_string_lossy();
        let aside = to.with_file_name(format!(".{name}.{}.new", std::process::id()));
        let outcome = self
            .write_aside(&aside, content)
            .with_context(|| aside.display().to_string())
            .and_then(|()| self.ensure_unchanged())
            .and_then(|()| put(&aside, to, backup));
        if outcome.is_err() {
            let _ = fs::remove_file(&aside);
        }
        outcome.and_then(|()| sync_directory(to))
    }

    /// Who has replaced it meanwhile is not undone.
    fn ensure_unchanged(&self) -> Result<()> {
        let now = self.path.metadata()?;
        let which = |m: &Metadata| (m.dev(), m.ino(), m.len(), m.mtime(), m.mtime_nsec());
        ensure!(
            which(&now) == which(&self.metadata),
            "{}: has changed meanwhile",
            self.path.display()
        );
        Ok(())
    }

    fn write_aside(&self, aside: &Path, content: &[u8]) -> Result<()> {
        // As nobody else's until it is right.
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(aside)?;
        file.write_all(content)?;
        fchown(&file, Some(self.metadata.uid()), Some(self.metadata.gid()))
            .context("the owner cannot be kept")?;
        // After the owner, whose change takes setuid away.
        file.set_permissions(self.metadata.permissions())?;
        copy_attributes(&self.path, aside);
        file.sync_all()?;
        let written = fs::read(aside)?;
        ensure!(
            written == content,
            "reads back otherwise than it was written"
        );
        Ok(())
    }
}

/// Extended attributes, an ACL among them: `cp` can do what the standard library cannot.
fn copy_attributes(from: &Path, to: &Path) {
    let mut cp = Command::new("cp");
    cp.args(["--attributes-only", "--preserve=xattr", "--"])
        .args([from, to]);
    let problem = match cp.output() {
        Ok(output) if output.status.success() => return,
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_string(),
        Err(error) => format!("cp: {error}"),
    };
    eprintln!("note: extended attributes, if there are any, are not kept: {problem}");
}

/// Gives the file `aside` the name `to`; what had that name has the name `backup` from then on.
fn put(aside: &Path, to: &Path, backup: Option<&Path>) -> Result<()> {
    if let Some(backup) = backup {
        // A second name for the same file: nothing of it can get lost.
        fs::hard_link(to, backup).with_context(|| backup.display().to_string())?;
    }
    let renamed = fs::rename(aside, to);
    if let (Err(_), Some(backup)) = (&renamed, backup) {
        let _ = fs::remove_file(backup);
    }
    renamed.with_context(|| to.display().to_string())
}

/// Makes the changes of names beside this file last.
pub fn sync_directory(file: &Path) -> Result<()> {
    let directory = file.parent().filter(|parent| *parent != Path::new(""));
    let directory = directory.unwrap_or(Path::new("."));
    let synced = File::open(directory).and_then(|directory| directory.sync_all());
    synced.with_context(|| directory.display().to_string())
}

/// Whether there is a file of this name; if it is no regular file, that is an error.
pub fn exists(path: &Path) -> Result<bool> {
    let metadata = match path.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        other => other.with_context(|| path.display().to_string())?,
    };
    ensure!(metadata.is_file(), "{}: is no regular file", path.display());
    Ok(true)
}
