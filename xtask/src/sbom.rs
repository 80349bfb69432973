// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the image is made of: a bill of materials (SPDX 2.3, tag-value) for whoever ships it.
//!
//! One tree gives one text. SPDX wants a time: it is that of `SOURCE_DATE_EPOCH`, else 1970.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write;
use toml::{Table, Value};

#[cfg(test)]
mod tests;

/// What a file was made from.
pub struct Materials<'a> {
    /// The file's name.
    pub file: &'a str,
    /// Its content.
    pub object: &'a [u8],
    /// The commit of our own source, as in the file's note.
    pub commit: &'a str,
    /// The compiler's release.
    pub rustc: &'a str,
    /// The commit that the compiler was built from, or `unknown`.
    pub rustc_commit: &'a str,
    /// The crates that are linked, see `Cargo::tree`.
    pub tree: &'a str,
    /// `Cargo.lock`.
    pub lock: &'a Table,
    /// The crates, as in `spin 0.10.1`, whose files were not compared with the checksum in
    /// `Cargo.lock`.
    pub unchecked: &'a BTreeSet<String>,
    /// `SOURCE_DATE_EPOCH`.
    pub epoch: Option<&'a str>,
}

/// The registry of a crate, in `Cargo.lock`, and where it has them.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";
const DOWNLOADS: &str = "https://static.crates.io/crates";

/// SPDX's word for a place that is not told.
const UNKNOWN: &str = "NOASSERTION";

/// The origin of a crate without checksums.
const FOLDER: &str =
    "a folder in the place of the registry, which has no checksum of some of its files";

/// A package of `Cargo::tree`.
struct Crate<'a> {
    depth: usize,
    name: &'a str,
    version: &'a str,
    licence: String,
}

/// Lists what is in the file.
pub fn sbom(materials: &Materials<'_>) -> Result<String> {
    let &Materials { file, rustc, .. } = materials;
    let version = env!("CARGO_PKG_VERSION");
    let crates: Vec<Crate<'_>> = materials.tree.lines().map(parse).collect::<Result<_>>()?;
    let root = crates.first().context("cargo tree names no package")?;
    let digest = hex(&Sha256::digest(materials.object));

    let mut text = String::new();
    writeln!(text, "SPDXVersion: SPDX-2.3")?;
    writeln!(text, "DataLicense: CC0-1.0")?;
    writeln!(text, "SPDXID: SPDXRef-DOCUMENT")?;
    writeln!(text, "DocumentName: {file}")?;
    let namespace = "https://spdx.org/spdxdocs";
    writeln!(text, "DocumentNamespace: {namespace}/{file}-{digest}")?;
    writeln!(text, "Creator: Tool: xtask-{version}")?;
    writeln!(text, "Created: {}", created(materials.epoch)?)?;

    let commit = format!("commit {}", materials.commit);
    let licences = all_of(crates.iter().map(|krate| krate.licence.as_str()));
    package(&mut text, "Image", file, version, UNKNOWN, "FIRMWARE")?;
    writeln!(text, "PackageFileName: {file}")?;
    writeln!(text, "PackageChecksum: SHA256: {digest}")?;
    writeln!(text, "PackageSourceInfo: <text>{commit}</text>")?;
    writeln!(text, "PackageLicenseDeclared: {licences}")?;

    let mut relations = BTreeSet::new();
    let mut contained = vec![];
    // The packages that the next line's may depend on: one for each depth.
    let mut above: Vec<String> = vec![];
    for krate in &crates {
        let id = id(krate);
        above.truncate(krate.depth);
        relations.extend(above.last().map(|user| format!("{user} DEPENDS_ON {id}")));
        above.push(id.clone());
        if contained.contains(&id) {
            continue;
        }
        let &Crate { name, version, .. } = krate;
        let unchecked = materials.unchecked.contains(&format!("{name} {version}"));
        let download = download(materials.lock, krate).filter(|_| !unchecked);
        let place = download.map(|_| format!("{DOWNLOADS}/{name}/{name}-{version}.crate"));
        let place = place.as_deref().unwrap_or(UNKNOWN);
        package(&mut text, &id, name, version, place, "LIBRARY")?;
        writeln!(text, "PackageLicenseDeclared: {}", krate.licence)?;
        if unchecked {
            writeln!(text, "PackageSourceInfo: <text>{FOLDER}</text>")?;
        } else if let Some(checksum) = download {
            let purl = format!("pkg:cargo/{name}@{version}");
            writeln!(text, "PackageChecksum: SHA256: {checksum}")?;
            writeln!(text, "ExternalRef: PACKAGE-MANAGER purl {purl}")?;
        } else if name == root.name {
            writeln!(text, "PackageSourceInfo: <text>{commit}</text>")?;
        }
        contained.push(id);
    }

    // Both are built from one source, at the compiler's release.
    let source = match materials.rustc_commit {
        "unknown" => rustc,
        commit => commit,
    };
    for (name, purpose) in [("core", "LIBRARY"), ("rustc", "APPLICATION")] {
        package(&mut text, name, name, rustc, UNKNOWN, purpose)?;
        writeln!(text, "PackageLicenseDeclared: MIT OR Apache-2.0")?;
        let purl = format!("pkg:github/rust-lang/rust@{source}");
        writeln!(text, "ExternalRef: PACKAGE-MANAGER purl {purl}")?;
    }
    contained.push("core".into());

    writeln!(text)?;
    relation(&mut text, "DOCUMENT DESCRIBES Image")?;
    relation(&mut text, &format!("Image GENERATED_FROM {}", id(root)))?;
    for id in contained {
        relation(&mut text, &format!("Image CONTAINS {id}"))?;
    }
    for of_crates in relations {
        relation(&mut text, &of_crates)?;
    }
    relation(&mut text, "rustc BUILD_TOOL_OF Image")?;
    Ok(text)
}

/// Writes a digest in hexadecimal.
pub fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes the head of a package's entry.
fn package(
    text: &mut String,
    id: &str,
    name: &str,
    version: &str,
    place: &str,
    purpose: &str,
) -> Result<()> {
    writeln!(text, "\nPackageName: {name}")?;
    writeln!(text, "SPDXID: SPDXRef-{id}")?;
    writeln!(text, "PackageVersion: {version}")?;
    writeln!(text, "PackageDownloadLocation: {place}")?;
    writeln!(text, "FilesAnalyzed: false")?;
    writeln!(text, "PrimaryPackagePurpose: {purpose}")?;
    Ok(())
}

/// Writes a relation between two things.
fn relation(text: &mut String, words: &str) -> Result<()> {
    let mut words = words.split(' ');
    let [a, relation, b] = [(); 3].map(|()| words.next().unwrap_or_default());
    writeln!(text, "Relationship: SPDXRef-{a} {relation} SPDXRef-{b}")?;
    Ok(())
}

/// Reads a line of the tree, as in `1spin v0.10.1<tab>MIT`.
fn parse(line: &str) -> Result<Crate<'_>> {
    let split = || {
        let (package, licence) = line.rsplit_once('\t')?;
        let (depth, package) = package.split_at(package.find(|c: char| !c.is_ascii_digit())?);
        let mut words = package.split(' ');
        Some(Crate {
            depth: depth.parse().ok()?,
            name: words.next()?,
            version: words.next()?.strip_prefix('v')?,
            // The slash is an old spelling.
            licence: licence.replace('/', " OR "),
        })
    };
    let parsed = split().filter(|krate| !krate.licence.is_empty());
    parsed.with_context(|| format!("no package with a version and a licence: {line}"))
}

/// Returns a package's identifier in the document: letters, digits, full stops and hyphens.
fn id(krate: &Crate<'_>) -> String {
    format!("{}-{}", krate.name.replace('_', "-"), krate.version)
}

/// Returns the checksum of the download, if that is from crates.io.
fn download<'a>(lock: &'a Table, krate: &Crate<'_>) -> Option<&'a str> {
    let field = |package: &'a Value, key| package.get(key).and_then(Value::as_str);
    let is_it = |package: &&'a Value| {
        field(package, "name") == Some(krate.name)
            && field(package, "version") == Some(krate.version)
            && field(package, "source") == Some(CRATES_IO)
    };
    let mut packages = lock.get("package")?.as_array()?.iter();
    field(packages.find(is_it)?, "checksum")
}

/// Returns the licence of a work with parts of all of these: each once, in any order of its
/// alternatives.
fn all_of<'a>(licences: impl Iterator<Item = &'a str>) -> String {
    let mut seen = BTreeSet::new();
    let once = licences.filter(|licence| {
        let alternatives: BTreeSet<&str> = licence.split(" OR ").collect();
        seen.insert(alternatives)
    });
    let enclosed = once.map(|licence| match licence.contains(' ') {
        true => format!("({licence})"),
        false => licence.into(),
    });
    enclosed.collect::<Vec<_>>().join(" AND ")
}

/// Writes a time in seconds since 1970 by ISO 8601.
fn created(epoch: Option<&str>) -> Result<String> {
    let seconds: u64 = match epoch {
        Some(epoch) => epoch.parse().context("SOURCE_DATE_EPOCH")?,
        None => 0,
    };
    let (mut days, time) = (seconds / 86400, seconds % 86400);
    let is_leap = |year: u64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut year = 1970;
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hours, minutes, seconds) = (time / 3600, time / 60 % 60, time % 60);
    let day = days + 1;
    Ok(format!(
        "{year}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}Z"
    ))
}
