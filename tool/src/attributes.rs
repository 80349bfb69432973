// SPDX-License-Identifier: MIT OR Apache-2.0

//! Extended attributes, access lists among them, from one open file to another.

use anyhow::{Context, Result};
use rustix::buffer::spare_capacity;
use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fremovexattr, fsetxattr};
use rustix::io::{self, Errno};
use std::fs::File;

use super::shown;

/// The longest list of names, or value (xattr(7)).
const LONGEST: usize = 65_536;

/// The access list, which a new file may have got from its folder.
const ACCESS: &[u8] = b"system.posix_acl_access";

/// The meaning of an attribute.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    /// The rights to the file.
    Rights,
    /// A signature of the bytes.
    Signature,
    /// Anything else.
    Other,
}

fn kind(name: &[u8]) -> Kind {
    match name {
        b"security.ima" | b"security.evm" => Kind::Signature,
        _ if name.starts_with(b"system.") => Kind::Rights,
        _ => Kind::Other,
    }
}

/// Gives `to`, which has other bytes, the attributes of `from`; returns a message about those that
/// it did not get. Rights that cannot be kept are an error.
pub fn copy(from: &File, to: &File) -> Result<Vec<String>> {
    let names = names(from).context("its extended attributes")?;
    if !names.iter().any(|name| name == ACCESS) {
        match fremovexattr(to, ACCESS) {
            Ok(()) | Err(Errno::NODATA | Errno::NOTSUP) => {}
            Err(error) => Err(error).context("the access list of its folder cannot be left out")?,
        }
    }
    let mut notes = Vec::new();
    for name in &names {
        let shown = shown(&String::from_utf8_lossy(name));
        match kind(name) {
            Kind::Signature => notes.push(format!(
                "{shown} was for the old bytes and is left out; a kernel that enforces it needs a new one"
            )),
            Kind::Rights => copy_one(from, to, name)
                .with_context(|| format!("the access list ({shown}) cannot be kept"))?,
            Kind::Other => {
                if let Err(error) = copy_one(from, to, name) {
                    notes.push(format!("the attribute {shown} is not kept: {error}"));
                }
            }
        }
    }
    Ok(notes)
}

fn names(file: &File) -> io::Result<Vec<Vec<u8>>> {
    let mut list = Vec::with_capacity(LONGEST);
    match flistxattr(file, spare_capacity(&mut list)) {
        Ok(_) | Err(Errno::NOTSUP) => {}
        Err(error) => return Err(error),
    }
    let names = list
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty());
    Ok(names.map(<[u8]>::to_vec).collect())
}

fn copy_one(from: &File, to: &File, name: &[u8]) -> io::Result<()> {
    let mut value = Vec::with_capacity(LONGEST);
    fgetxattr(from, name, spare_capacity(&mut value))?;
    fsetxattr(to, name, &value, XattrFlags::empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_of_the_old_bytes_are_left_out_and_rights_are_not() {
        for (name, expected) in [
            ("security.ima", Kind::Signature),
            ("security.evm", Kind::Signature),
            ("security.selinux", Kind::Other),
            ("security.capability", Kind::Other),
            ("user.security.ima", Kind::Other),
            ("system.posix_acl_access", Kind::Rights),
            ("system.nfs4_acl", Kind::Rights),
        ] {
            assert_eq!(kind(name.as_bytes()), expected, "{name}");
        }
    }
}
