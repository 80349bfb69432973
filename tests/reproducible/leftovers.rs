// SPDX-License-Identifier: MIT OR Apache-2.0

//! Two builds at once, and what earlier ones have left.

use std::fs::{self, File};
use std::io::Read;
use std::process::Stdio;

use object::read::elf::ElfFile64;
use object::{LittleEndian, Object, ObjectSection, ObjectSymbol};

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

/// What was chosen for an image is its own as long as it is not chosen otherwise.
#[test]
fn an_image_that_is_built_again_keeps_its_on_failure() {
    let target_dir = fresh("chosen");
    let image = target_dir.join("purgatory.ro");
    let build = |more: &[&str]| {
        let build = Build::of(&target_dir, xtask_image(&root(), &target_dir).args(more));
        (on_failure(&build.image), build.says)
    };
    let says = |says: &str, words: &str| {
        let expected = format!("{}: on_failure = {words}\n", image.display());
        assert!(says.contains(&expected), "«{expected}» is not in:\n{says}");
    };
    let (value, line) = build(&[]);
    assert_eq!(value, 0);
    assert!(!line.contains("on_failure"), "{line}");
    let (value, line) = build(&["--on-failure=10"]);
    assert_eq!(value, 10);
    says(&line, "10, it was 0");
    let (value, line) = build(&[]);
    assert_eq!(value, 10);
    says(&line, "10, as was chosen before; ON_FAILURE=0 undoes that");

    // Tests are of the image that others get. What was built stays.
    let refused = xtask_image(&root(), &target_dir).arg("--default").output();
    let refused = refused.unwrap();
    let error = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{error}");
    assert!(error.contains("on_failure = 10 was chosen"), "{error}");
    assert_eq!(on_failure(&fs::read(&image).unwrap()), 10);

    // Set in the image; and that is gone then, as after a build that failed.
    purgatory_tool::set(&image, None, 7).unwrap();
    assert_eq!(build(&[]).0, 7);
    fs::remove_file(&image).unwrap();
    assert_eq!(build(&[]).0, 7);
    let (value, line) = build(&["--on-failure=0"]);
    assert_eq!(value, 0);
    says(&line, "0, it was 7");
    fs::remove_file(&image).unwrap();
    assert_eq!(build(&["--default"]).0, 0);
}

fn on_failure(image: &[u8]) -> u32 {
    let file = ElfFile64::<LittleEndian>::parse(image).unwrap();
    let symbol = file
        .symbols()
        .find(|symbol| symbol.name() == Ok("on_failure"));
    let symbol = symbol.unwrap();
    let section = file
        .section_by_index(symbol.section_index().unwrap())
        .unwrap();
    let place = &section.data().unwrap()[symbol.address() as usize..];
    u32::from_le_bytes(place[..4].try_into().unwrap())
}
