// SPDX-License-Identifier: MIT OR Apache-2.0

//! A file under its name: either the old one or the new one, whatever happens in between.
//!
//! It is opened once. Contents, owner, mode and attributes are those of the opened file, even if
//! another file has the name by then.

use super::attributes;
use super::name::Name;
use anyhow::{Context, Result, ensure};
use std::fs::{File, Metadata};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::Path;

/// Far more than any kexec has.
const LARGEST: u64 = 1 << 26;

/// A file that was read.
pub struct Existing {
    /// Its name, past all symbolic links.
    pub name: Name,
    /// Its contents.
    pub bytes: Vec<u8>,
    file: File,
    metadata: Metadata,
}

impl Existing {
    /// Reads a regular file.
    pub fn read(path: &Path) -> Result<Self> {
        let read = || Self::open(Name::of(path)?);
        read().with_context(|| super::shown(&path.to_string_lossy()))
    }

    /// Reads the regular file that has this name.
    pub fn at(name: Name) -> Result<Self> {
        let named = name.to_string();
        Self::open(name).context(named)
    }

    fn open(name: Name) -> Result<Self> {
        let regular = |metadata: &Metadata| metadata.is_file();
        // Before it is opened, because some devices act on being opened.
        let found = name.metadata()?;
        ensure!(found.as_ref().is_none_or(regular), "not a regular file");
        let file = name.open()?;
        let metadata = file.metadata()?;
        ensure!(regular(&metadata), "not a regular file");
        let size = metadata.len();
        ensure!(
            size <= LARGEST,
            "{size} bytes, which is more than any kexec has"
        );
        let bytes = all(&file)?;
        Ok(Self {
            name,
            bytes,
            file,
            metadata,
        })
    }

    /// Writes `content` at the name `to`, with owner, mode and extended attributes of this file.
    /// The name is given only once everything is on disk. The old file keeps the name `backup`.
    pub fn write(&self, to: &Name, content: &[u8], backup: Option<&Name>) -> Result<()> {
        to.ensure_only_ours()?;
        let aside = to.beside(".", &format!(".{}.new", std::process::id()));
        let named = || aside.to_string();
        let file = aside.create().with_context(named)?;
        let outcome = self
            .fill(file, content)
            .with_context(named)
            .and_then(|()| self.ensure_has(&self.name))
            .and_then(|()| self.put(&aside, to, backup));
        if outcome.is_err() {
            let _ = aside.remove();
        }
        outcome.and_then(|()| to.sync())
    }

    /// Gives this file the name of another, which is then gone.
    pub fn replace(&self, other: &Self) -> Result<()> {
        self.name.ensure_only_ours()?;
        self.ensure_has(&self.name)?;
        other.ensure_has(&other.name)?;
        self.name.rename(&other.name)?;
        self.name.sync()
    }

    /// Returns its owner.
    pub fn owner(&self) -> u32 {
        self.metadata.uid()
    }

    /// Checks that a name still belongs to this file as it was read. A concurrent replacement is
    /// not undone.
    fn ensure_has(&self, name: &Name) -> Result<()> {
        let now = name.metadata().with_context(|| name.to_string())?;
        let which = |m: &Metadata| (m.dev(), m.ino(), m.len(), m.mtime(), m.mtime_nsec());
        ensure!(
            now.is_some_and(|now| which(&now) == which(&self.metadata)),
            "{name}: has changed meanwhile"
        );
        Ok(())
    }

    /// Completes a file that only the caller can access until then.
    fn fill(&self, mut file: File, content: &[u8]) -> Result<()> {
        file.write_all(content)?;
        fchown(&file, Some(self.metadata.uid()), Some(self.metadata.gid()))
            .context("the owner cannot be kept")?;
        let notes = attributes::copy(&self.file, &file)?;
        // After the owner, because changing it clears setuid, and after the access list, because
        // without one the group would get the list's maximum.
        file.set_permissions(self.metadata.permissions())?;
        file.sync_all()?;
        file.rewind()?;
        ensure!(
            all(&file)? == content,
            "reads back otherwise than it was written"
        );
        notes.iter().for_each(|note| eprintln!("note: {note}"));
        Ok(())
    }

    /// Gives the file `aside` the name `to`; the file that had that name gets the name `backup`.
    fn put(&self, aside: &Name, to: &Name, backup: Option<&Name>) -> Result<()> {
        let Some(backup) = backup else {
            return aside.rename(to);
        };
        // A second name for the same file, so that none of it can get lost.
        to.link(backup)?;
        let renamed = self.ensure_has(backup).and_then(|()| aside.rename(to));
        if renamed.is_err() {
            let _ = backup.remove();
        }
        renamed
    }
}

fn all(file: &File) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
