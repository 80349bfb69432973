// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a purgatory is, for people who are given one.

use super::place::find;
use super::purgatory::{ON_FAILURE, Purgatory};
use super::replace::Existing;
use super::shown;
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::path::Path;

/// Describes the purgatory in a file, and says whether kexec can load it.
pub fn info(file: &Path) -> Result<(String, Result<()>)> {
    let file = Existing::read(file)?;
    let named = || file.name.to_string();
    let carrier = find(&file.bytes).with_context(named)?;
    let purgatory = &carrier.purgatory;
    let (place, size) = (&carrier.place, purgatory.bytes.len());
    let digest = Sha256::digest(purgatory.bytes);
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();

    let mut lines = format!("{}\n", named());
    let mut line = |name: &str, value: &str| writeln!(lines, "  {name:<14}{}", shown(value));
    line("purgatory", whose(purgatory))?;
    for (name, value) in purgatory.note.iter().flatten() {
        line(name, value)?;
    }
    if place.start > 0 {
        line(
            "place",
            &format!("{} bytes at {}", place.len(), place.start),
        )?;
    }
    line("size", &format!("{size} bytes"))?;
    line("sha256", &digest)?;
    line("relocations", &purgatory.relocations.to_string())?;
    line("symbols", &symbols(purgatory))?;
    if let Ok(value) = purgatory.on_failure() {
        line(ON_FAILURE, &worded(value))?;
    }
    if purgatory.note.is_some() && purgatory.spread {
        line(
            "damage",
            "rewritten by strip or objcopy: larger than it was built, may fit in no kexec",
        )?;
    }
    let usable = purgatory.usable().with_context(named);
    Ok((lines, usable))
}

/// Says whose it is.
pub fn whose(purgatory: &Purgatory) -> &'static str {
    match (purgatory.note.is_some(), purgatory.is_c) {
        (true, _) => "this project's",
        (_, true) => "kexec-tools' own, in C: verifies with the D-cache off",
        _ => "neither this project's nor that of kexec-tools",
    }
}

/// Lists the interface's symbols in it.
fn symbols(purgatory: &Purgatory) -> String {
    if !purgatory.has_symbols {
        return "none: strip has taken them, and kexec refuses it".into();
    }
    let all = purgatory.symbols.iter();
    let missing = all.filter_map(|(_, place)| Some(format!("{:#}", place.as_ref().err()?)));
    let missing: Vec<_> = missing.collect();
    let found = purgatory.symbols.len() - missing.len();
    if missing.is_empty() {
        format!("all {found} of the interface")
    } else {
        format!("{found} of the interface; {}", missing.join(", "))
    }
}

fn worded(on_failure: u32) -> String {
    match on_failure {
        0 => "0: halts where it starts nothing".into(),
        n => format!("{n}: resets the machine after {n} seconds where it starts nothing"),
    }
}
