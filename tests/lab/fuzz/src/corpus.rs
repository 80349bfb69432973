// SPDX-License-Identifier: MIT OR Apache-2.0

//! Inputs in files: those of the repository, those that earlier runs have found, and those that
//! failed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::random::digest;

/// Returns the folder of the inputs of a target that are in the repository.
pub fn kept(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target)
}

/// Returns the folder of those that `make fuzz` has found here.
pub fn found(target: &str) -> PathBuf {
    root().join("target/fuzz").join(target)
}

/// Returns where an input goes that failed.
pub fn failed(target: &str, bytes: &[u8]) -> PathBuf {
    root()
        .join("target/fuzz")
        .join(format!("{target}-{}", name(bytes)))
}

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(3).unwrap_or(here).to_path_buf()
}

/// Reads all of a folder, the shortest first: what a longer one adds to them is kept, and no more.
/// None, where there is no folder.
///
/// # Errors
/// When a file cannot be read.
pub fn read(folder: &Path) -> io::Result<Vec<Vec<u8>>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let paths: io::Result<Vec<_>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths?;
    paths.sort();
    let inputs: io::Result<Vec<_>> = paths.iter().map(fs::read).collect();
    let mut inputs = inputs?;
    inputs.sort_by_key(Vec::len);
    Ok(inputs)
}

/// Writes an input.
///
/// # Errors
/// When it cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    fs::write(path, bytes)
}

/// Returns the name for these bytes.
pub fn name(bytes: &[u8]) -> String {
    let sum = digest(bytes.iter().map(|&byte| byte.into()));
    format!("{sum:016x}")
}
