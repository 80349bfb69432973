// SPDX-License-Identifier: MIT OR Apache-2.0

//! Licences that can be chosen, and what is against the rules.

use super::*;

const RULES: &str = r#"
[licenses]
allow = ["MIT", "Zlib"]
[sources]
allow-registry = ["https://here"]
[bans]
skip = [{ crate = "two@0.1", reason = "…" }]
"#;

#[test]
fn a_licence_is_allowed_if_it_can_be_chosen() {
    let allowed = ["MIT", "Zlib"].map(String::from);
    for licence in [
        "MIT",
        "GPL-2.0 OR MIT",
        "GPL-2.0/MIT",
        "MIT AND Zlib",
        "GPL-2.0 AND Zlib OR MIT",
        "(GPL-2.0 OR MIT) AND Zlib",
        "(MIT)",
    ] {
        assert!(allows(&allowed, licence), "{licence}");
    }
    for licence in [
        "",
        "GPL-2.0",
        "MIT AND GPL-2.0",
        "MIT WITH exception",
        "MIT AND (GPL-2.0 OR GPL-3.0)",
        "(MIT OR Zlib) AND GPL-2.0",
        "MIT Zlib",
        "MIT OR (Zlib",
        "MIT)",
    ] {
        assert!(!allows(&allowed, licence), "{licence}");
    }
}

fn offences(crates: &[(&str, &str, &str)], source: &str) -> Vec<String> {
    let crates = crates.iter().map(|&(name, version, licence)| Crate {
        name: name.into(),
        version: version.into(),
        licence: licence.into(),
    });
    let lock =
        format!("[[package]]\nname = \"ours\"\n[[package]]\nname = \"one\"\nsource = {source:?}");
    let policy = Policy::read(RULES).unwrap();
    policy.offences(&crates.collect(), &lock).unwrap()
}

#[test]
fn each_rule_has_its_offence() {
    let (one, here) = (("one", "1.0.0", "MIT"), "registry+https://here");
    assert!(offences(&[one], here).is_empty());

    let licensed = offences(&[("one", "1.0.0", "GPL-2.0")], here);
    assert_eq!(licensed, ["one 1.0.0: licence \"GPL-2.0\""]);

    let twice = offences(&[one, ("one", "2.0.0", "MIT")], here);
    assert_eq!(
        twice,
        ["one: more than one version: {\"1.0.0\", \"2.0.0\"}"]
    );

    for source in ["registry+https://there", "git+https://here"] {
        let elsewhere = offences(&[one], source);
        assert_eq!(elsewhere, [format!("one: from {source}")]);
    }
}

#[test]
fn only_the_version_that_is_named_may_be_there_besides_another() {
    let here = "registry+https://here";
    let two = |version| ("two", version, "MIT");
    assert!(offences(&[two("0.1.7"), two("0.2.0")], here).is_empty());
    assert_eq!(offences(&[two("0.10.0"), two("0.2.0")], here).len(), 1);
}
