// SPDX-License-Identifier: MIT OR Apache-2.0

//! The whole text of a bill, letter by letter, and its parts.

use super::*;

/// A program with a crate from crates.io, and one from elsewhere that is used twice.
const TREE: &str = "0program v1.2.3 (/a dir)\tMIT OR Apache-2.0
1one_crate v0.1.0\tMIT
2two v0.2.0\tApache-2.0/MIT
1two v0.2.0\tApache-2.0/MIT
";

const LOCK: &str = r#"
[[package]]
name = "one_crate"
version = "0.0.9"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "00"
[[package]]
name = "one_crate"
version = "0.1.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "01"
[[package]]
name = "two"
version = "0.2.0"
source = "registry+https://registry.example/index"
checksum = "02"
[[package]]
name = "program"
version = "1.2.3"
"#;

fn of(tree: &str) -> Result<String> {
    without_checksum(&[], tree)
}

fn without_checksum(crates: &[&str], tree: &str) -> Result<String> {
    sbom(&Materials {
        file: "a.ro",
        object: b"abc",
        commit: "0123456789ab",
        rustc: "1.85.0",
        rustc_commit: "unknown",
        tree,
        lock: &LOCK.parse()?,
        unchecked: &crates.iter().copied().map(String::from).collect(),
        epoch: Some("1700000000"),
    })
}

#[test]
fn a_bill_lists_the_file_its_crates_core_and_the_compiler() {
    let expected = format!(
        "SPDXVersion: SPDX-2.3
DataLicense: CC0-1.0
SPDXID: SPDXRef-DOCUMENT
DocumentName: a.ro
DocumentNamespace: https://spdx.org/spdxdocs/a.ro-{ABC}
Creator: Tool: xtask-{version}
Created: 2023-11-14T22:13:20Z

PackageName: a.ro
SPDXID: SPDXRef-Image
PackageVersion: {version}
PackageDownloadLocation: NOASSERTION
FilesAnalyzed: false
PrimaryPackagePurpose: FIRMWARE
PackageFileName: a.ro
PackageChecksum: SHA256: {ABC}
PackageSourceInfo: <text>commit 0123456789ab</text>
PackageLicenseDeclared: (MIT OR Apache-2.0) AND MIT

PackageName: program
SPDXID: SPDXRef-program-1.2.3
PackageVersion: 1.2.3
PackageDownloadLocation: NOASSERTION
FilesAnalyzed: false
PrimaryPackagePurpose: LIBRARY
PackageLicenseDeclared: MIT OR Apache-2.0
PackageSourceInfo: <text>commit 0123456789ab</text>

PackageName: one_crate
SPDXID: SPDXRef-one-crate-0.1.0
PackageVersion: 0.1.0
PackageDownloadLocation: https://static.crates.io/crates/one_crate/one_crate-0.1.0.crate
FilesAnalyzed: false
PrimaryPackagePurpose: LIBRARY
PackageLicenseDeclared: MIT
PackageChecksum: SHA256: 01
ExternalRef: PACKAGE-MANAGER purl pkg:cargo/one_crate@0.1.0

PackageName: two
SPDXID: SPDXRef-two-0.2.0
PackageVersion: 0.2.0
PackageDownloadLocation: NOASSERTION
FilesAnalyzed: false
PrimaryPackagePurpose: LIBRARY
PackageLicenseDeclared: Apache-2.0 OR MIT

PackageName: core
SPDXID: SPDXRef-core
PackageVersion: 1.85.0
PackageDownloadLocation: NOASSERTION
FilesAnalyzed: false
PrimaryPackagePurpose: LIBRARY
PackageLicenseDeclared: MIT OR Apache-2.0
ExternalRef: PACKAGE-MANAGER purl pkg:github/rust-lang/rust@1.85.0

PackageName: rustc
SPDXID: SPDXRef-rustc
PackageVersion: 1.85.0
PackageDownloadLocation: NOASSERTION
FilesAnalyzed: false
PrimaryPackagePurpose: APPLICATION
PackageLicenseDeclared: MIT OR Apache-2.0
ExternalRef: PACKAGE-MANAGER purl pkg:github/rust-lang/rust@1.85.0

Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-Image
Relationship: SPDXRef-Image GENERATED_FROM SPDXRef-program-1.2.3
Relationship: SPDXRef-Image CONTAINS SPDXRef-program-1.2.3
Relationship: SPDXRef-Image CONTAINS SPDXRef-one-crate-0.1.0
Relationship: SPDXRef-Image CONTAINS SPDXRef-two-0.2.0
Relationship: SPDXRef-Image CONTAINS SPDXRef-core
Relationship: SPDXRef-one-crate-0.1.0 DEPENDS_ON SPDXRef-two-0.2.0
Relationship: SPDXRef-program-1.2.3 DEPENDS_ON SPDXRef-one-crate-0.1.0
Relationship: SPDXRef-program-1.2.3 DEPENDS_ON SPDXRef-two-0.2.0
Relationship: SPDXRef-rustc BUILD_TOOL_OF SPDXRef-Image
",
        version = env!("CARGO_PKG_VERSION"),
    );
    assert_eq!(of(TREE).unwrap(), expected);
}

/// It may be another than the one of the checksum.
#[test]
fn a_crate_without_a_checksum_of_its_own_gets_no_other() {
    let bill = without_checksum(&["one_crate 0.1.0"], TREE).unwrap();
    let place = "https://static.crates.io/crates/one_crate/one_crate-0.1.0.crate";
    let its_own = "PackageChecksum: SHA256: 01
ExternalRef: PACKAGE-MANAGER purl pkg:cargo/one_crate@0.1.0
";
    let said = of(TREE).unwrap().replace(
        its_own,
        &format!("PackageSourceInfo: <text>{FOLDER}</text>\n"),
    );
    let said = said.replace(place, "NOASSERTION");
    assert!(said.contains(FOLDER));
    assert_eq!(bill, said);
}

/// FIPS 180-2's first example.
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

#[test]
fn a_crate_without_a_licence_is_refused_by_name() {
    for line in ["1nameless", "1bare v0.3.0\t", "bare v0.3.0\tMIT"] {
        let error = of(&format!("{TREE}{line}\n")).unwrap_err().to_string();
        assert!(error.ends_with(line), "{line}: {error}");
    }
    assert!(of("").is_err());
}

#[test]
fn times_are_those_of_the_calendar() {
    for (epoch, expected) in [
        (None, "1970-01-01T00:00:00Z"),
        (Some("86399"), "1970-01-01T23:59:59Z"),
        (Some("68169600"), "1972-02-29T00:00:00Z"),
        (Some("951868799"), "2000-02-29T23:59:59Z"),
        (Some("951868800"), "2000-03-01T00:00:00Z"),
        (Some("1798761599"), "2026-12-31T23:59:59Z"),
        (Some("4107542400"), "2100-03-01T00:00:00Z"),
    ] {
        assert_eq!(created(epoch).unwrap(), expected, "{epoch:?}");
    }
    assert!(created(Some("yesterday")).is_err());
}
