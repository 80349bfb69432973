// SPDX-License-Identifier: MIT OR Apache-2.0

//! The profile `image` of `.cargo/config.toml`, which a user's configuration must not change for a single package either.

use crate::toolchain::TARGET;
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use toml::{Table, Value};

/// The keys that a profile of a single package may have too, but `incremental`.
const KEYS: [&str; 7] = [
    "debug-assertions",
    "overflow-checks",
    "codegen-units",
    "debug",
    "opt-level",
    "split-debuginfo",
    "strip",
];

/// Returns a value in `.cargo/config.toml`.
fn find(config: &Table, table: &str, of: &str, key: &str) -> Result<Value> {
    let value = config.get(table).and_then(|v| v.get(of)?.get(key));
    let value = value.with_context(|| format!(".cargo/config.toml: {table}.{of}.{key}"))?;
    Ok(value.clone())
}

/// Returns cargo's arguments that give each package, and what is built for the host, the profile `image`. Its flags
/// (see [`flags`]) go before those of a user's `[profile.image.package.<name>]`, but cargo names symbols by what
/// stands there, and the order of constants may follow.
pub fn of_packages(config: &Table, lock: &Table) -> Result<Vec<String>> {
    let packages = lock.get("package").and_then(Value::as_array);
    let names = packages.into_iter().flatten();
    let names: BTreeSet<&str> = names.filter_map(|one| one.get("name")?.as_str()).collect();
    let places = names.into_iter().map(|name| format!("package.{name}"));
    let places: Vec<_> = places.chain(["build-override".into()]).collect();
    let mut arguments = Vec::new();
    for key in KEYS.into_iter().chain(["incremental"]) {
        let value = find(config, "profile", "image", key)?;
        let argument = |place| format!("--config=profile.image.{place}.{key}={value}");
        arguments.extend(places.iter().map(argument));
    }
    Ok(arguments)
}

/// Returns the compiler's flags in `.cargo/config.toml`: those of the target and, once more, the
/// profile, by which `core` is compiled, too.
pub fn flags(config: &Table) -> Result<Vec<String>> {
    let mut flags: Vec<String> = find(config, "target", TARGET, "rustflags")?.try_into()?;
    for key in KEYS {
        let value = find(config, "profile", "image", key)?;
        let flag = if key == "debug" { "debuginfo" } else { key };
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), String::from);
        flags.push(format!("-C{flag}={value}"));
    }
    Ok(flags)
}
