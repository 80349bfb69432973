//! What the build takes from the manifests.

use std::path::Path;
use toml::{Table, Value};

fn read(manifest: &Path) -> Result<Table, String> {
    let text =
        std::fs::read_to_string(manifest).map_err(|e| format!("{}: {e}", manifest.display()))?;
    text.parse()
        .map_err(|e| format!("{}: {e}", manifest.display()))
}

/// The `[profile]` tables as a cargo configuration, with what they leave to cargo's defaults said.
///
/// A profile in the user's own `~/.cargo/config.toml` goes before a manifest's. Given with
/// `--config`, the manifest's has the last word again.
pub fn profiles(root: &Path) -> Result<String, String> {
    let mut manifest = read(&root.join("Cargo.toml"))?;
    let mut profile = take(&mut manifest, "profile");
    let mut release = take(&mut profile, "release");
    for switch in [
        "debug-assertions",
        "incremental",
        "overflow-checks",
        "rpath",
        "strip",
    ] {
        release.entry(switch).or_insert(Value::Boolean(false));
    }
    profile.insert("release".into(), Value::Table(release));
    let only = Table::from_iter([("profile".into(), Value::Table(profile))]);
    Ok(only.to_string())
}

/// A table out of another; an empty one if it is not there.
fn take(table: &mut Table, name: &str) -> Table {
    match table.remove(name) {
        Some(Value::Table(inner)) => inner,
        _ => Table::new(),
    }
}

/// The names of a package's programs.
pub fn programs(package: &Path) -> Result<Vec<String>, String> {
    let manifest = read(&package.join("Cargo.toml"))?;
    let bins = manifest.get("bin").and_then(Value::as_array);
    let named = bins
        .into_iter()
        .flatten()
        .filter_map(|bin| bin.get("name")?.as_str());
    Ok(named.map(str::to_string).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_survive_the_way_into_a_configuration() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let release = |mut table: Table| take(&mut take(&mut table, "profile"), "release");
        let config = release(profiles(root).unwrap().parse().unwrap());
        let manifest = release(read(&root.join("Cargo.toml")).unwrap());
        assert!(manifest.contains_key("opt-level"));
        for (key, value) in &manifest {
            assert_eq!(config.get(key), Some(value), "{key}");
        }
        assert_eq!(config.get("overflow-checks"), Some(&Value::Boolean(false)));
    }

    #[test]
    fn the_images_program_is_found() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        assert_eq!(programs(root).unwrap(), ["purgatory"]);
    }
}
