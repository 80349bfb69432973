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
fn anything_else_is_refused_with_the_usage() {
    for line in [
        "",
        "image now",
        "--core=both image",
        "--fast image",
        "--on-failure=soon image",
        "--on-failure=4294967296 image",
        "dance",
        "patch k",
        "guests --on-failure=1",
    ] {
        let error = parse(line).unwrap_err().to_string();
        assert!(error.contains("usage:"), "{line}: {error}");
    }
}
