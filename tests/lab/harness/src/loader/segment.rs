// SPDX-License-Identifier: MIT OR Apache-2.0

//! A stretch of memory, and what kexec does to it.

use purgatory_test_guest::Piece;
use sha2::{Digest, Sha256};

use super::Refusal;
use crate::purgatory_ro::PAGE;

/// A stretch of memory that is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// What it is, for people.
    pub name: String,
    /// Its physical address.
    pub at: u64,
    /// Its first bytes.
    pub bytes: Vec<u8>,
    /// Its length; zeros follow the bytes.
    pub len: u64,
}

impl Segment {
    /// Makes a segment as kexec does: filled up with zeros to whole pages.
    pub fn new(name: &str, at: u64, bytes: Vec<u8>) -> Self {
        let len = (bytes.len() as u64).next_multiple_of(PAGE);
        Self {
            name: name.into(),
            at,
            bytes,
            len,
        }
    }

    /// Makes a segment that ends with its last byte. Kexec makes none
    /// ([`super::Load::unlike_kexec`]).
    pub fn ragged(name: &str, at: u64, bytes: Vec<u8>) -> Self {
        let len = bytes.len() as u64;
        Self {
            name: name.into(),
            at,
            bytes,
            len,
        }
    }

    /// Returns one past its last byte.
    pub fn end(&self) -> u64 {
        self.at + self.len
    }

    /// Describes it to the new kernel, which looks whether anybody has changed it.
    pub fn piece(&self) -> Piece {
        Piece::new(&self.name, self.at, &self.bytes, self.len)
    }
}

/// SHA-256 over the segments, in order, each in its whole length.
pub(super) fn digest<'a>(segments: impl IntoIterator<Item = &'a Segment>) -> [u8; 32] {
    const ZEROS: [u8; PAGE as usize] = [0; PAGE as usize];
    let mut hasher = Sha256::new();
    for segment in segments {
        hasher.update(&segment.bytes);
        let mut rest = segment.len as usize - segment.bytes.len();
        while rest > 0 {
            let step = rest.min(ZEROS.len());
            hasher.update(&ZEROS[..step]);
            rest -= step;
        }
    }
    hasher.finalize().into()
}

/// Flips the lowest bit of one byte.
pub(super) fn corrupt(segments: &mut [Segment], name: &str, offset: u64) -> Result<(), Refusal> {
    let none = || Refusal::NoSuchByte(name.into(), offset);
    let segment = segments
        .iter_mut()
        .find(|segment| segment.name == name)
        .ok_or_else(none)?;
    if offset >= segment.len {
        return Err(none());
    }
    let index = offset as usize;
    if segment.bytes.len() <= index {
        segment.bytes.resize(index + 1, 0);
    }
    segment.bytes[index] ^= 1;
    Ok(())
}
