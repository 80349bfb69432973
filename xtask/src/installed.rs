// SPDX-License-Identifier: MIT OR Apache-2.0

//! The image in a kexec that is already built: put in, taken out, configured, looked at.
//!
//! Nothing in the kexec moves, so nothing else in it has to know. What is read here may be anything,
//! and what is written is checked before it gets its name.

mod info;
mod place;
mod purgatory;
mod replace;

pub use info::info;

use anyhow::{Context, Result, ensure};
use place::find;
use purgatory::{ON_FAILURE, Purgatory};
use replace::Existing;
use std::ffi::OsString;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Puts an image into a kexec, or into a copy of it; says what came of it.
pub fn patch(kexec: &Path, to: Option<&Path>, ro: &Path) -> Result<String> {
    ensure!(
        ro.exists(),
        "{}: is not there: run make, or name another by RO=",
        ro.display()
    );
    let image = Existing::read(ro)?;
    let named = || image.path.display().to_string();
    let ours = find(&image.bytes).with_context(named)?;
    ensure!(
        ours.place.len() == image.bytes.len(),
        "{}: a kexec, not a purgatory.ro",
        named()
    );
    ours.purgatory.ours().with_context(named)?;

    let kexec = Existing::read(kexec)?;
    let path = kexec.path.display();
    let (place, old) = in_kexec(&kexec)?;
    let (size, room) = (image.bytes.len(), place.len());
    ensure!(
        size <= room,
        "{path}: the place in it has {room} bytes, {} has {size}{}",
        image.path.display(),
        if ours.purgatory.spread {
            ": strip or objcopy has made it larger"
        } else {
            ""
        }
    );
    let mut new = kexec.bytes.clone();
    place::fill(&mut new[place.clone()], &image.bytes);
    let check = find(&new).context("what would be written")?;
    ensure!(
        check.place == place && check.purgatory.bytes == image.bytes,
        "{path}: would be damaged"
    );
    check.purgatory.ours().context("what would be written")?;

    let target = target(&kexec, to)?;
    let done = format!("{size} bytes in the place of {room} at {}", place.start);
    if to.is_some() {
        kexec.write(&target, &new, None)?;
        return Ok(format!("{}: {done}", target.display()));
    }
    if new == kexec.bytes {
        return Ok(format!("{path}: has it already"));
    }
    let backup = backup(&kexec.path);
    let is_new = !replace::exists(&backup)?;
    if !is_new {
        ensure_its_backup(&kexec, &place, old.note.is_some(), &backup)?;
    }
    kexec.write(&target, &new, is_new.then_some(&*backup))?;
    Ok(format!("{path}: {done}; as it was: {}", backup.display()))
}

/// Takes it out again: what was there before comes back.
pub fn unpatch(kexec: &Path) -> Result<String> {
    let kexec = Existing::read(kexec)?;
    let path = kexec.path.display();
    let (place, old) = in_kexec(&kexec)?;
    ensure!(
        old.note.is_some(),
        "{path}: is not patched, it has {}",
        info::whose(&old)
    );
    let backup = backup(&kexec.path);
    ensure!(
        replace::exists(&backup)?,
        "{path}: there is no {}",
        backup.display()
    );
    ensure_its_backup(&kexec, &place, true, &backup)?;
    fs::rename(&backup, &kexec.path).with_context(|| path.to_string())?;
    replace::sync_directory(&kexec.path)?;
    Ok(format!("{path}: is what it was"))
}

/// Sets the symbol `on_failure` of an image, alone or in a kexec, or in a copy of it.
pub fn set(file: &Path, to: Option<&Path>, on_failure: u32) -> Result<String> {
    let file = Existing::read(file)?;
    let named = || file.path.display().to_string();
    let carrier = find(&file.bytes).with_context(named)?;
    carrier.purgatory.ours().with_context(named)?;
    let symbol = carrier.purgatory.symbol(ON_FAILURE).with_context(named)?;
    let old = carrier.purgatory.on_failure()?;
    let at = carrier.place.start + symbol.start;
    let mut new = file.bytes.clone();
    new[at..at + symbol.len()].copy_from_slice(&on_failure.to_le_bytes());
    let check = find(&new).context("what would be written")?;
    ensure!(
        check.purgatory.on_failure()? == on_failure,
        "{}: would be damaged",
        named()
    );
    let target = target(&file, to)?;
    file.write(&target, &new, None)?;
    Ok(format!(
        "{}: {ON_FAILURE} = {on_failure}, it was {old}",
        target.display()
    ))
}

/// A kexec's place and the purgatory in it: ours, or one that works.
fn in_kexec(kexec: &Existing) -> Result<(Range<usize>, Purgatory<'_>)> {
    let named = || kexec.path.display().to_string();
    let carrier = find(&kexec.bytes).with_context(named)?;
    ensure!(
        carrier.place.start > 0,
        "{}: a purgatory.ro, not a kexec",
        named()
    );
    if carrier.purgatory.note.is_none() {
        carrier.purgatory.usable().with_context(named)?;
    }
    Ok((carrier.place, carrier.purgatory))
}

/// Where a changed file goes.
fn target(file: &Existing, to: Option<&Path>) -> Result<PathBuf> {
    let Some(to) = to else {
        return Ok(file.path.clone());
    };
    if replace::exists(to)? {
        let (is, to) = (to.canonicalize()?, to.display());
        ensure!(
            is != file.path,
            "{to}: TO is the file itself; leave it out to change that"
        );
        ensure!(is != backup(&file.path), "{to}: is what unpatch needs");
    }
    Ok(to.to_path_buf())
}

/// What a kexec is called that was there before it was patched.
fn backup(kexec: &Path) -> PathBuf {
    let mut name = OsString::from(kexec);
    name.push(".unpatched");
    name.into()
}

/// Whether the file is what this kexec was.
fn ensure_its_backup(
    kexec: &Existing,
    place: &Range<usize>,
    patched: bool,
    backup: &Path,
) -> Result<()> {
    let kept = Existing::read(backup)?;
    let named = || kept.path.display().to_string();
    let was = find(&kept.bytes).with_context(named)?.place;
    // Of what was patched the place may have been longer than is known there.
    let around = if patched {
        was.start..was.end.max(place.end)
    } else {
        0..0
    };
    let (a, b) = (&kexec.bytes, &kept.bytes);
    let same = a.len() == b.len()
        && a[..around.start] == b[..around.start]
        && a[around.end..] == b[around.end..];
    ensure!(
        same && (!patched || was.start == place.start),
        "{}: is of another kexec than {}; move it away",
        backup.display(),
        kexec.path.display()
    );
    Ok(())
}
