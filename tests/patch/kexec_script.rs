// SPDX-License-Identifier: MIT OR Apache-2.0

//! `make kexec`, on a source of kexec-tools that builds nothing.

use std::fs;
use std::process::Command;

use purgatory_test_harness::root;
use rstest::rstest;

use crate::folder::{Folder, succeeded};

#[rstest]
#[case("w -j3 --jobserver-auth=3,4 -- SRC=-j9", "-j3")]
#[case("kw -j --jobserver-auth=3,4", "-j")]
#[case("w -- SRC=-j9", "")]
#[case("", "")]
fn kexec_tools_is_built_by_as_many_jobs_as_make_was_told(
    #[case] flags: &str,
    #[case] expected: &str,
) {
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
    let mut script = Command::new(root().join("scripts/kexec.sh"));
    script
        .env("SRC", folder.path("source"))
        .env("MAKEFLAGS", flags);
    for variable in ["BUILD", "CROSS_COMPILE", "SHA256"] {
        script.env_remove(variable);
    }
    succeeded(&script.output().unwrap());
    let flags = fs::read_to_string(folder.path("source/flags")).unwrap();
    assert_eq!(flags.lines().count(), 2);
    for line in flags.lines() {
        let jobs = line.split(' ').filter(|flag| flag.starts_with("-j"));
        assert_eq!(jobs.collect::<Vec<_>>().concat(), expected, "{line}");
    }
}
