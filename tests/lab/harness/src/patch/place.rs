// SPDX-License-Identifier: MIT OR Apache-2.0

//! One instruction of an image.

use crate::a64::{Flow, call_to, is_relative};

/// The instruction, and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The offset into the image.
    pub at: u64,
    /// The instruction.
    pub word: u32,
}

impl Place {
    /// Returns the number of its `Xt` or `Xd`.
    pub const fn register(self) -> u32 {
        self.word & 0x1f
    }

    /// Returns where it branches to, if it is a `BL`.
    pub(super) fn calls(self) -> Option<u64> {
        match Flow::of(self.at, self.word) {
            Flow::Call(to) => Some(to),
            _ => None,
        }
    }

    /// Returns what does the same elsewhere. Panics where nothing would.
    pub(super) fn moved(self, to: u64) -> u32 {
        let Self { at, word } = self;
        match self.calls() {
            Some(target) => call_to(to, target),
            None => {
                assert!(!is_relative(word), "{at:#x}: {word:#010x} cannot be moved");
                word
            }
        }
    }
}

#[cfg(test)]
#[test]
fn a_call_goes_where_it_went() {
    for target in [0x1010, 0xff8] {
        let (at, to) = (0x1000, 0x4000);
        let word = call_to(at, target);
        let word = Place { at, word }.moved(to);
        assert_eq!(Place { at: to, word }.calls(), Some(target));
    }
}
