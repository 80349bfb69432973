// SPDX-License-Identifier: MIT OR Apache-2.0

//! What Debian has: 2.0.25, 2.0.29 and 2.0.32.

use purgatory_test_harness::linux::Suite;
use purgatory_test_harness::purgatory_ro::PurgatoryRo;
use rstest::rstest;

use crate::folder::{BACKUP, Folder, KEXEC, RO, UNPATCH, debian, image};
use crate::object::{length, put, start};

/// Returns an image of another length, otherwise sound: unused bytes before the section headers.
pub fn with_length(length: usize) -> Vec<u8> {
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
    if suite == Suite::Sid && suite.waived() {
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
    // A copy has no backup that would show that.
    folder.succeeds(&["patch", KEXEC, "--ro", RO, "--to", "once"]);
    // Without room for a mark the last bytes of the place are lost.
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
