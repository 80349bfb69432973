// SPDX-License-Identifier: MIT OR Apache-2.0

//! A name in a folder that is held open. Links are followed once, when the folder is opened. Later
//! changes to the folder's own name have no effect.

use anyhow::{Context, Result, ensure};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, openat, renameat, unlinkat};
use rustix::process::{getegid, geteuid};
use std::ffi::{OsStr, OsString};
use std::fmt::{self, Display, Formatter};
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Its folder, and its name there.
#[derive(Clone)]
pub struct Name {
    folder: Rc<File>,
    name: OsString,
    /// The path for messages.
    path: PathBuf,
}

impl Name {
    /// Opens the folder that a file is in, past all symbolic links.
    pub fn of(file: &Path) -> Result<Self> {
        Self::resolved(file.canonicalize()?)
    }

    /// Opens the folder of a name that may be free.
    pub fn new(path: &Path) -> Result<Self> {
        let name = path.file_name().context("no file name")?;
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        let folder = folder.unwrap_or(Path::new(".")).canonicalize()?;
        Self::resolved(folder.join(name))
    }

    fn resolved(path: PathBuf) -> Result<Self> {
        let name = path.file_name().context("no file name")?.to_os_string();
        let folder = path.parent().context("no folder")?;
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = openat(CWD, folder, flags, Mode::empty())?;
        Ok(Self {
            folder: Rc::new(folder.into()),
            name,
            path,
        })
    }

    /// Returns another name in the same folder: this one with something around it.
    pub fn beside(&self, before: &str, after: &str) -> Self {
        let name = [before.as_ref(), &*self.name, after.as_ref()].join(OsStr::new(""));
        Self {
            folder: Rc::clone(&self.folder),
            path: self.path.with_file_name(&name),
            name,
        }
    }

    /// Returns whether this is the other name in the same folder.
    pub fn is(&self, other: &Self) -> Result<bool> {
        let folder = |name: &Self| name.folder.metadata().map(|m| (m.dev(), m.ino()));
        Ok(self.name == other.name && folder(self)? == folder(other)?)
    }

    /// Refuses a folder where another user can give the name to another file at any time.
    pub fn ensure_only_ours(&self) -> Result<()> {
        let metadata = self.folder.metadata()?;
        let (owner, group, mode) = (metadata.uid(), metadata.gid(), metadata.mode());
        let (file, folder) = (self, self.shown_folder());
        let instead = "who can replace files in it meanwhile; change a copy elsewhere (TO=…)";
        ensure!(
            [0, geteuid().as_raw()].contains(&owner),
            "{file}: its folder {folder} belongs to user {owner}, {instead}"
        );
        // In a sticky folder only the file's owner can take a name away.
        let writers = if mode & 0o1000 == 0 { mode } else { 0 };
        ensure!(
            writers & 0o002 == 0,
            "{file}: its folder {folder} is open to every user, {instead}"
        );
        ensure!(
            writers & 0o020 == 0 || [0, getegid().as_raw()].contains(&group),
            "{file}: its folder {folder} is open to group {group}, {instead}"
        );
        Ok(())
    }

    /// Opens the file for reading; neither follows a link nor waits for a FIFO.
    pub fn open(&self) -> io::Result<File> {
        self.open_as(OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty())
    }

    /// Creates a file of this name, for the caller only.
    pub fn create(&self) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
        self.open_as(flags, Mode::RUSR | Mode::WUSR)
    }

    /// Returns what has the name now, if anything does.
    pub fn metadata(&self) -> io::Result<Option<Metadata>> {
        match self.open_as(OFlags::PATH, Mode::empty()) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            file => file?.metadata().map(Some),
        }
    }

    /// Returns whether there is a file of this name. Anything but a regular file is an error.
    pub fn exists(&self) -> Result<bool> {
        let metadata = self.metadata().with_context(|| self.to_string())?;
        ensure!(
            metadata.as_ref().is_none_or(Metadata::is_file),
            "{self}: is not a regular file"
        );
        Ok(metadata.is_some())
    }

    fn open_as(&self, flags: OFlags, mode: Mode) -> io::Result<File> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(openat(&*self.folder, &self.name, flags, mode)?.into())
    }

    /// Gives the file a second name in this folder, which must be free.
    pub fn link(&self, to: &Self) -> Result<()> {
        let (from, into) = (&*self.folder, &*to.folder);
        let linked = linkat(from, &self.name, into, &to.name, AtFlags::empty());
        linked.with_context(|| to.to_string())
    }

    /// Gives the file another name, and replaces what has that name now.
    pub fn rename(&self, to: &Self) -> Result<()> {
        let renamed = renameat(&*self.folder, &self.name, &*to.folder, &to.name);
        renamed.with_context(|| to.to_string())
    }

    /// Removes the name.
    pub fn remove(&self) -> io::Result<()> {
        Ok(unlinkat(&*self.folder, &self.name, AtFlags::empty())?)
    }

    /// Writes changes of names in this folder to the disk.
    pub fn sync(&self) -> Result<()> {
        let synced = self.folder.sync_all();
        synced.with_context(|| self.shown_folder())
    }

    fn shown_folder(&self) -> String {
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        super::shown(&folder.to_string_lossy())
    }
}

impl Display for Name {
    fn fmt(&self, out: &mut Formatter) -> fmt::Result {
        out.write_str(&super::shown(&self.path.to_string_lossy()))
    }
}
