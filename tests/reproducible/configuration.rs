// SPDX-License-Identifier: MIT OR Apache-2.0

//! Configuration of cargo's that no flag overrules: other crates, other variables. It is refused by
//! file and key; but crates may come from a folder, and the bill says what that is worth.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::builds::{
    Build, ORDINARY, OUTPUTS, assert_same, checkout, failure, fresh, make, root, text, xtask_image,
};

/// A part of a file, and the key in it.
const REFUSED: [(&str, &str); 9] = [
    ("paths = ['spin']", "paths"),
    (
        "[patch.crates-io]\nspin = { path = 'spin' }",
        "patch.crates-io",
    ),
    (
        "patch.\"https://git.example\".a.path = 'a'",
        "patch.https://git.example",
    ),
    (
        "[env]\nCFLAGS = '-O2'\nRUSTC_BOOTSTRAP = '1'",
        "env.RUSTC_BOOTSTRAP",
    ),
    (
        "env.LD_PRELOAD = { value = 'a.so', force = true }",
        "env.LD_PRELOAD",
    ),
    ("[env]\nPATH = '/nowhere'", "env.PATH"),
    ("[unstable]\nbuild-std = ['core']", "unstable.build-std"),
    ("[build]\njobs = 1\n[future]\nx = 1", "future.x"),
    ("something-new = true", "something-new"),
];

#[test]
fn what_could_change_the_image_is_refused_by_file_and_key() {
    let checkout = checkout("refused", "");
    let above = checkout.parent().unwrap();
    let home = fresh("refused, home");
    for (text, key) in REFUSED {
        for file in [
            above.join(".cargo/config.toml"),
            above.join(".cargo/config"),
            home.join("config.toml"),
            home.join("config"),
        ] {
            fs::write(&file, text).unwrap();
            refused(&checkout, &home, &file, key);
            fs::write(&file, "").unwrap();
        }
        let included = above.join(".cargo/included.toml");
        fs::write(&included, format!("include = ['config.toml']\n{text}")).unwrap();
        for how in [
            "['included.toml']",
            "[{ path = 'included.toml' }]",
            "'included.toml'",
        ] {
            let including = above.join(".cargo/config.toml");
            fs::write(&including, format!("include = {how}")).unwrap();
            refused(&checkout, &home, &included, key);
            fs::write(&including, "").unwrap();
        }
    }
}

/// Nothing is built, and nothing old is left.
#[track_caller]
fn refused(checkout: &Path, home: &Path, file: &Path, key: &str) {
    let target_dir = checkout.join("target");
    fs::create_dir_all(&target_dir).unwrap();
    let outputs = OUTPUTS.map(|output| target_dir.join(output));
    for output in &outputs {
        fs::write(output, "old").unwrap();
    }
    let error = failure(xtask_image(checkout, &target_dir).env("CARGO_HOME", home));
    let expected = format!("{}: `{key}` could change the image", file.display());
    assert!(
        error.contains(&expected),
        "«{expected}» is not in:\n{error}"
    );
    assert!(outputs.iter().all(|output| !output.exists()));
}

/// There xtask itself is not built.
#[test]
fn make_names_a_patch_that_cargo_does_not_name() {
    let checkout = checkout("patch", "");
    let above = checkout.parent().unwrap();
    let spin = above.join("spin");
    fs::create_dir_all(spin.join("src")).unwrap();
    let locked = locked_version("spin");
    let manifest = format!("[package]\nname = 'spin'\nversion = '{locked}'\n");
    fs::write(spin.join("Cargo.toml"), manifest).unwrap();
    fs::write(spin.join("src/lib.rs"), "").unwrap();
    let file = above.join(".cargo/config.toml");
    fs::write(&file, "[patch.crates-io]\nspin = { path = 'spin' }\n").unwrap();
    let error = failure(&mut make(&checkout));
    let named = format!("patch.crates-io.spin.path = \"spin\" # {}", file.display());
    assert!(error.contains(&named), "«{named}» is not in:\n{error}");
}

/// As distributions have them, and `make dist`: what is listed is compared, and the bill has the
/// registry's checksum if nothing else is there.
#[test]
fn crates_from_a_folder_have_the_registrys_checksum_if_each_file_has_one() {
    let checkout = unpacked("vendored");
    let target_dir = checkout.join("target");
    let build = || Build::of(&target_dir, &mut xtask_image(&checkout, &target_dir));
    assert_same(&build());

    let spin = checkout.join("vendor/spin");
    fs::write(spin.join("src/more.rs"), "").unwrap();
    assert_unchecked(&build());
    fs::remove_file(spin.join("src/more.rs")).unwrap();
    assert_same(&build());

    let source = spin.join("src/relax.rs");
    let changed = fs::read_to_string(&source).unwrap() + "\n// Changed.\n";
    fs::write(&source, changed).unwrap();
    let error = failure(&mut xtask_image(&checkout, &target_dir));
    let named = "vendor/spin/src/relax.rs has changed, .cargo-checksum.json says";
    assert!(error.contains(named), "{error}");
    let list = spin.join(".cargo-checksum.json");
    let listed = fs::read_to_string(&list).unwrap();
    let (_, package) = listed.split_once("\"package\"").unwrap();
    fs::write(&list, format!("{{\"files\":{{}},\"package\"{package}")).unwrap();
    assert_unchecked(&build());
}

/// The image is the same, and the bill has no checksum of spin's.
#[track_caller]
fn assert_unchecked(build: &Build) {
    assert!(build.image == ORDINARY.image);
    let of_spin = |bill: &str| {
        let (_, of_spin) = bill.split_once("PackageName: spin\n").unwrap();
        of_spin.split_once("\n\n").unwrap().0.to_string()
    };
    let checked = of_spin(&ORDINARY.sbom);
    let (before, checksum) = checked.split_once("PackageChecksum: ").unwrap();
    assert!(checksum.contains("pkg:cargo/spin@"), "{checked}");
    // Nobody has looked whether it is the registry's.
    let lines = before.lines().map(|line| match line.split_once(": ") {
        Some((name @ "PackageDownloadLocation", _)) => format!("{name}: NOASSERTION\n"),
        _ => format!("{line}\n"),
    });
    let before: String = lines.collect();
    let said = "PackageSourceInfo: <text>a folder in the place of the registry, ";
    assert!(of_spin(&build.sbom).starts_with(&format!("{before}{said}")));
    assert_eq!(
        build.sbom.replace(&of_spin(&build.sbom), &checked),
        ORDINARY.sbom
    );
}

/// Returns what `make dist` packs from a copy of the sources.
fn unpacked(name: &str) -> PathBuf {
    let checkout = checkout(name, "");
    let script = "cp -r \"$1/scripts\" . && git init -q && git add . &&
        git -c user.name=n -c user.email=n@example.org commit -qm packed &&
        scripts/dist.sh && mkdir ../unpacked && tar -xf target/*.tar.xz -C ../unpacked --strip-components=1";
    let mut shell = Command::new("sh");
    shell.args(["-ec", script, "sh"]).arg(root());
    let output = shell.current_dir(&checkout).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let unpacked = checkout.join("../unpacked");
    fs::write(unpacked.join("COMMIT"), ORDINARY.noted("commit")).unwrap();
    unpacked
}

/// Returns the version of a crate in `Cargo.lock`.
fn locked_version(name: &str) -> String {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let (_, package) = lock
        .split_once(&format!("name = \"{name}\"\nversion = \""))
        .unwrap();
    package.split('"').next().unwrap().to_string()
}
