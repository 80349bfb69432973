// SPDX-License-Identifier: MIT OR Apache-2.0

//! What users have configured for cargo. Most of it is overridden, or does not matter here. The
//! rest is refused by file and key: `paths` and `[patch]` compile other crates than `Cargo.lock`
//! names.

use crate::cargo::table;
use crate::environment::is_among;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use toml::Value;

/// What cannot change the image: `Cargo` sets the same by variables, flags or the workspace's own
/// profile, or it is about downloads, messages and other commands. For `source` see `origin`.
const HARMLESS: &str = "alias build cache cargo-new credential-alias doc future-incompat-report host \
    http include install net profile registries registry resolver source target term";

/// Variables that `[env]` may set: build scripts that compile C read them, of which there are none.
/// The compiler and the linker do not.
const HARMLESS_VARIABLES: &str = "AR AR_* CC CC_* CFLAGS CFLAGS_* CPPFLAGS CXX CXX_* CXXFLAGS \
    CXXFLAGS_* LDFLAGS OPENSSL_* PKG_CONFIG*";

/// Refuses a configuration that could change the image.
pub fn check(root: &Path, cargo_home: Option<&Path>) -> Result<()> {
    let above = root.ancestors().map(|folder| folder.join(".cargo"));
    let folders = above.chain(cargo_home.map(PathBuf::from));
    for file in folders.flat_map(|folder| ["config", "config.toml"].map(|name| folder.join(name))) {
        check_file(&file, &mut vec![])?;
    }
    Ok(())
}

/// Checks a file, and those that it includes. A missing file has no settings; if it must exist
/// cargo says so.
fn check_file(file: &Path, including: &mut Vec<PathBuf>) -> Result<()> {
    if !file.is_file() || including.iter().any(|seen| seen == file) {
        return Ok(());
    }
    let table = table(file)?;
    for (key, value) in &table {
        let may = |key: &str| {
            let which = format!("{}: `{key}` could change the image", file.display());
            format!("{which}; take it out, or build where cargo does not read that file")
        };
        match key.as_str() {
            harmless if is_among(HARMLESS, harmless) => {}
            "env" => {
                let variables = value.as_table().context("env")?;
                let other = variables
                    .keys()
                    .find(|name| !is_among(HARMLESS_VARIABLES, name));
                ensure!(
                    other.is_none(),
                    may(&format!("env.{}", other.unwrap_or(key)))
                );
            }
            _ => ensure!(is_empty(value), may(&first_key(key, value))),
        }
    }
    including.push(file.to_path_buf());
    for included in included(table.get("include")) {
        check_file(&file.with_file_name(included), including)?;
    }
    including.pop();
    Ok(())
}

/// Returns the names in `include`: one or a list, each alone or in a table with other keys.
fn included(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let list = value.and_then(Value::as_array).into_iter().flatten();
    list.chain(value)
        .filter_map(|name| name.get("path").unwrap_or(name).as_str())
}

/// Returns whether this is an empty list or table, as OpenEmbedded has.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.is_empty(),
        Value::Table(table) => table.is_empty(),
        _ => false,
    }
}

/// Joins names, as in `patch.crates-io`.
fn first_key(key: &str, value: &Value) -> String {
    let inner = value.as_table().and_then(|table| table.keys().next());
    inner.map_or(key.into(), |inner| format!("{key}.{inner}"))
}
