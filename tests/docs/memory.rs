// SPDX-License-Identifier: MIT OR Apache-2.0

//! `docs/operators.md` says how much memory the image takes.

use purgatory_test_harness::boot::built_image;

use crate::document::read;

/// The loader has to find a hole of so many bytes, also in what is reserved for a crash kernel.
const MOST: u64 = 86_016;

#[test]
fn it_takes_as_much_as_is_said() {
    let image = built_image("purgatory.ro").unwrap_or_else(|error| panic!("{error}"));
    assert!(image.memsz <= MOST, "{} bytes of memory", image.memsz);
    let (thousands, rest) = (image.memsz / 1000, image.memsz % 1000);
    let words = format!("takes {thousands} {rest:03} bytes");
    let page = "docs/operators.md";
    assert!(read(page).contains(&words), "{page} does not say: {words}");
}
