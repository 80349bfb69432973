// SPDX-License-Identifier: MIT OR Apache-2.0

use super::*;
use std::path::Path;

fn parse(line: &str) -> Result<(Options, Verb)> {
    super::parse(Parser::from_args(line.split_whitespace()))
}

#[test]
fn what_follows_cargo_is_cargos() {
    let line = "--core=source --root=/w --linker=x-ld --target-dir=/x cargo clippy --core=no";
    let (options, verb) = parse(line).unwrap();
    assert_eq!(options.core, Some(Core::Source));
    assert_eq!(options.linker, Some("x-ld".into()));
    assert_eq!(options.root, Path::new("/w"));
    assert_eq!(options.target_dir, Path::new("/x"));
    assert_eq!(verb, Verb::Cargo("clippy".into(), vec!["--core=no".into()]));
}

#[test]
fn an_option_may_follow_the_command() {
    let variant = Variant {
        sha256: Sha256::Crate,
        on_failure: Some(10),
        default: false,
    };
    for line in [
        "--sha256=sha2 --on-failure=10 image",
        "image --on-failure=10 --sha256=sha2",
    ] {
        assert_eq!(parse(line).unwrap().1, Verb::Image(variant), "{line}");
    }
    assert_eq!(parse("image").unwrap().1, Verb::Image(Variant::default()));
}

#[test]
fn a_command_about_a_file_may_have_options_around_it() {
    let patch = |to: Option<&str>, ro: Option<&str>, on_failure| Verb::Patch {
        kexec: "k".into(),
        to: to.map(Into::into),
        ro: ro.map(Into::into),
        on_failure,
    };
    assert_eq!(parse("patch k").unwrap().1, patch(None, None, None));
    let all = patch(Some("t"), Some("r"), Some(7));
    assert_eq!(
        parse("--to=t patch k --ro r --on-failure=7").unwrap().1,
        all
    );
    assert_eq!(
        parse("set f --on-failure=0").unwrap().1,
        Verb::Set {
            file: "f".into(),
            to: None,
            on_failure: 0
        }
    );
}

#[test]
fn anything_else_is_refused_with_the_usage() {
    for line in [
        "",
        "image now",
        "--core=both image",
        "--fast image",
        "--on-failure=soon image",
        "--on-failure=4294967296 image",
        "dance",
        "patch",
        "patch --ro= k",
        "set f",
        "set f --on-failure=1 --ro=r",
        "unpatch k --to=t",
        "unpatch k --on-failure=1",
        "patch k --sha256=sha2",
        "patch k --default",
        "guests --on-failure=1",
        "info f g",
    ] {
        let error = parse(line).unwrap_err().to_string();
        assert!(error.contains("usage:"), "{line}: {error}");
    }
}
