// SPDX-License-Identifier: MIT OR Apache-2.0

//! A file's attributes, and who may change it.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::path::Path;

use rstest::rstest;
use rustix::fs::{XattrFlags, getxattr, setxattr};
use rustix::io::Errno;
use rustix::process::geteuid;

use crate::folder::{BACKUP, COPY, Folder, KEXEC, PATCH, RO, SET, succeeded};

/// Whom nothing belongs to.
pub const NOBODY: u32 = 65_534;

#[rstest]
fn mode_owner_and_extended_attributes_stay(
    #[values(PATCH, COPY, &["set", RO, "--on-failure=1"])] arguments: &[&str],
) {
    let folder = Folder::new();
    let from = folder.path(arguments[1]);
    // Only root can give a file away.
    if geteuid().is_root() {
        chown(&from, Some(1), Some(2)).unwrap();
    }
    folder.set_mode(arguments[1], 0o4750);
    let name = "user.purgatory";
    setxattr(&from, name, b"kept", XattrFlags::empty()).unwrap();
    let before = fs::metadata(&from).unwrap();

    folder.succeeds(arguments);
    let to = folder.path(if arguments.ends_with(&["to"]) {
        "to"
    } else {
        arguments[1]
    });
    let after = fs::metadata(&to).unwrap();
    let of = |metadata: &fs::Metadata| (metadata.mode(), metadata.uid(), metadata.gid());
    assert_eq!(of(&after), of(&before));
    assert_eq!(attribute(&to, name), Ok(b"kept".to_vec()));
}

/// Returns an access list (`<linux/posix_acl_xattr.h>`): version 2, then tag, rights and who for
/// the owner, a user, the group, the most that these two may, and all others.
fn access(user: u8, group: u8, most: u8) -> Vec<u8> {
    let entry = |tag: u16, rights: u8, who: u32| {
        let words = [tag.to_le_bytes(), u16::from(rights).to_le_bytes()];
        [words.as_flattened(), &who.to_le_bytes()].concat()
    };
    let entries = [
        entry(0x01, 6, u32::MAX),
        entry(0x02, user, NOBODY),
        entry(0x04, group, u32::MAX),
        entry(0x10, most, u32::MAX),
        entry(0x20, 0, u32::MAX),
    ];
    [2u32.to_le_bytes().to_vec(), entries.concat()].concat()
}

fn attribute(path: &Path, name: &str) -> Result<Vec<u8>, Errno> {
    let mut value = vec![0; 1024];
    let size = getxattr(path, name, &mut value[..])?;
    value.truncate(size);
    Ok(value)
}

const ACCESS: &str = "system.posix_acl_access";

#[rstest]
#[case::patch(PATCH, KEXEC)]
#[case::copy(COPY, "to")]
#[case::set(SET, KEXEC)]
fn an_access_list_stays_as_narrow_as_it_is(#[case] arguments: &[&str], #[case] to: &str) {
    let folder = Folder::new();
    if arguments == SET {
        folder.patch();
    }
    // The group reads, one user also writes: so the mode's bits for the group say "rw".
    let list = access(6, 4, 6);
    setxattr(folder.path(KEXEC), ACCESS, &list, XattrFlags::empty()).unwrap();
    let mode = |name| fs::metadata(folder.path(name)).unwrap().mode() & 0o7777;
    assert_eq!(mode(KEXEC), 0o660);
    folder.succeeds(arguments);
    assert_eq!(attribute(&folder.path(to), ACCESS), Ok(list));
    assert_eq!(mode(to), 0o660);
}

#[rstest]
#[case::patch(PATCH, KEXEC)]
#[case::copy(COPY, "to")]
fn a_folder_gives_no_rights_to_a_file_without_a_list(#[case] arguments: &[&str], #[case] to: &str) {
    let folder = Folder::new();
    let default = "system.posix_acl_default";
    setxattr(
        folder.path(""),
        default,
        &access(7, 7, 7),
        XattrFlags::empty(),
    )
    .unwrap();
    folder.succeeds(arguments);
    assert_eq!(attribute(&folder.path(to), ACCESS), Err(Errno::NODATA));
    assert_eq!(
        fs::metadata(folder.path(to)).unwrap().mode() & 0o7777,
        0o755
    );
}

/// What only root can sign, and what it has no right to: `attributes::tests` has the rule for all names.
#[test]
fn signatures_of_the_old_bytes_are_left_out_and_said() {
    if !geteuid().is_root() {
        return;
    }
    let folder = Folder::new();
    let kexec = folder.path(KEXEC);
    let signature = [&[3, 2, 4][..], &[0; 70]].concat();
    for name in ["security.ima", "security.evm", "user.purgatory"] {
        setxattr(&kexec, name, &signature, XattrFlags::empty()).unwrap();
    }
    let output = folder.tool(PATCH).output().unwrap();
    succeeded(&output);
    let says = String::from_utf8_lossy(&output.stderr);
    for name in ["security.ima", "security.evm"] {
        assert!(
            says.contains(&format!("note: {name} was for the old bytes")),
            "{says}"
        );
        assert_eq!(attribute(&kexec, name), Err(Errno::NODATA));
        assert!(attribute(&folder.path(BACKUP), name).is_ok());
    }
    assert_eq!(says.lines().count(), 2, "{says}");
    assert_eq!(attribute(&kexec, "user.purgatory"), Ok(signature));
}

#[test]
fn behind_a_symbolic_link_the_program_is_patched_and_the_link_stays() {
    let folder = Folder::new();
    fs::create_dir(folder.path("sbin")).unwrap();
    symlink("../kexec", folder.path("sbin/kexec")).unwrap();
    folder.succeeds(&["patch", "sbin/kexec", "--ro", RO]);
    assert_eq!(
        fs::read_link(folder.path("sbin/kexec")).unwrap().to_str(),
        Some("../kexec")
    );
    let names = folder.names();
    assert_eq!(names, [KEXEC, BACKUP, RO, "sbin"]);
    folder.succeeds(&["unpatch", "sbin/kexec"]);
    assert_eq!(folder.names(), [KEXEC, RO, "sbin"]);
}
