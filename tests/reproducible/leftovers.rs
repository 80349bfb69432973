// SPDX-License-Identifier: MIT OR Apache-2.0

//! Two builds at once, and what earlier ones have left.

use std::fs::{self, File};
use std::io::Read;
use std::process::Stdio;

use crate::builds::{
    Build, OUTPUTS, assert_same, checkout, failure, fresh, make, root, xtask_image,
};

#[test]
fn two_builds_at_once_both_succeed() {
    let target_dir = fresh("twice");
    let mut other = xtask_image(&root(), &target_dir);
    let mut other = other
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    assert_same(&Build::of(
        &target_dir,
        &mut xtask_image(&root(), &target_dir),
    ));
    assert!(other.wait().unwrap().success());
}

/// Who has opened a file reads all of the old one: it is replaced, not written over.
#[test]
fn a_file_that_is_read_meanwhile_does_not_change() {
    let target_dir = fresh("meanwhile");
    let mut readers = OUTPUTS.map(|output| {
        let path = target_dir.join(output);
        fs::write(&path, "old").unwrap();
        File::open(&path).unwrap()
    });
    assert_same(&Build::of(
        &target_dir,
        &mut xtask_image(&root(), &target_dir),
    ));
    for (reader, output) in readers.iter_mut().zip(OUTPUTS) {
        let mut content = String::new();
        reader.read_to_string(&mut content).unwrap();
        assert_eq!(content, "old", "{output}");
    }
}

#[test]
fn a_map_that_was_deleted_comes_back() {
    let target_dir = fresh("map");
    Build::of(&target_dir, &mut xtask_image(&root(), &target_dir));
    fs::remove_file(target_dir.join("purgatory.map")).unwrap();
    let build = Build::of(&target_dir, &mut xtask_image(&root(), &target_dir));
    assert!(build.map.contains("purgatory_start"), "{}", build.map);
}

/// Of the library xtask is made too: it is `make` that cleans up then.
#[test]
fn after_a_compile_error_no_older_image_is_left() {
    let checkout = checkout("broken", "");
    let target_dir = checkout.join("target");
    let (xtask, make) = (xtask_image(&checkout, &target_dir), make(&checkout));
    fs::create_dir(&target_dir).unwrap();
    for (source, mut build) in [("src/main.rs", xtask), ("src/lib.rs", make)] {
        let outputs = OUTPUTS.map(|output| target_dir.join(output));
        for output in &outputs {
            fs::write(output, "old").unwrap();
        }
        let source = checkout.join(source);
        let sound = fs::read_to_string(&source).unwrap();
        fs::write(&source, sound.clone() + "compile_error!(\"broken\");\n").unwrap();
        let error = failure(&mut build);
        assert!(error.contains("error: broken"), "{error}");
        for output in &outputs {
            assert!(!output.exists(), "{}", output.display());
        }
        fs::write(&source, sound).unwrap();
    }
}
