// SPDX-License-Identifier: MIT OR Apache-2.0

//! `make set`, and what becomes of what it has set.

use rstest::rstest;

use crate::debian::with_length;
use crate::folder::{Folder, INFO, KEXEC, PATCH, RO, UNPATCH};
use crate::object::{SH_OFFSET, put, section, start, symbol};

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
    // Without a setting the image's counts.
    let (says, value) = patch(&[]);
    assert!(says.contains(", on_failure = 5; "), "{says}");
    assert_eq!(value, 5);
    folder.succeeds(UNPATCH);
    assert_eq!(patch(&[]).1, 5);
}
