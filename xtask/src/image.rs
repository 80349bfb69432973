//! `xtask image`: `purgatory.ro`, with the linked image and the linker's map beside it.

use crate::cargo::Cargo;
use crate::options::Options;
use crate::table::Table;
use crate::{flat, parts, wrap};
use std::path::Path;

/// Builds, wraps, writes and describes the image.
pub fn build(options: &Options) -> Result<(), String> {
    let cargo = Cargo::find(options)?;
    println!("{cargo}");
    let script = Some(Path::new("link.ld"));
    let linked = cargo.link("purgatory", "firmware", "purgatory", script)?;
    let output = |extension: &str| {
        options
            .target_dir
            .join("purgatory")
            .with_extension(extension)
    };
    copy(&linked, &output("elf"))?;
    copy(&linked.with_extension("map"), &output("map"))?;

    let path = output("ro");
    println!("{}", path.display());
    match object(&linked) {
        Ok(object) => write(&object, &path),
        Err(fault) => {
            // Or an older one would pass for what was just built.
            let _ = std::fs::remove_file(&path);
            Err(fault)
        }
    }
}

/// What a linked image becomes, if it breaks no rule.
fn object(linked: &Path) -> Result<Vec<u8>, String> {
    let elf = std::fs::read(linked).map_err(|e| format!("{}: {e}", linked.display()))?;
    let flat = flat::flatten(&elf)?;
    let object = wrap::wrap(&flat)?;
    let table = Table::read(&object, flat.self_relocations)?;
    println!("{table}");
    let bytes: usize = flat.parts.iter().map(ExactSizeIterator::len).sum();
    let parts = parts::parts(&elf, (object.len() - bytes) as u64)?;
    let parts: Vec<String> = parts
        .iter()
        .map(|(name, size)| format!("{name} {size}"))
        .collect();
    println!("  parts         {}", parts.join(",\n                "));
    table.faults()?;
    Ok(object)
}

/// Writes a file so that a test that reads it meanwhile sees the old one or the new one.
fn write(bytes: &[u8], to: &Path) -> Result<(), String> {
    let aside = to.with_extension(format!("{}.new", std::process::id()));
    std::fs::write(&aside, bytes)
        .and_then(|()| std::fs::rename(&aside, to))
        .map_err(|e| format!("{}: {e}", to.display()))
}

/// Copies a file in the same way.
pub fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let bytes = std::fs::read(from).map_err(|e| format!("{}: {e}", from.display()))?;
    write(&bytes, to)
}
