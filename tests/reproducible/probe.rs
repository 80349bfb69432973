// SPDX-License-Identifier: MIT OR Apache-2.0

//! The probe's bytes, wherever and by whatever they are built.

use std::fs;

use rstest::rstest;

use crate::builds::{PROBE, checkout, text, xtask};
use crate::hostile::{CONFIGURATION, ENVIRONMENT, USERS_CONFIGURATION};

/// Cargo names symbols by the profile of each package, and its constants would come in another order.
#[rstest]
#[case::nobodys("")]
#[case::hostile(CONFIGURATION)]
#[case::a_users(USERS_CONFIGURATION)]
fn it_is_the_same_in_another_folder(#[case] configuration: &str) {
    let checkout = checkout(&format!("probe{}", configuration.len()), configuration);
    let target_dir = checkout.join("target");
    let mut command = xtask(&checkout, &target_dir);
    let output = command.arg("probe").envs(ENVIRONMENT).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let other = fs::read(target_dir.join("probe.Image")).unwrap();
    assert!(*PROBE == other, "probe.Image differs");
}
