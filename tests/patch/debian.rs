// SPDX-License-Identifier: MIT OR Apache-2.0

//! What Debian has: 2.0.25, 2.0.29 and 2.0.32.

use std::fs;

use purgatory_test_harness::linux::Suite;
use purgatory_test_harness::purgatory_ro::PurgatoryRo;
use purgatory_test_harness::this_test::waived;
use rstest::rstest;

use crate::folder::{BACKUP, Folder, INFO, KEXEC, PATCH, RO, UNPATCH, debian, image};
use crate::object::{SH_OFFSET, length, put, rename, section, start, symbol};

/// An image of another length, sound but for that: bytes that are nothing's, before the section
/// headers.
fn with_length(length: usize) -> Vec<u8> {
    let mut image = image();
    let headers = image.split_off(u64::from_le_bytes(image[40..48].try_into().unwrap()) as usize);
    image.resize(length - headers.len(), 0);
    let shoff = (image.len() as u64).to_le_bytes();
    put(&mut image, 40, shoff);
    [image, headers].concat()
}

#[rstest]
fn a_patched_kexec_differs_in_the_place_alone_and_is_undone_to_the_same_bytes(
    #[values(Suite::Bookworm, Suite::Trixie, Suite::Sid)] suite: Suite,
) {
    if suite == Suite::Sid && waived(suite.name()) {
        return;
    }
    let folder = Folder::new();
    let before = debian(suite);
    folder.write(KEXEC, &before);
    let as_it_was = folder.snapshot();
    let says = folder.patch();
    let (at, room) = (start(&before), length(&before));
    assert!(
        says.contains(&format!("in the place of {room} at {at}; as it was: ")),
        "{says}"
    );

    let (ours, patched) = (image(), folder.read(KEXEC));
    assert_eq!(folder.read(BACKUP), before);
    assert_eq!(patched[..at], before[..at]);
    assert_eq!(patched[at + room..], before[at + room..]);
    assert_eq!(patched[at..][..ours.len()], ours);
    PurgatoryRo::read(&patched[at..][..room]).unwrap();

    let says = folder.patch();
    assert!(says.ends_with("has it already\n"), "{says}");
    folder.succeeds(UNPATCH);
    // The file itself, not only its bytes.
    assert_eq!(folder.snapshot(), as_it_was);
}

#[test]
fn a_copy_is_patched_where_one_is_asked_for() {
    let folder = Folder::new();
    let before = folder.snapshot();
    folder.succeeds(&["patch", KEXEC, "--ro", RO, "--to", "new"]);
    let mut after = folder.snapshot();
    let new = after.remove(&folder.path("new")).unwrap();
    assert_eq!(after, before);
    folder.patch();
    assert_eq!(new.3, folder.read(KEXEC));
}

#[rstest]
fn a_patched_kexec_takes_any_image_that_fits_where_the_first_one_was(
    #[values(18_800, 19_000, 19_090, 19_092, 19_104)] first: usize,
) {
    let folder = Folder::new();
    let kexec = folder.read(KEXEC);
    let room = length(&kexec);
    folder.write(RO, &with_length(first));
    // A copy has no backup that would tell.
    folder.succeeds(&["patch", KEXEC, "--ro", RO, "--to", "once"]);
    // Where there is no room for a word about it, the last bytes of the place are lost.
    let known = if room - first < 12 { first } else { room };
    folder.write(RO, &with_length(known));
    folder.succeeds(&["patch", "once", "--ro", RO, "--to", "twice"]);
    let twice = folder.read("twice");
    assert_eq!(twice[start(&twice)..][..known], folder.read(RO));
    assert_eq!(twice[start(&kexec) + room..], kexec[start(&kexec) + room..]);

    folder.write(RO, &with_length(known + 1));
    let output = folder
        .tool(&["patch", "once", "--ro", RO, "--to", "thrice"])
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && !folder.path("thrice").exists(),
        "{error}"
    );
    assert!(
        error.contains(&format!("has {known} bytes, "))
            && error.contains(&format!(" has {}", known + 1)),
        "{error}"
    );
}

#[test]
fn patched_again_and_again_it_is_undone_to_what_it_was_at_first() {
    let folder = Folder::new();
    let as_it_was = folder.snapshot();
    for length in [18_800, 19_104, 18_900] {
        folder.write(RO, &with_length(length));
        folder.patch();
    }
    folder.succeeds(&["set", KEXEC, "--on-failure=7"]);
    folder.write(RO, &image());
    folder.succeeds(UNPATCH);
    let (path, now) = (folder.path(KEXEC), folder.snapshot());
    assert_eq!(now[&path], as_it_was[&path]);
    assert_eq!(now.len(), as_it_was.len());
}

#[rstest]
fn on_failure_is_set_and_nothing_else(#[values(RO, KEXEC)] name: &str) {
    let folder = Folder::new();
    folder.patch();
    let before = folder.read(name);
    let headers = section(&before, ".rodata") + SH_OFFSET;
    let rodata = u64::from_le_bytes(before[headers..][..8].try_into().unwrap());
    let at = symbol(&before, "on_failure") + 8;
    let value = u64::from_le_bytes(before[at..][..8].try_into().unwrap());
    let place = start(&before) + (rodata + value) as usize;

    folder.succeeds(&["set", name, "--on-failure=4294967295", "--to", "copy"]);
    assert_eq!(folder.read(name), before);
    let says = folder.succeeds(&["set", name, "--on-failure=258"]);
    assert!(says.ends_with("on_failure = 258, it was 0\n"), "{says}");
    for (name, bytes) in [("copy", [0xff; 4]), (name, [2, 1, 0, 0])] {
        let mut expected = before.clone();
        put(&mut expected, place, bytes);
        assert_eq!(folder.read(name), expected);
    }
    let info = folder.succeeds(&["info", name]);
    assert!(
        info.contains("258: resets the machine after 258 seconds"),
        "{info}"
    );
    folder.succeeds(&["set", name, "--on-failure=0"]);
    assert_eq!(folder.read(name), before);
}

/// What an operator has set is not taken back by a newer image, nor by the same one.
#[test]
fn on_failure_stays_what_it_was_unless_something_else_is_asked_for() {
    let folder = Folder::new();
    let patch = |more: &[&str]| {
        let says = folder.succeeds(&[PATCH, more].concat());
        let info = folder.succeeds(INFO);
        let line = info.lines().find(|line| line.contains("on_failure "));
        let value = line.unwrap().split_whitespace().nth(1).unwrap();
        (says, value.trim_end_matches(':').parse::<u32>().unwrap())
    };
    patch(&[]);
    folder.succeeds(&["set", KEXEC, "--on-failure=10"]);
    let before = folder.snapshot();
    let (says, value) = patch(&[]);
    assert!(
        says.ends_with(": has it already, on_failure = 10, as it was\n"),
        "{says}"
    );
    assert_eq!((value, folder.snapshot()), (10, before));

    // An image that is new, and one that was chosen to have another value.
    folder.write(RO, &with_length(18_900));
    let (says, value) = patch(&[]);
    assert!(
        says.contains(", on_failure = 10, as it was; as it was: "),
        "{says}"
    );
    assert_eq!(value, 10);
    folder.succeeds(&["set", RO, "--on-failure=5"]);
    assert_eq!(patch(&[]).1, 10);

    let (says, value) = patch(&["--on-failure=7"]);
    assert!(says.contains(", on_failure = 7, it was 10; "), "{says}");
    assert_eq!(value, 7);
    let (says, value) = patch(&["--on-failure=0"]);
    assert!(says.contains(", on_failure = 0, it was 7; "), "{says}");
    assert_eq!(value, 0);
    // Where nobody has chosen anything, the image's counts.
    let (says, value) = patch(&[]);
    assert!(says.contains(", on_failure = 5; "), "{says}");
    assert_eq!(value, 5);
    folder.succeeds(UNPATCH);
    assert_eq!(patch(&[]).1, 5);
}

#[test]
fn what_is_there_is_told() {
    let folder = Folder::new();
    let info = folder.succeeds(INFO);
    let c = [
        "kexec-tools' own, in C",
        "19104 bytes at 120304",
        "relocations   96",
        "no symbol on_failure",
    ];
    let ours = [
        "this project's",
        "rustc ",
        "commit ",
        "19104 bytes at 120304",
        "relocations   0",
        "all 11 of the interface",
        "0: halts",
    ];
    c.iter()
        .for_each(|words| assert!(info.contains(words), "{words}: {info}"));
    folder.patch();
    let info = folder.succeeds(INFO);
    ours.iter()
        .for_each(|words| assert!(info.contains(words), "{words}: {info}"));
    assert!(!info.contains("strip"), "{info}");
}

#[test]
fn the_image_of_another_build_tells_its_features() {
    let folder = Folder::new();
    let sha2 = purgatory_test_harness::artifact("purgatory-sha2.ro").unwrap();
    folder.write(RO, &fs::read(sha2).unwrap());
    let info = folder.succeeds(&["info", RO]);
    assert!(info.contains("features      sha2"), "{info}");
}

/// A note is written by whoever made the file.
#[test]
fn a_note_moves_no_cursor_and_says_nothing_in_our_place() {
    let folder = Folder::new();
    folder.change(RO, |ro| rename(ro, "\ncommit ", "\nsize 0 "));
    let info = folder.succeeds(&["info", RO]);
    assert_eq!(info.matches("  size ").count(), 1, "{info}");
    for (word, shown) in [
        ("\x1b[31m\r\x07", "\\u{1b}[31m\\r\\u{7}"),
        ("\u{9b}31m\x08", "\\u{9b}31m\\u{8}"),
        ("a\u{202e}\0b\\", "a\\u{202e}\\0b\\\\"),
    ] {
        folder.write(RO, &image());
        folder.change(RO, |ro| {
            let line = b"\ncommit ";
            let at = ro.windows(line.len()).position(|bytes| bytes == line);
            put(ro, at.unwrap() + line.len(), word);
        });
        let info = folder.succeeds(&["info", RO]);
        assert!(info.contains(shown), "{shown}: {info}");
        assert!(
            !info.chars().any(|c| c.is_control() && c != '\n'),
            "{info:?}"
        );
    }
}
