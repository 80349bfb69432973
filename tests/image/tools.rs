// SPDX-License-Identifier: MIT OR Apache-2.0

//! `purgatory.ro` as tools that know ELF see it. kexec asks for less than they do.

use std::process::Command;

use purgatory_test_harness::artifact;
use purgatory_test_harness::this_test::waived;
use rstest::rstest;

/// Returns what a tool says of an image, with its exit code.
fn says(tool: &str, options: &[&str], image: &str) -> (String, Option<i32>) {
    let mut command = Command::new(tool);
    let output = command.args(options).arg(artifact(image).unwrap()).output();
    let output = output.unwrap_or_else(|error| panic!("{tool}: {error}: run make setup"));
    let says = [output.stdout, output.stderr].concat();
    (String::from_utf8(says).unwrap(), output.status.code())
}

#[rstest]
fn elfutils_finds_nothing_wrong(
    #[values("purgatory.ro", "purgatory-sha2.ro")] image: &str,
    #[values(&["--gnu-ld"], &[])] options: &[&str],
) {
    if !waived("elfutils") {
        let expected = ("No errors\n".into(), Some(0));
        assert_eq!(says("eu-elflint", options, image), expected);
    }
}

#[test]
fn binutils_shows_which_version_it_is() {
    let (says, code) = says("aarch64-linux-gnu-readelf", &["-n"], "purgatory.ro");
    assert_eq!(code, Some(0));
    assert!(says.contains("FDO_PACKAGING_METADATA"), "{says}");
    for field in [
        "name\":\"purgatory",
        "type\":\"generic",
        "architecture\":\"arm64",
    ] {
        assert!(says.contains(&format!("\"{field}\"")), "{field}: {says}");
    }
    let version = format!("\"version\":\"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(says.contains(&version), "{says}");
}
