// SPDX-License-Identifier: MIT OR Apache-2.0

//! The image in a kexec that is already built: putting it in, taking it out, configuring and
//! describing it.
//!
//! Nothing in the kexec moves, so nothing else in it has to know. The input may be anything, and
//! output is checked before it gets its name.

mod attributes;
mod info;
mod name;
pub mod note;
mod place;
mod purgatory;
mod replace;

pub use info::info;

use anyhow::{Context, Result, ensure};
use name::Name;
use place::{Carrier, find};
use purgatory::{ON_FAILURE, Purgatory};
use replace::Existing;
use std::ops::Range;
use std::path::Path;

/// Puts an image into a kexec, or into a copy of it; says what was done.
///
/// `on_failure` is the requested value; without one the kexec's if it is not 0, else the image's.
pub fn patch(
    kexec: &Path,
    to: Option<&Path>,
    ro: &Path,
    on_failure: Option<u32>,
) -> Result<String> {
    ensure!(
        ro.exists(),
        "{}: is not there: run make, or name another by RO=",
        shown(&ro.to_string_lossy())
    );
    let image = Existing::read(ro)?;
    let named = || image.name.to_string();
    let ours = find(&image.bytes).with_context(named)?;
    ensure!(
        ours.place.len() == image.bytes.len(),
        "{}: a kexec, not a purgatory.ro",
        image.name
    );
    ours.purgatory.ours().with_context(named)?;

    let kexec = Existing::read(kexec)?;
    let (place, old) = in_kexec(&kexec)?;
    let (size, room) = (image.bytes.len(), place.len());
    ensure!(
        size <= room,
        "{}: the place in it has {room} bytes, {} has {size}{}",
        kexec.name,
        image.name,
        if ours.purgatory.spread {
            ": strip or objcopy has made it larger"
        } else {
            ""
        }
    );
    let before = old.ours().and_then(|()| old.on_failure()).unwrap_or(0);
    let own = ours.purgatory.on_failure()?;
    let value = on_failure.unwrap_or(if before == 0 { own } else { before });
    let image = with_on_failure(&ours, &image.bytes, value)?;
    let mut new = kexec.bytes.clone();
    place::fill(&mut new[place.clone()], &image);
    let check = find(&new).context("what would be written")?;
    ensure!(
        check.place == place && check.purgatory.bytes == image,
        "{}: would be damaged",
        kexec.name
    );
    check.purgatory.ours().context("what would be written")?;

    let target = target(&kexec, to)?;
    let kept = match (value, before, own) {
        (0, 0, 0) => String::new(),
        (_, 0, _) => format!(", {ON_FAILURE} = {value}"),
        _ if value == before => format!(", {ON_FAILURE} = {value}, as it was"),
        _ => format!(", {ON_FAILURE} = {value}, it was {before}"),
    };
    let at = place.start;
    let done = format!("{size} bytes in the place of {room} at {at}{kept}");
    if to.is_some() {
        kexec.write(&target, &new, None)?;
        return Ok(format!("{target}: {done}"));
    }
    if new == kexec.bytes {
        return Ok(format!("{target}: has it already{kept}"));
    }
    let backup = backup(&kexec.name);
    let is_new = !backup.exists()?;
    if !is_new {
        let kept = Existing::at(backup.clone())?;
        ensure_its_backup(&kexec, &place, old.note.is_some(), &kept)?;
    }
    kexec.write(&target, &new, is_new.then_some(&backup))?;
    Ok(format!("{target}: {done}; as it was: {backup}"))
}

/// Takes it out again: the original comes back.
pub fn unpatch(kexec: &Path) -> Result<String> {
    let kexec = Existing::read(kexec)?;
    let (place, old) = in_kexec(&kexec)?;
    let (name, backup) = (&kexec.name, backup(&kexec.name));
    ensure!(
        old.note.is_some(),
        "{name}: is not patched, it has {}",
        info::whose(&old)
    );
    ensure!(backup.exists()?, "{name}: there is no {backup}");
    let kept = Existing::at(backup)?;
    ensure_its_backup(&kexec, &place, true, &kept)?;
    kept.replace(&kexec)?;
    Ok(format!("{name}: is what it was"))
}

/// Sets the symbol `on_failure` of an image, alone or in a kexec, or in a copy of it.
pub fn set(file: &Path, to: Option<&Path>, on_failure: u32) -> Result<String> {
    let file = Existing::read(file)?;
    let named = || file.name.to_string();
    let carrier = find(&file.bytes).with_context(named)?;
    carrier.purgatory.ours().with_context(named)?;
    let old = carrier.purgatory.on_failure().with_context(named)?;
    let new = with_on_failure(&carrier, &file.bytes, on_failure).with_context(named)?;
    let target = target(&file, to)?;
    file.write(&target, &new, None)?;
    Ok(format!(
        "{target}: {ON_FAILURE} = {on_failure}, it was {old}"
    ))
}

/// Returns the value of the image in a file, if there is one and it is ours.
pub fn on_failure(file: &Path) -> Option<u32> {
    let file = Existing::read(file).ok()?;
    let purgatory = find(&file.bytes).ok()?.purgatory;
    purgatory.ours().and_then(|()| purgatory.on_failure()).ok()
}

/// Returns the contents of a file with one of our purgatories, with this value set.
fn with_on_failure(carrier: &Carrier, file: &[u8], value: u32) -> Result<Vec<u8>> {
    let symbol = carrier.purgatory.symbol(ON_FAILURE)?;
    let at = carrier.place.start + symbol.start;
    let mut new = file.to_vec();
    new[at..at + symbol.len()].copy_from_slice(&value.to_le_bytes());
    let check = find(&new).context("what would be written")?;
    ensure!(check.purgatory.on_failure()? == value, "would be damaged");
    Ok(new)
}

/// Returns a kexec's place and the purgatory in it: ours, or one that works.
fn in_kexec(kexec: &Existing) -> Result<(Range<usize>, Purgatory<'_>)> {
    let named = || kexec.name.to_string();
    let carrier = find(&kexec.bytes).with_context(named)?;
    ensure!(
        carrier.place.start > 0,
        "{}: a purgatory.ro, not a kexec",
        kexec.name
    );
    if carrier.purgatory.note.is_none() {
        carrier.purgatory.usable().with_context(named)?;
    }
    Ok((carrier.place, carrier.purgatory))
}

/// Returns the name for a changed file.
fn target(file: &Existing, to: Option<&Path>) -> Result<Name> {
    let Some(to) = to else {
        return Ok(file.name.clone());
    };
    let to = Name::new(to).with_context(|| shown(&to.to_string_lossy()))?;
    to.exists()?;
    ensure!(
        !to.is(&file.name)?,
        "{to}: TO is the file itself; leave it out to change that"
    );
    ensure!(!to.is(&backup(&file.name))?, "{to}: is what unpatch needs");
    Ok(to)
}

/// Returns the name of the original of a patched kexec.
fn backup(kexec: &Name) -> Name {
    kexec.beside("", ".unpatched")
}

/// Fails unless a file is the original of this kexec.
fn ensure_its_backup(
    kexec: &Existing,
    place: &Range<usize>,
    patched: bool,
    kept: &Existing,
) -> Result<()> {
    ensure!(
        kept.owner() == kexec.owner(),
        "{}: belongs to user {}, but {} to user {}; move it away",
        kept.name,
        kept.owner(),
        kexec.name,
        kexec.owner()
    );
    let was = find(&kept.bytes).with_context(|| kept.name.to_string())?;
    let was = was.place;
    // The original's place may have been longer than the patched file shows.
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
        kept.name,
        kexec.name
    );
    Ok(())
}

/// Escapes text from a file, or its name, so that nothing in it moves a terminal's cursor.
fn shown(text: &str) -> String {
    let escape = |c: char| match c {
        '"' | '\'' => c.into(),
        _ => c.escape_debug().to_string(),
    };
    text.chars().map(escape).collect()
}
