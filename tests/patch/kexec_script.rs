// SPDX-License-Identifier: MIT OR Apache-2.0

//! `make kexec`, on a source of kexec-tools that builds nothing.

use std::fs;
use std::process::Command;

use purgatory_test_harness::{artifact, root};
use rstest::rstest;

use crate::folder::{Folder, succeeded};

/// Returns a folder with a source of kexec-tools. Its `make` notes the flags that it gets.
fn source() -> Folder {
    let folder = Folder::new();
    for name in ["source/purgatory", "source/kexec", "source/build/sbin"] {
        fs::create_dir_all(folder.path(name)).unwrap();
    }
    let makefile = "ARCH = arm64\nall:\n\t@echo \"$$MAKEFLAGS\" >>flags\n\
                    \t@cp purgatory/purgatory.ro build/sbin/kexec\n";
    for (name, content) in [
        ("configure.ac", ""),
        ("config.status", ""),
        ("purgatory/purgatory.ro", ""),
        ("Makefile", makefile),
    ] {
        fs::write(folder.path("source").join(name), content).unwrap();
    }
    folder
}

/// Builds it, with these variables alone.
fn build(folder: &Folder, variables: &[(&str, &str)]) {
    let mut script = Command::new(root().join("scripts/kexec.sh"));
    for variable in ["BUILD", "CROSS_COMPILE", "SHA256", "MAKEFLAGS"] {
        script.env_remove(variable);
    }
    script.env("SRC", folder.path("source"));
    script.envs(variables.iter().copied());
    succeeded(&script.output().unwrap());
}

#[rstest]
#[case("own", "purgatory.ro")]
#[case("sha2", "purgatory-sha2.ro")]
fn kexec_carries_the_image_that_was_asked_for(#[case] sha256: &str, #[case] image: &str) {
    let folder = source();
    build(&folder, &[("SHA256", sha256)]);
    let carried = fs::read(folder.path("source/build/sbin/kexec")).unwrap();
    assert!(
        carried == fs::read(artifact(image).unwrap()).unwrap(),
        "it is not {image}"
    );
}

#[rstest]
#[case("w -j3 --jobserver-auth=3,4 -- SRC=-j9", "-j3")]
#[case("kw -j --jobserver-auth=3,4", "-j")]
#[case("w -- SRC=-j9", "")]
#[case("", "")]
fn kexec_tools_is_built_by_as_many_jobs_as_make_was_told(
    #[case] flags: &str,
    #[case] expected: &str,
) {
    let folder = source();
    build(&folder, &[("MAKEFLAGS", flags)]);
    let flags = fs::read_to_string(folder.path("source/flags")).unwrap();
    assert_eq!(flags.lines().count(), 2);
    for line in flags.lines() {
        let jobs = line.split(' ').filter(|flag| flag.starts_with("-j"));
        assert_eq!(jobs.collect::<Vec<_>>().concat(), expected, "{line}");
    }
}
